import { assert, type Json } from '@/lib/base';
import { ConnectionError, type ApiRequest, type ApiResponse, type Transport } from './api';
import { descriptions } from '@/generated/kubernetes/descriptions';
import { addresses, controlPlaneEndpoint } from './bootstrap/addresses';
import { createComponents } from './bootstrap/components';
import { connect, dial, type Endpoint } from './bootstrap/connect';
import { hostPrograms, startHostProcess, type HostProcessOptions } from './bootstrap/host-process';
import { admin, installControlPlane, installNode, sharedPaths, stackedEtcd } from './bootstrap/install';
import { Kubeadm } from './bootstrap/kubeadm';
import { joining, KubeadmJoin, noStableEndpoint } from './bootstrap/kubeadm-join';
import type { ClusterOptions, ClusterSnapshot, StoreChange } from './cluster-types';
import { MvccStore, RaftDisk } from './etcd';
import { createImageRegistry } from './images';
import { ClusterHistory, HistoryRecorder, Ledger, replayCommit, replayEdit } from './history';
import { Disk, instant, Kernel, type Instant } from './kernel';
import { createKubelet } from './kubelet';
import { Machine, type MachineRole, type MachineSpec, type MachineUnit } from './machine';
import { SimulatedNetwork } from './network';
import { createContainerd, runtimeLatencies, type ContainerRuntime, type ExecHost, type ExecProcess } from './runtime';

/** Monday morning, when nothing has happened yet. */
const defaultStart = instant(Date.UTC(2026, 0, 5, 8, 0, 0));

/** How much simulated time a booted template may take before something must be wrong. */
const bootLimitMs = 600_000;

/** The stores of one cluster: all that survives. */
interface Stores {
  readonly world: Disk;
  readonly ledger: Ledger;
  readonly machines: readonly {
    readonly spec: MachineSpec;
    readonly disk: Disk;
    readonly etcd: MvccStore | undefined;
    readonly raft: RaftDisk | undefined;
    readonly isUp: boolean;
  }[];
}

interface ForkOptions {
  readonly seed?: string | number;
  readonly hosts?: ClusterHosts;
  readonly historyBytes?: number | undefined;
  readonly etcdBytes?: number | undefined;
}

/** A cluster, or a moment of one, that copies are made from. */
export interface Forkable {
  fork(options?: ForkOptions): Cluster;
}

interface Moment {
  readonly options: ClusterOptions;
  readonly now: Instant;
  readonly seed: string;
  readonly generation: number;
  readonly stores: Stores;
}

/** What the layers above lend to a cluster; never part of a snapshot. */
export interface ClusterHosts {
  /** Runs interactive shells in containers (`kubectl exec -it`). Absent, they are refused. */
  readonly exec?: ExecHost;
}

/**
 * One simulated Kubernetes: machines, their network and everything that runs on them, under one kernel.
 * It owns no host resource and never waits; whoever holds it lets simulated time pass through `kernel`.
 *
 *     const cluster = Cluster.boot({ topology: { controlPlanes: 1, workers: 2 }, seed: 7 });
 *     cluster.api({ method: 'GET', url: '/api/v1/nodes', headers: {} });
 */
export class Cluster {
  readonly options: ClusterOptions;
  readonly kernel: Kernel;
  readonly network: SimulatedNetwork;
  /** The simulated world outside the machines: faults of the network, what kubeadm has done. */
  readonly world: Disk;
  /** What was there before, and what changed it. */
  readonly history: ClusterHistory;
  readonly #ledger: Ledger;
  readonly #recorder: HistoryRecorder;
  readonly #machines = new Map<string, Machine>();
  /** To the API server, of those who come in from outside: the administrator's, and everybody else's. */
  readonly #connections = new Map<boolean, Transport>();
  readonly #units: readonly MachineUnit[];
  readonly #runtimes: (machine: Machine) => ContainerRuntime;
  readonly #hosts: ClusterHosts;
  readonly #kubeadm: Kubeadm;
  #onChange: ((change: StoreChange) => void) | undefined;

  private constructor(options: ClusterOptions, kernel: Kernel, stores: Stores, hosts: ClusterHosts) {
    this.options = options;
    this.kernel = kernel;
    this.#hosts = hosts;
    this.world = stores.world;
    this.#ledger = stores.ledger;
    this.#recorder = new HistoryRecorder(kernel, stores.ledger, () => memberStores(this.machines));
    this.history = new ClusterHistory(stores.ledger, (source) => this.#machines.get(source)?.etcd);
    this.network = new SimulatedNetwork({ kernel, world: stores.world, podCidr: addresses.podCidr });
    const { units, runtimes } = this.#nodeUnits();
    this.#runtimes = runtimes;
    this.#units = units;
    if (options.topology.controlPlanes > 1) this.network.balance(addresses.loadBalancer, addresses.apiPort);
    for (const machine of stores.machines) this.#addMachine(machine);
    this.#kubeadm = new Kubeadm({
      kernel,
      world: stores.world,
      transport: this.dial('workstation', { server: this.server, subject: admin }),
      server: this.server,
      controlPlanes: this.#named('control-plane'),
    });
    this.#listen();
  }

  /** New machines with the power on and nothing running yet; run the kernel and the control plane boots itself. */
  static create(options: ClusterOptions, hosts: ClusterHosts = {}): Cluster {
    const kernel = new Kernel({ seed: options.seed, now: options.now ?? defaultStart });
    const cluster = new Cluster(options, kernel, install(options), hosts);
    for (const machine of cluster.#machines.values()) machine.boot();
    cluster.#kubeadm.start();
    return cluster;
  }

  /** `create`, run until every node is Ready and the add-ons run. */
  static boot(options: ClusterOptions, hosts: ClusterHosts = {}): Cluster {
    const cluster = Cluster.create(options, hosts);
    const isBooted =
      cluster.kernel.runUntilCondition(() => cluster.#kubeadm.isDone, { limitMs: bootLimitMs }) &&
      cluster.kernel.runUntilIdle({ limitMs: bootLimitMs });
    assert(isBooted, `the cluster did not come up in ${bootLimitMs} simulated ms`);
    return cluster;
  }

  /** A cluster as it was, with the changes made since; every component starts again from its store. */
  static restore(snapshot: ClusterSnapshot, changes: Iterable<StoreChange> = [], hosts: ClusterHosts = {}): Cluster {
    const world = new Disk('world', snapshot.world);
    const controlPlanes = snapshot.machines.map(({ spec }) => spec).filter(({ role }) => role === 'control-plane');
    const machines = snapshot.machines.map(({ spec, disk, etcd, raft, isUp }) => ({
      spec,
      isUp,
      disk: new Disk(spec.name, disk),
      etcd: etcd && MvccStore.restore(etcd),
      raft: raft ? RaftDisk.restore(raft) : etcd && RaftDisk.create(spec.name, stackedEtcd(controlPlanes)),
    }));
    const ledger = new Ledger({ budgetBytes: snapshot.options.historyBytes, snapshot: snapshot.history });
    const replayed = replay({ world, ledger, machines }, changes);
    const now = instant(Math.max(snapshot.now, replayed.now));
    const kernel = new Kernel({ seed: snapshot.seed, now, generation: snapshot.generation + 1 });
    return Cluster.#resume({ ...snapshot.options, seed: snapshot.seed }, kernel, replayed.stores, hosts);
  }

  static #resume(options: ClusterOptions, kernel: Kernel, stores: Stores, hosts: ClusterHosts): Cluster {
    const cluster = new Cluster(options, kernel, stores, hosts);
    for (const { spec, isUp } of stores.machines) if (isUp) cluster.machine(spec.name).resume();
    cluster.#kubeadm.start();
    for (const name of joining(stores.world)) cluster.#kubeadmJoin(name).start();
    return cluster;
  }

  /**
   * A copy that goes its own way: stores are shared until one of them writes, components start again from them.
   * With a `seed` of its own, chance differs from here on.
   */
  fork(options?: ForkOptions): Cluster {
    return Cluster.#fork(this.#moment(), options);
  }

  /** What forks of this moment are made from, whatever the cluster does meanwhile. */
  moment(): Forkable {
    const moment = this.#moment();
    return { fork: (options) => Cluster.#fork({ ...moment, stores: copyOf(moment.stores) }, options) };
  }

  #moment(): Moment {
    const { kernel, world, options } = this;
    const stores = copyOf({ world, ledger: this.#ledger, machines: this.machines });
    return { options, now: kernel.now, seed: kernel.seed, generation: kernel.generation, stores };
  }

  static #fork(moment: Moment, { hosts = {}, ...changed }: ForkOptions = {}): Cluster {
    const { seed = moment.seed, historyBytes = moment.options.historyBytes, etcdBytes = moment.options.etcdBytes } = changed;
    const options = {
      ...moment.options,
      seed,
      ...(historyBytes === undefined ? {} : { historyBytes }),
      ...(etcdBytes === undefined ? {} : { etcdBytes }),
    };
    const kernel = new Kernel({ seed, now: moment.now, generation: moment.generation + 1 });
    return Cluster.#resume(options, kernel, { ...moment.stores, ledger: moment.stores.ledger.fork(historyBytes) }, hosts);
  }

  snapshot(): ClusterSnapshot {
    const history = this.#ledger.snapshot();
    return {
      format: 1,
      options: this.options,
      now: this.kernel.now,
      seed: this.kernel.seed,
      generation: this.kernel.generation,
      world: this.world.list(),
      ...(history ? { history } : {}),
      machines: [...this.#machines.values()].map((machine) => ({
        spec: machine.spec,
        isUp: machine.isUp,
        disk: machine.disk.list(),
        ...(machine.etcd ? { etcd: machine.etcd.snapshot() } : {}),
        ...(machine.raft ? { raft: machine.raft.snapshot() } : {}),
      })),
    };
  }

  get now(): Instant {
    return this.kernel.now;
  }

  /** When the machines were first switched on. */
  get startedAt(): Instant {
    return this.options.now ?? defaultStart;
  }

  /** The newest revision that any etcd member has. */
  get revision(): number {
    return Math.max(0, ...this.machines.map(({ etcd }) => etcd?.revision ?? 0));
  }

  /** Where clients reach the API: `https://172.18.0.2:6443`, or the load balancer in front of several control planes. */
  get server(): string {
    return controlPlaneEndpoint(this.options.topology);
  }

  get machines(): readonly Machine[] {
    return [...this.#machines.values()];
  }

  findMachine(name: string): Machine | undefined {
    return this.#machines.get(name);
  }

  machine(name: string): Machine {
    const machine = this.#machines.get(name);
    assert(machine, `no machine ${name}`);
    return machine;
  }

  /** The learner's computer. */
  get workstation(): Machine {
    return this.machine('workstation');
  }

  runtimeOf(name: string): ContainerRuntime {
    return this.#runtimes(this.machine(name));
  }

  /** Names of the programs that `startProcess` knows on a machine. */
  programsOf(name: string): readonly string[] {
    return Object.keys(hostPrograms(this.machine(name)));
  }

  /** Runs a program of a machine itself, not of a container, until it ends or is signalled. */
  startProcess(name: string, options: HostProcessOptions): ExecProcess {
    const { kernel, network } = this;
    return startHostProcess({ kernel, network, namespace: network.host(name), machine: this.machine(name) }, options);
  }

  /**
   * A request from outside, with whatever credentials it carries. Answers 503 in Kubernetes' form while no API server is up,
   * as the load balancer in front of it would. `isAdmin`: whoever asks was let in as the cluster's administrator already.
   * `presented` is the client certificate that whoever ends the caller's TLS has verified.
   */
  api(
    request: ApiRequest,
    { isAdmin = false, presented }: { isAdmin?: boolean; presented?: ApiRequest['clientCertificate'] } = {},
  ): ApiResponse {
    const { clientCertificate: _, actor: __, ...outside } = request;
    try {
      return this.#connection(isAdmin)(presented ? { ...outside, clientCertificate: presented } : outside);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      const message = `the API server is not answering: ${error.message}`;
      return {
        status: 503,
        headers: { 'content-type': 'application/json' },
        body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'ServiceUnavailable', code: 503 },
      };
    }
  }

  #connection(isAdmin: boolean): Transport {
    const known = this.#connections.get(isAdmin);
    if (known) return known;
    const dialled = this.dial('workstation', { server: this.server, subject: isAdmin ? admin : undefined });
    this.#connections.set(isAdmin, dialled);
    return dialled;
  }

  /** A client on a machine, with the credentials of a kubeconfig. Each request throws `ConnectionError` when nobody answers. */
  dial(machine: string, endpoint: Endpoint): Transport {
    return dial({ network: this.network, namespace: this.network.host(machine), files: diskFiles(this.machine(machine).disk) }, endpoint);
  }

  /** The cluster's administrator, for graders and screens; its actor in the trace is `actor`. */
  asAdmin(actor: string): Transport {
    const transport = this.dial('workstation', { server: this.server, subject: admin });
    return (request) => transport({ ...request, actor });
  }

  /** Pulls the plug. False when it was down already. */
  crash(name: string): boolean {
    const machine = this.machine(name);
    if (!machine.isUp) return false;
    this.#power(name, false, () => machine.crash());
    return true;
  }

  /** Presses the power button. False when it was up already. */
  bootMachine(name: string): boolean {
    const machine = this.machine(name);
    if (machine.isUp) return false;
    this.#power(name, true, () => machine.boot());
    return true;
  }

  /**
   * A new machine, switched on, that joins as `kubeadm join` has it: a control plane as a learner of the etcd group first, unless somebody has
   * added it as a member already. Throws kubeadm's sentence where there is no load balancer in front of the API servers.
   */
  join({ name, role }: { readonly name: string; readonly role: 'control-plane' | 'worker' }): Machine {
    assert(!this.#machines.has(name), `${name} is there already`);
    if (role === 'control-plane' && this.options.topology.controlPlanes === 1) throw new Error(noStableEndpoint);
    const spec: MachineSpec = { name, role, ip: addresses.machine(this.#machines.size - 1), ...machineSize };
    const machine = this.#addMachine({ spec, disk: new Disk(name), ...emptyMember(role) });
    this.#onChange?.({ type: 'machine', at: this.kernel.now, spec });
    this.#listenTo(machine);
    this.#installJoining(machine);
    this.kernel.record('outside', name, 'kubeadm join');
    this.#onChange?.({ type: 'power', at: this.kernel.now, machine: name, isUp: true });
    machine.boot();
    if (role === 'control-plane') this.#kubeadmJoin(name).begin();
    return machine;
  }

  #installJoining({ disk, spec }: Machine): void {
    if (spec.role !== 'control-plane') return installNode(disk, spec, this.server);
    const server = `https://${spec.ip}:${addresses.apiPort}`;
    installNode(disk, spec, server);
    installControlPlane(disk, spec, { server, endpoint: this.server, members: [], tokens: [], seed: this.options.seed });
    const first = this.machine(this.#named('control-plane')[0] as string).disk;
    for (const path of sharedPaths) disk.set(path, first.get<string>(path) as string);
  }

  #kubeadmJoin(name: string): KubeadmJoin {
    const { kernel, world, network } = this;
    const machine = this.machine(name);
    return new KubeadmJoin({
      kernel,
      world,
      machine,
      transport: this.dial(name, { server: this.server, subject: admin }),
      members: () =>
        this.machines
          .filter((other) => other.spec.role === 'control-plane' && other !== machine)
          .map(({ ip }) => network.dialEtcd(network.host(name), `https://${ip}:2379`)),
    });
  }

  /** Told of every change of a store, in order: the sandbox's journal. */
  set onChange(listener: ((change: StoreChange) => void) | undefined) {
    this.#onChange = listener;
  }

  #power(name: string, isUp: boolean, act: () => void): void {
    const cause = this.kernel.record('fault', name, isUp ? 'power on' : 'power lost');
    const kept = this.kernel.causedBy(cause, () => this.#recorder.power(name, isUp));
    this.kernel.causedBy(cause, act);
    this.#onChange?.({ type: 'power', at: this.kernel.now, machine: name, isUp, ...(kept ? { cause: kept } : {}) });
  }

  #named(role: MachineRole): string[] {
    return [...this.#machines.values()].filter((machine) => machine.spec.role === role).map((machine) => machine.name);
  }

  #listen(): void {
    const told = (change: StoreChange) => this.#onChange?.(change);
    this.world.onChange = (change) => told({ type: 'disk', at: this.kernel.now, change });
    for (const machine of this.#machines.values()) this.#listenTo(machine);
  }

  #listenTo({ name, disk, etcd, raft }: Machine): void {
    const told = (change: StoreChange) => this.#onChange?.(change);
    disk.onChange = (change) => told({ type: 'disk', at: this.kernel.now, change });
    if (etcd)
      etcd.onCommit = (commit) => {
        const cause = this.#recorder.commit(name, commit, etcd);
        this.#onChange?.({ type: 'etcd', at: this.kernel.now, machine: name, commit, ...(cause ? { cause } : {}) });
      };
    if (etcd)
      etcd.onEdit = (edit, before) => {
        this.#recorder.edit(name, edit, before, etcd);
        told({ type: 'etcd-edit', at: this.kernel.now, machine: name, edit });
      };
    if (raft) raft.onChange = (change) => told({ type: 'raft', at: this.kernel.now, machine: name, change });
  }

  #addMachine({ spec, disk, etcd, raft }: Omit<Stores['machines'][number], 'isUp'>): Machine {
    const units = spec.role === 'workstation' ? [] : this.#units;
    if (raft) raft.roomBytes = this.options.etcdBytes ?? Infinity;
    const machine = new Machine({ spec, disk, kernel: this.kernel, etcd, raft, units });
    this.#machines.set(spec.name, machine);
    this.network.addMachine(machine);
    return machine;
  }

  #nodeUnits(): { units: MachineUnit[]; runtimes: (machine: Machine) => ContainerRuntime } {
    const latency = runtimeLatencies[this.options.latency ?? 'fast'];
    const { etcdCompactionIntervalMs } = this.options;
    const registry = createImageRegistry(
      createComponents({
        addressOf: (node) => this.#machines.get(node)?.ip,
        descriptions: () => descriptions,
        ...(etcdCompactionIntervalMs === undefined ? {} : { etcdCompactionIntervalMs }),
      }),
    );
    const containerd = createContainerd((machine) => ({
      network: this.network,
      registry,
      latency,
      host: this.network.host(machine.name),
      connect: (from, path) => connect({ network: this.network, ...from }, path),
    }));
    const kubelet = createKubelet({
      network: this.network,
      runtime: containerd.connect,
      host: (machine) => this.network.host(machine.name),
      connect: (machine, path) =>
        connect({ network: this.network, namespace: this.network.host(machine.name), files: diskFiles(machine.disk), env: {} }, path),
      ...(this.#hosts.exec ? { execHost: this.#hosts.exec } : {}),
    });
    return { units: [containerd.unit, kubelet], runtimes: containerd.connect };
  }
}

function install(options: ClusterOptions): Stores {
  const specs = specsOf(options);
  const endpoint = controlPlaneEndpoint(options.topology);
  const members = stackedEtcd(specs.filter(({ role }) => role === 'control-plane'));
  const machines = specs.map((spec) => {
    const disk = new Disk(spec.name);
    const nearest = spec.role === 'control-plane' ? `https://${spec.ip}:${addresses.apiPort}` : endpoint;
    if (spec.role !== 'workstation') installNode(disk, spec, nearest);
    if (spec.role === 'control-plane')
      installControlPlane(disk, spec, { server: nearest, endpoint, members, tokens: options.tokens ?? [], seed: options.seed });
    const isMember = spec.role === 'control-plane';
    return {
      spec,
      disk,
      etcd: isMember ? MvccStore.create() : undefined,
      raft: isMember ? RaftDisk.create(spec.name, members) : undefined,
      isUp: false,
    };
  });
  return { world: new Disk('world'), ledger: new Ledger({ budgetBytes: options.historyBytes }), machines };
}

const machineSize = { cpuMillis: 4_000, memoryBytes: 8 * 2 ** 30, podsMax: 110 };

/** The data directory of a control plane that has yet to join a group. */
function emptyMember(role: MachineRole): { etcd: MvccStore | undefined; raft: RaftDisk | undefined } {
  return role === 'control-plane' ? { etcd: MvccStore.create(), raft: RaftDisk.empty() } : { etcd: undefined, raft: undefined };
}

function specsOf({ topology }: ClusterOptions): MachineSpec[] {
  const names: (readonly [string, MachineRole])[] = [
    ...Array.from({ length: topology.controlPlanes }, (_, index) => [`cp-${index + 1}`, 'control-plane'] as const),
    ...Array.from({ length: topology.workers }, (_, index) => [`worker-${index + 1}`, 'worker'] as const),
  ];
  const nodes = names.map(([name, role], index): MachineSpec => ({ name, role, ip: addresses.machine(index), ...machineSize }));
  return [...nodes, { name: 'workstation', role: 'workstation', ip: addresses.workstation, ...machineSize }];
}

/** The stores of etcd's members, by machine. */
function memberStores(machines: readonly Pick<Machine, 'name' | 'etcd'>[]): Map<string, MvccStore> {
  return new Map(machines.flatMap(({ name, etcd }) => (etcd ? [[name, etcd]] : [])));
}

/** Shares everything until one of the two writes. */
function copyOf({ world, ledger, machines }: Stores): Stores {
  return {
    world: world.fork(),
    ledger: ledger.fork(),
    machines: machines.map(({ spec, disk, etcd, raft, isUp }) => ({
      spec,
      isUp,
      disk: disk.fork(),
      etcd: etcd?.fork(),
      raft: raft?.fork(),
    })),
  };
}

function replay(stores: Stores, changes: Iterable<StoreChange>): { stores: Stores; now: number } {
  const disks = new Map([stores.world, ...stores.machines.map(({ disk }) => disk)].map((disk) => [disk.name, disk]));
  const members = new Map(stores.machines.map(({ spec, etcd, raft }) => [spec.name, { etcd, raft }]));
  const power = new Map(stores.machines.map(({ spec, isUp }) => [spec.name, isUp]));
  const machines = [...stores.machines];
  let now = 0;
  const { ledger } = stores;
  const storeOf = (machine: string) => members.get(machine)?.etcd as MvccStore;
  for (const change of changes) {
    now = change.at;
    if (change.type === 'machine') {
      const { spec } = change;
      const machine = { spec, disk: new Disk(spec.name), ...emptyMember(spec.role), isUp: false };
      machines.push(machine);
      disks.set(spec.name, machine.disk);
      members.set(spec.name, machine);
    } else if (change.type === 'disk') disks.get(change.change.disk)?.apply(change.change);
    else if (change.type === 'etcd') replayCommit(ledger, storeOf(change.machine), change);
    else if (change.type === 'etcd-edit')
      replayEdit(ledger, memberStores(machines.map(({ spec, etcd }) => ({ name: spec.name, etcd }))), change);
    else if (change.type === 'raft') members.get(change.machine)?.raft?.apply(change.change);
    else {
      const { machine, isUp } = change;
      power.set(machine, isUp);
      ledger.recordPower({ at: instant(change.at), cause: change.cause, power: { machine, isUp } });
    }
  }
  return {
    now,
    stores: {
      world: stores.world,
      ledger,
      machines: machines.map((machine) => ({ ...machine, isUp: power.get(machine.spec.name) ?? machine.isUp })),
    },
  };
}

function diskFiles(disk: Disk): { read(path: string): string | undefined } {
  return {
    read: (path) => {
      const found = disk.get<Json>(path);
      return typeof found === 'string' ? found : undefined;
    },
  };
}
