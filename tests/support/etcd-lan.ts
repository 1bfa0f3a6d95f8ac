import { etcdDaemon } from '@/lib/cluster/bootstrap/etcd-daemon';
import { stackedEtcd } from '@/lib/cluster/bootstrap/install';
import { MvccStore, RaftDisk, type EtcdServer } from '@/lib/cluster/etcd';
import { Disk, Kernel, parseInstant } from '@/lib/cluster/kernel';
import { Machine, type MachineSpec, type MachineUnit } from '@/lib/cluster/machine';
import { SimulatedNetwork, type LinkFault } from '@/lib/cluster/network';
import type { DaemonContext } from '@/lib/cluster/runtime/program';

/** Control-plane machines that run etcd as its static Pod has it and nothing else, on the simulated network, with a client beside them. */
export class EtcdLan {
  readonly kernel: Kernel;
  readonly network: SimulatedNetwork;
  readonly names: readonly string[];
  readonly #machines: readonly Machine[];

  constructor({ size, seed }: { readonly size: number; readonly seed: string }) {
    this.kernel = new Kernel({ seed, now: parseInstant('2026-01-05T08:00:00Z') });
    this.network = new SimulatedNetwork({ kernel: this.kernel, world: new Disk('world'), podCidr: '10.244.0.0/16' });
    const specs = Array.from({ length: size }, (_, index) => specOf(`cp-${index + 1}`, 'control-plane', index + 2));
    const members = stackedEtcd(specs);
    const units = [this.#unit()];
    this.names = specs.map(({ name }) => name);
    this.#machines = specs.map((spec) => {
      const { kernel } = this;
      return new Machine({
        spec,
        kernel,
        units,
        disk: new Disk(spec.name),
        etcd: MvccStore.create(),
        raft: RaftDisk.create(spec.name, members),
      });
    });
    const desk = new Machine({
      spec: specOf('workstation', 'workstation', 250),
      kernel: this.kernel,
      units: [],
      disk: new Disk('workstation'),
    });
    for (const machine of [...this.#machines, desk]) {
      this.network.addMachine(machine);
      machine.boot();
    }
  }

  /** The member on a machine, as a client beside the machines reaches it. */
  server(name: string): EtcdServer {
    return this.network.dialEtcd(this.network.host('workstation'), `https://${this.machine(name).ip}:2379`);
  }

  machine(name: string): Machine {
    const machine = this.#machines.find((one) => one.name === name);
    if (!machine) throw new Error(`no machine ${name}`);
    return machine;
  }

  /** The machines whose members take themselves for leaders. */
  get leaders(): readonly string[] {
    return this.#machines.filter(({ isUp, raft }) => isUp && raft?.session?.role === 'leader').map(({ name }) => name);
  }

  crash(name: string): void {
    const machine = this.machine(name);
    if (machine.isUp) machine.crash();
  }

  boot(name: string): void {
    const machine = this.machine(name);
    if (!machine.isUp) machine.boot();
  }

  /** Every link between members mended and sound, every machine up. */
  heal(): void {
    for (const [from, to] of this.links) {
      this.network.setLink(from, to, true);
      this.network.setLinkFault(from, to, undefined);
    }
    for (const name of this.names) this.boot(name);
  }

  setFault(fault: LinkFault | undefined): void {
    for (const [from, to] of this.links) this.network.setLinkFault(from, to, fault);
  }

  get links(): readonly (readonly [string, string])[] {
    return this.names.flatMap((from) => this.names.flatMap((to) => (from === to ? [] : [[from, to] as const])));
  }

  /** Each member's store, with what it says of itself left out. */
  get hashes(): readonly string[] {
    return this.#machines.map(({ etcd }) => `${etcd?.revision} ${etcd?.hashKv()}`);
  }

  #unit(): MachineUnit {
    return {
      name: 'etcd',
      start: (machine, { isResumed }) => {
        const closers: (() => void)[] = [];
        const host = this.network.host(machine.name);
        const context = {
          kernel: this.kernel,
          machine,
          network: this.network,
          namespace: host,
          argv: argvOf(machine),
          env: {},
          files: filesOf(machine.disk),
          isResumed,
          listen: (port, protocol, listener) => void closers.push(host.listen(port, protocol, listener) ?? (() => undefined)),
          log: () => undefined,
          exit: (_, message) => {
            throw new Error(`etcd on ${machine.name} ended: ${message}`);
          },
        } satisfies Partial<DaemonContext> as unknown as DaemonContext;
        const running = etcdDaemon.start(context);
        return {
          stop() {
            running.stop();
            for (const close of closers) close();
          },
        };
      },
    };
  }
}

function argvOf({ name, ip }: Machine): readonly string[] {
  return [
    'etcd',
    `--name=${name}`,
    '--data-dir=/var/lib/etcd',
    '--snapshot-count=5',
    `--advertise-client-urls=https://${ip}:2379`,
    `--initial-advertise-peer-urls=https://${ip}:2380`,
    `--initial-cluster=${name}=https://${ip}:2380`,
    `--listen-client-urls=https://${ip}:2379`,
    `--listen-peer-urls=https://${ip}:2380`,
  ];
}

function filesOf(disk: Disk): DaemonContext['files'] {
  return {
    read: (path: string) => disk.get<string>(path),
    write: (path: string, text: string) => disk.set(path, text),
    remove: (path: string) => disk.delete(path),
    makeDirectory: () => undefined,
  } satisfies Partial<DaemonContext['files']> as unknown as DaemonContext['files'];
}

function specOf(name: string, role: MachineSpec['role'], host: number): MachineSpec {
  return { name, role, ip: `172.18.0.${host}`, cpuMillis: 4000, memoryBytes: 2 ** 33, podsMax: 110 };
}
