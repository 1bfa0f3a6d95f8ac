import type { V1ContainerStatus, V1Node, V1Pod, V1Service } from '@/generated/kubernetes/types';
import { ConnectionError, DecodeError, keyOf, StatusError, type Transport } from '../api';
import { Client, EventRecorder, ignoreNotFound, Informer, type EventText, type WatchLatency } from '../client';
import { rfc3339, type Disk, type Entry, type Kernel } from '../kernel';
import type { Machine, MachineUnit, StartCause } from '../machine';
import type { Network, NetworkNamespace } from '../network/types';
import { Node, Pod, Service } from '../resources';
import type { Container, ContainerRuntime } from '../runtime/cri';
import { CriError } from '../runtime/cri-error';
import type { ExecHost } from '../runtime/exec-host';
import { readLog } from '../runtime/logs';
import type { ListeningNamespace } from '../runtime/process';
import { admit } from './admission';
import { Backoff } from './backoff';
import { configurationPath, readConfiguration, type KubeletConfiguration } from './configuration';
import { podDirectory, runtimePodOf, sandboxOf } from './containers';
import { ImagePuller } from './image-puller';
import { NodeAgent } from './node-agent';
import { nodeLabels, nodeStatus } from './node-status';
import { isTerminalPhase } from './pod-status';
import { PodWorker, type PodWorkerContext } from './pod-worker';
import { Prober } from './prober';
import { ConfigError, References } from './references';
import { KubeletServer } from './server';
import { isMirror, isMirrorOf, mirrorOf, readStaticPods } from './static-pods';
import { StatusManager, type StatusTarget } from './status-manager';

export interface KubeletOptions {
  readonly network: Network;
  readonly runtime: (machine: Machine) => ContainerRuntime;
  readonly host: (machine: Machine) => ListeningNamespace;
  /** The way to the API server that the kubeconfig at `path` on the machine describes. */
  readonly connect: (machine: Machine, path: string) => Transport;
  readonly execHost?: ExecHost;
  readonly watchLatency?: WatchLatency;
}

const kubeconfigPath = '/etc/kubernetes/kubelet.conf';
const manifestSettleMs = 100;
/** What `FallbackToLogsOnError` takes of a container's log. */
const logTailLines = 80;
const logTailBytes = 2_048;

/** `RestartSec` of kubeadm's unit file. */
const restartMs = 10_000;

/** Undefined when it exits at once, because it cannot read its configuration. */
function startOrFail(machine: Machine, options: KubeletOptions, cause: StartCause): Kubelet | undefined {
  try {
    readConfiguration(machine.disk, machine.spec.podsMax);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const why = `failed to load kubelet config file, path: ${configurationPath}, error: failed to decode: ${error.message}`;
    machine.kernel.record('reconcile', `kubelet/${machine.name}`, `"command failed" err=${JSON.stringify(why)}`);
    return undefined;
  }
  const kubelet = new Kubelet(machine, options, cause);
  kubelet.start();
  return kubelet;
}

/** The kubelet as a unit of its machine. */
export function createKubelet(options: KubeletOptions): MachineUnit {
  return {
    name: 'kubelet',
    start: (machine, cause) => {
      let running = startOrFail(machine, options, cause);
      const again = (): Entry | undefined =>
        running
          ? undefined
          : machine.kernel.schedule({
              delayMs: restartMs,
              actor: `kubelet/${machine.name}`,
              what: 'start again',
              background: true,
              run: () => {
                running = startOrFail(machine, options, { isResumed: false });
                restart = again();
              },
            });
      let restart = again();
      return {
        stop: () => {
          restart?.cancel();
          running?.stop();
        },
      };
    },
  };
}

/**
 * The node agent (`pkg/kubelet`): takes Pods from the API server and from manifests on the disk, gives each a worker,
 * and keeps the Node. All of it is memory: started again, it finds its containers in the runtime.
 */
class Kubelet {
  readonly #machine: Machine;
  readonly #kernel: Kernel;
  readonly #disk: Disk;
  readonly #runtime: ContainerRuntime;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #configuration: KubeletConfiguration;
  readonly #host: ListeningNamespace;
  readonly #agent: NodeAgent;
  readonly #pods: Informer<V1Pod>;
  readonly #services: Informer<V1Service>;
  readonly #nodes: Informer<V1Node>;
  readonly #statuses: StatusManager;
  readonly #prober: Prober;
  readonly #context: PodWorkerContext;
  readonly #server: KubeletServer;
  readonly #workers = new Map<string, PodWorker>();
  /** Mirror Pods the API server has, by namespace and name. */
  readonly #mirrors = new Map<string, V1Pod>();
  /** Static Pods that wait for an older version of themselves to end. */
  readonly #waiting = new Map<string, V1Pod>();
  /** Pods this kubelet refused to run; they stay until somebody deletes them. */
  readonly #rejected = new Set<string>();
  readonly #startedAt: number;
  readonly #isResumed: boolean;
  readonly #closers: (() => void)[] = [];
  #manifestCheck: Entry | undefined;
  #badManifests = new Set<string>();

  constructor(machine: Machine, options: KubeletOptions, { isResumed }: StartCause) {
    const { kernel, disk } = machine;
    this.#machine = machine;
    this.#kernel = kernel;
    this.#disk = disk;
    this.#startedAt = kernel.now;
    this.#isResumed = isResumed;
    this.#runtime = options.runtime(machine);
    this.#host = options.host(machine);
    this.#configuration = readConfiguration(disk, machine.spec.podsMax);
    const actor = `kubelet/${machine.name}`;
    const random = kernel.random.fork(`${actor}/${kernel.now}`);
    this.#client = new Client({ transport: options.connect(machine, kubeconfigPath), actor });
    this.#recorder = new EventRecorder({ kernel, client: this.#client, component: 'kubelet', host: machine.name });
    this.#agent = new NodeAgent({
      kernel,
      machine,
      client: this.#client,
      runtime: this.#runtime,
      recorder: this.#recorder,
      configuration: this.#configuration,
      random,
      isResumed,
      onNode: (node) => this.#nodeSeen(node),
    });
    const latency = options.watchLatency ? { latency: options.watchLatency } : {};
    this.#pods = new Informer({
      kernel,
      client: this.#client,
      resource: Pod,
      filter: { fieldSelector: `spec.nodeName=${machine.name}` },
      ...latency,
    });
    this.#services = new Informer({ kernel, client: this.#client, resource: Service, ...latency });
    this.#nodes = new Informer({
      kernel,
      client: this.#client,
      resource: Node,
      filter: { fieldSelector: `metadata.name=${machine.name}` },
      ...latency,
    });
    this.#pods.addIndex('uid', ({ metadata }) => [metadata.uid as string]);
    this.#statuses = new StatusManager({ kernel, client: this.#client, target: (uid) => this.#statusTarget(uid) });
    const tools = {
      network: options.network,
      from: this.#host,
      runtime: this.#runtime,
      after: (delayMs: number, run: () => void) => this.#after(delayMs, run),
    };
    this.#prober = new Prober({
      kernel,
      actor,
      tools,
      find: (id) => this.#runtime.findContainer(id),
      podIp: (uid) => sandboxOf(runtimePodOf(this.#runtime, uid))?.ip,
      reported: (uid, container) => this.#reportedStatus(uid, container),
      onFailure: (pod, container, type, { result, output }) => {
        const name = `${type[0]?.toUpperCase()}${type.slice(1)}`;
        const text =
          result === 'unknown' ? `${name} probe errored and resulted in unknown state: ${output}` : `${name} probe failed: ${output}`;
        this.#podEvent(pod, { type: 'Warning', reason: 'Unhealthy', message: text }, `spec.containers{${container.name}}`);
      },
      onChange: (uid, _container, type) =>
        type === 'readiness' ? this.#workers.get(uid)?.refreshStatus() : this.#workers.get(uid)?.poke(),
    });
    this.#context = this.#workerContext(random, tools);
    this.#server = new KubeletServer({
      kernel,
      disk,
      runtime: this.#runtime,
      network: options.network,
      execHost: options.execHost,
      findPod: (namespace, name) => this.#findPod(namespace, name),
    });
  }

  start(): void {
    this.#closers.push(this.#runtime.onContainerExit((container) => this.#workers.get(container.podUid)?.containerExited()));
    const close = this.#host.listen(10250, 'TCP', { api: (request) => this.#server.handle(request) });
    if (close) this.#closers.push(close);
    this.#agent.start();
    this.#watchManifests();
    this.#pods.addHandler({
      added: (pod) => this.#podSeen(pod),
      updated: (_old, pod) => this.#podSeen(pod),
      deleted: (pod) => this.#podGone(pod),
    });
    this.#nodes.addHandler({
      added: (node) => this.#agent.observe(node),
      updated: (_old, node) => this.#agent.observe(node),
      deleted: () => this.#agent.forget(),
    });
    this.#services.start();
    this.#services.whenSynced(() => {
      this.#pods.start();
      this.#pods.whenSynced(() => this.#podsSynced());
    });
    this.#nodes.start();
  }

  stop(): void {
    for (const close of this.#closers) close();
    this.#manifestCheck?.cancel();
    this.#agent.stop();
    this.#prober.stop();
    this.#statuses.stop();
    for (const informer of [this.#pods, this.#services, this.#nodes]) informer.stop();
    for (const worker of this.#workers.values()) worker.stop();
    this.#server.stop();
  }

  #after(delayMs: number, run: () => void): () => void {
    const entry = this.#kernel.schedule({ delayMs: Math.round(delayMs), actor: `kubelet/${this.#machine.name}`, what: 'timer', run });
    return () => void entry.cancel();
  }

  // --- Pods from the API server ---------------------------------------------------------------------------------

  #podSeen(pod: V1Pod): void {
    if (isMirror(pod)) return this.#mirrorSeen(pod);
    const worker = this.#workers.get(pod.metadata.uid as string);
    if (worker) return this.#updateWorker(worker, pod);
    const node = this.#agent.node ?? this.#unregisteredNode();
    const others = [...this.#workers.values()].filter(({ work }) => work === 'syncing').map((one) => one.pod);
    const uid = pod.metadata.uid as string;
    const isKnownHere = this.#listSandboxes().some(({ podUid }) => podUid === uid);
    if (!isKnownHere && (isTerminalPhase(pod.status?.phase) || this.#rejected.has(uid))) return this.#settle(pod);
    const rejection = isKnownHere || pod.metadata.deletionTimestamp ? undefined : admit(pod, node, others);
    if (rejection) return this.#reject(pod, rejection);
    this.#startWorker(pod, { isStatic: false });
  }

  /** A Pod that is over before it ran here: all that is left to do is to let it go. */
  #settle(pod: V1Pod): void {
    if (pod.metadata.deletionTimestamp) this.#deleteFromApi(pod);
  }

  /** Only what a worker acts on makes it sync again; the kubelet's own status writes come back as updates too. */
  #updateWorker(worker: PodWorker, pod: V1Pod): void {
    const { pod: old } = worker;
    const isSame =
      old.metadata.generation === pod.metadata.generation &&
      old.metadata.deletionTimestamp === pod.metadata.deletionTimestamp &&
      old.metadata.labels === pod.metadata.labels &&
      old.metadata.annotations === pod.metadata.annotations &&
      !hasOtherConditions(old, pod);
    worker.update(pod, { isQuiet: isSame });
    this.#statuses.reconcile(worker.uid);
  }

  #startWorker(pod: V1Pod, { isStatic }: { isStatic: boolean }): void {
    const worker = new PodWorker(this.#context, pod, { isStatic });
    this.#workers.set(worker.uid, worker);
    worker.update(pod);
  }

  #podGone(pod: V1Pod): void {
    if (isMirror(pod)) return this.#mirrorGone(pod);
    const worker = this.#workers.get(pod.metadata.uid as string);
    this.#rejected.delete(pod.metadata.uid as string);
    if (worker) worker.terminate({ isGone: true, graceSeconds: 1 });
    else this.#statuses.forget(pod.metadata.uid as string);
  }

  /** `HandlePodAdditions rejectPod`: the Pod never starts, and says why. */
  #reject(pod: V1Pod, { reason, message }: { reason: string; message: string }): void {
    this.#rejected.add(pod.metadata.uid as string);
    this.#podEvent(pod, { type: 'Warning', reason, message });
    const startTime = rfc3339(this.#kernel.now);
    const { qosClass, conditions } = pod.status ?? {};
    const { generation } = pod.metadata;
    const scheduled = conditions?.filter(({ type }) => type === 'PodScheduled') ?? [];
    this.#statuses.set(
      pod,
      {
        ...(generation === undefined ? {} : { observedGeneration: generation }),
        phase: 'Failed',
        reason,
        message: `Pod was rejected: ${message}`,
        startTime,
        ...(scheduled.length ? { conditions: scheduled } : {}),
        ...(qosClass ? { qosClass } : {}),
      },
      { mayRun: false },
    );
  }

  #unregisteredNode(): V1Node {
    const { metadata, status } = { metadata: { name: this.#machine.name, labels: nodeLabels(this.#machine) }, status: this.#bareStatus() };
    return { apiVersion: 'v1', kind: 'Node', metadata: metadata as V1Node['metadata'], spec: {}, status };
  }

  #bareStatus(): V1Node['status'] {
    return nodeStatus({
      machine: this.#machine,
      now: this.#kernel.now,
      podsMax: this.#configuration.podsMax,
      runtimeVersion: this.#runtime.version,
      images: [],
      problems: [],
      previous: undefined,
    });
  }

  /** All sources are known now: whatever else runs here belongs to nobody. */
  #podsSynced(): void {
    for (const worker of this.#workers.values()) if (worker.isStatic) worker.poke();
    for (const sandbox of this.#listSandboxes()) if (!this.#workers.has(sandbox.podUid)) this.#cleanUp(sandbox.podUid);
  }

  #listSandboxes() {
    try {
      return this.#runtime.listPodSandboxes();
    } catch (error) {
      if (error instanceof CriError) return [];
      throw error;
    }
  }

  // --- static Pods and their mirrors ----------------------------------------------------------------------------

  #watchManifests(): void {
    const { staticPodPath } = this.#configuration;
    if (!staticPodPath) return;
    this.#closers.push(this.#disk.watch(`${staticPodPath}/`, () => this.#checkManifestsIn(manifestSettleMs)));
    this.#readManifests();
  }

  #checkManifestsIn(delayMs: number): void {
    this.#manifestCheck ??= this.#kernel.schedule({
      delayMs,
      actor: `kubelet/${this.#machine.name}`,
      what: 'read static Pod manifests',
      background: false,
      run: () => {
        this.#manifestCheck = undefined;
        this.#readManifests();
      },
    });
  }

  #readManifests(): void {
    const { staticPodPath } = this.#configuration;
    const { pods, bad } = readStaticPods(this.#disk, staticPodPath, { nodeName: this.#machine.name, now: this.#kernel.now });
    for (const { path, error } of bad)
      if (!this.#badManifests.has(path)) this.#kernel.record('reconcile', `kubelet/${this.#machine.name}`, `cannot read ${path}: ${error}`);
    this.#badManifests = new Set(bad.map(({ path }) => path));
    const wanted = new Map(pods.map((pod) => [pod.metadata.uid as string, pod]));
    for (const worker of this.#workers.values()) {
      if (!worker.isStatic || wanted.has(worker.uid)) continue;
      worker.terminate({ isGone: true, graceSeconds: worker.pod.spec.terminationGracePeriodSeconds });
    }
    this.#waiting.clear();
    for (const pod of wanted.values()) if (!this.#workers.has(pod.metadata.uid as string)) this.#startStatic(pod);
  }

  /** Two versions of a static Pod never run at once. */
  #startStatic(pod: V1Pod): void {
    const isNameTaken = [...this.#workers.values()].some((worker) => worker.isStatic && keyOf(worker.pod) === keyOf(pod));
    if (isNameTaken) return void this.#waiting.set(keyOf(pod), pod);
    if (this.#isResumed) this.#findMirror(pod);
    this.#startWorker(pod, { isStatic: true });
  }

  /** What was reported of a static Pod is only on its mirror. */
  #findMirror(pod: V1Pod): void {
    try {
      const mirror = this.#client.find(Pod, pod.metadata);
      if (mirror && isMirrorOf(mirror, pod)) this.#mirrors.set(keyOf(mirror), mirror);
    } catch (error) {
      if (!(error instanceof StatusError) && !(error instanceof ConnectionError)) throw error;
    }
  }

  #staticWorker(mirror: V1Pod): PodWorker | undefined {
    return [...this.#workers.values()].find((worker) => worker.isStatic && keyOf(worker.pod) === keyOf(mirror));
  }

  #mirrorSeen(mirror: V1Pod): void {
    const isNew = this.#mirrors.get(keyOf(mirror))?.metadata.uid !== mirror.metadata.uid;
    this.#mirrors.set(keyOf(mirror), mirror);
    const worker = this.#staticWorker(mirror);
    if (!worker && !this.#waiting.has(keyOf(mirror))) return this.#deleteMirror(mirror);
    if (isNew || mirror.metadata.deletionTimestamp) worker?.poke();
    if (isNew && worker) this.#statuses.write(worker.uid);
  }

  #mirrorGone(mirror: V1Pod): void {
    if (this.#mirrors.get(keyOf(mirror))?.metadata.uid === mirror.metadata.uid) this.#mirrors.delete(keyOf(mirror));
    this.#staticWorker(mirror)?.poke();
  }

  #nodeSeen(node: V1Node): void {
    this.#agent.observe(node);
    for (const worker of this.#workers.values()) if (worker.isStatic) worker.poke();
  }

  /** `tryReconcileMirrorPods`. */
  #ensureMirror(pod: V1Pod): void {
    const node = this.#agent.node;
    if (!node || !this.#pods.hasSynced) return;
    const mirror = this.#mirrors.get(keyOf(pod));
    if (mirror && isMirrorOf(mirror, pod) && !mirror.metadata.deletionTimestamp) return;
    if (mirror) this.#deleteMirror(mirror);
    try {
      const created = this.#client.create(Pod, mirrorOf(pod, node));
      this.#mirrors.set(keyOf(created), created);
      this.#statuses.write(pod.metadata.uid as string);
    } catch (error) {
      if (!(error instanceof StatusError) && !(error instanceof ConnectionError)) throw error;
    }
  }

  #deleteMirror(mirror: V1Pod): void {
    try {
      ignoreNotFound(() =>
        this.#client.delete(Pod, mirror.metadata, { gracePeriodSeconds: 0, preconditions: { uid: mirror.metadata.uid as string } }),
      );
      this.#mirrors.delete(keyOf(mirror));
    } catch (error) {
      if (!(error instanceof StatusError) && !(error instanceof ConnectionError)) throw error;
    }
  }

  // --- what workers use -----------------------------------------------------------------------------------------

  #workerContext(random: PodWorkerContext['random'], tools: PodWorkerContext['tools']): PodWorkerContext {
    const allocatable = this.#bareStatus()?.allocatable ?? {};
    return {
      kernel: this.#kernel,
      runtime: this.#runtime,
      disk: this.#disk,
      client: this.#client,
      nodeName: this.#machine.name,
      isResumed: this.#isResumed,
      hostIp: this.#machine.ip,
      allocatable,
      random,
      tools,
      restartBackoff: new Backoff(),
      puller: new ImagePuller({
        kernel: this.#kernel,
        runtime: this.#runtime,
        isSerial: this.#configuration.serializeImagePulls,
        onPulled: () => this.#agent.statusChanged(),
      }),
      references: new References(this.#client, () => this.#kernel.now),
      statuses: this.#statuses,
      prober: this.#prober,
      relistDelayMs: () => this.#relistDelayMs(),
      recordPodEvent: (pod, text, fieldPath) => this.#podEvent(pod, text, fieldPath),
      ensureMirrorPod: (pod) => this.#ensureMirror(pod),
      hostnameOf: (pod) => (pod.spec.hostNetwork ? this.#machine.name : (pod.spec.hostname ?? (pod.metadata.name as string).slice(0, 63))),
      dnsOf: (pod) => this.#dnsOf(pod),
      servicesFor: (pod) => this.#servicesFor(pod),
      logTail: (container) => this.#logTail(container),
      removeDirectory: (path) => this.#removeDirectory(path),
      deleteFromApi: (pod) => this.#deleteFromApi(pod),
      forget: (worker) => this.#forget(worker),
    };
  }

  /** The lifecycle event generator looks at fixed intervals, wherever in one we are. */
  #relistDelayMs(): number {
    const { relistMs } = this.#runtime.latency;
    return relistMs - ((this.#kernel.now - this.#startedAt) % relistMs);
  }

  #podEvent(pod: V1Pod, text: EventText, fieldPath?: string): void {
    this.#recorder.record({ resource: Pod, object: pod, ...(fieldPath ? { fieldPath } : {}) }, text);
  }

  /** `network/dns/dns.go GetPodDNS`. */
  #dnsOf({ metadata, spec }: V1Pod): NetworkNamespace['resolver'] {
    const { clusterDns, clusterDomain } = this.#configuration;
    const host = this.#host.resolver;
    const isClusterFirst =
      spec.dnsPolicy === 'ClusterFirstWithHostNet' || ((spec.dnsPolicy ?? 'ClusterFirst') === 'ClusterFirst' && !spec.hostNetwork);
    const base =
      spec.dnsPolicy === 'None'
        ? { nameservers: [], search: [], ndots: 1 }
        : isClusterFirst && clusterDns.length > 0
          ? {
              nameservers: clusterDns,
              search: [`${metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain, ...host.search],
              ndots: 5,
            }
          : host;
    const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
    const ndots = options.find(({ name }) => name === 'ndots')?.value;
    return {
      nameservers: [...new Set([...base.nameservers, ...nameservers])],
      search: [...new Set([...base.search, ...searches])],
      ndots: ndots ? Number(ndots) : base.ndots,
    };
  }

  #servicesFor(pod: V1Pod): V1Service[] {
    if (!this.#services.hasSynced) throw new ConfigError('services have not yet been read at least once, cannot construct envvars');
    const namespace = pod.metadata.namespace as string;
    const kubernetes = namespace === 'default' ? undefined : this.#services.get('default/kubernetes');
    return [...(kubernetes ? [kubernetes] : []), ...this.#services.list(namespace)];
  }

  #logTail({ logPath }: Container): string {
    return readLog(this.#disk, logPath)
      .slice(-logTailLines)
      .map(({ text }) => text)
      .join('')
      .slice(-logTailBytes);
  }

  #removeDirectory(path: string): void {
    for (const [file] of this.#disk.list(`${path}/`)) this.#disk.delete(file);
  }

  /** The last write of a deletion: nothing runs any more, so the object may go at once. */
  #deleteFromApi(pod: V1Pod): void {
    try {
      ignoreNotFound(() =>
        this.#client.delete(Pod, pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid as string } }),
      );
    } catch (error) {
      if (error instanceof ConnectionError) this.#after(10_000, () => this.#deleteFromApi(pod));
      else if (!(error instanceof StatusError)) throw error;
    }
  }

  #forget(worker: PodWorker): void {
    this.#workers.delete(worker.uid);
    this.#statuses.forget(worker.uid);
    this.#prober.remove(worker.uid);
    this.#context.puller.forget(worker.uid);
    this.#context.restartBackoff.forget(worker.uid);
    this.#cleanUp(worker.uid);
    if (!worker.isStatic) return;
    const next = this.#waiting.get(keyOf(worker.pod));
    const mirror = this.#mirrors.get(keyOf(worker.pod));
    if (mirror && !next) this.#deleteMirror(mirror);
    if (!next) return;
    this.#waiting.delete(keyOf(worker.pod));
    this.#startWorker(next, { isStatic: true });
  }

  /** Removes every trace of a Pod from the node. */
  #cleanUp(uid: string): void {
    try {
      for (const sandbox of this.#runtime.listPodSandboxes(uid)) this.#runtime.removePodSandbox(sandbox.id);
    } catch (error) {
      if (!(error instanceof CriError)) throw error;
    }
    this.#removeDirectory(podDirectory(uid));
  }

  #statusTarget(uid: string): StatusTarget | undefined {
    const worker = this.#workers.get(uid);
    const pod = worker?.isStatic ? this.#mirrors.get(keyOf(worker.pod)) : (worker?.pod ?? this.#pods.byIndex('uid', uid)[0]);
    if (!pod || (worker?.isStatic && !isMirrorOf(pod, worker.pod))) return undefined;
    return {
      namespace: pod.metadata.namespace as string,
      name: pod.metadata.name as string,
      uid: pod.metadata.uid as string,
      resourceVersion: pod.metadata.resourceVersion,
      status: pod.status ?? {},
    };
  }

  #reportedStatus(uid: string, name: string): V1ContainerStatus | undefined {
    const { containerStatuses = [], initContainerStatuses = [] } = this.#statuses.find(uid) ?? {};
    return [...containerStatuses, ...initContainerStatuses].find((one) => one.name === name);
  }

  #findPod(namespace: string, name: string): V1Pod | undefined {
    const found = [...this.#workers.values()].find(({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name);
    return found?.pod ?? (this.#isResumed && !this.#pods.hasSynced ? this.#lookUp(namespace, name) : undefined);
  }

  /** Resumed, it was never away: whoever asks before its Pods are listed must not be told that there are none. */
  #lookUp(namespace: string, name: string): V1Pod | undefined {
    try {
      const pod = this.#client.get(Pod, { namespace, name });
      return pod.spec.nodeName === this.#machine.name && !isMirror(pod) ? pod : undefined;
    } catch (error) {
      if (error instanceof StatusError || error instanceof ConnectionError) return undefined;
      throw error;
    }
  }
}

/** Readiness gates are conditions somebody else writes. */
function hasOtherConditions(old: V1Pod, pod: V1Pod): boolean {
  return (pod.spec.readinessGates ?? []).some(({ conditionType }) => {
    const of = (one: V1Pod) => one.status?.conditions?.find(({ type }) => type === conditionType)?.status;
    return of(old) !== of(pod);
  });
}
