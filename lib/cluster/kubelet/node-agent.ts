import type { V1Lease, V1Node, V1NodeStatus } from '@/generated/kubernetes/types';
import { deepCopy, deepEqual, type Random } from '@/lib/base';
import { ConnectionError, StatusError } from '../api';
import { ignoreNotFound, type Client, type EventRecorder } from '../client';
import { parseInstant, rfc3339Micro, type Entry, type Kernel } from '../kernel';
import type { Machine } from '../machine';
import { Lease, Node } from '../resources';
import type { ContainerRuntime } from '../runtime/cri';
import { CriError } from '../runtime/cri-error';
import type { KubeletConfiguration } from './configuration';
import { isReady, nodeLabels, nodeStatus, pressureEvents } from './node-status';

export interface NodeAgentOptions {
  readonly kernel: Kernel;
  readonly machine: Machine;
  readonly client: Client;
  readonly runtime: ContainerRuntime;
  readonly recorder: EventRecorder;
  readonly configuration: KubeletConfiguration;
  readonly random: Random;
  readonly onNode: (node: V1Node) => void;
  /** Its Node is as it left it, and nobody is told that it started. */
  readonly isResumed: boolean;
}

const leaseDurationSeconds = 40;
const renewMs = 10_000;
const renewJitter = 0.04;
const registerRetryMs = { initial: 100, max: 7_000 };
const runtimeDeadAfterMs = 30_000;

/** The kubelet's side of its Node: registers it, keeps its status and renews its lease (`kubelet_node_status.go`, `nodelease`). */
export class NodeAgent {
  readonly #options: NodeAgentOptions;
  #node: V1Node | undefined;
  #lease: V1Lease | undefined;
  #entries = new Set<Entry>();
  #isStopped = false;
  #reportedAt = 0;
  #registerDelayMs = registerRetryMs.initial;
  #runtimeSeenAt: number;
  #wasReady: boolean | undefined;
  /** The CSI plugin registers a moment after the kubelet. */
  #isCsiInitialized = false;
  #soon: Entry | undefined;

  constructor(options: NodeAgentOptions) {
    this.#options = options;
    this.#runtimeSeenAt = options.kernel.now;
  }

  get node(): V1Node | undefined {
    return this.#node;
  }

  start(): void {
    if (this.#options.isResumed) return this.#goOn();
    this.#event('Starting', 'Starting kubelet.');
    this.#event('NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
    this.#register();
  }

  #goOn(): void {
    this.#isCsiInitialized = true;
    const { client, machine, onNode, configuration } = this.#options;
    const found = configuration.registerNode ? findOrIgnore(() => client.find(Node, { name: machine.name })) : undefined;
    if (!found) return this.#register();
    this.#node = found;
    this.#wasReady = isReady(found);
    this.#reportedAt = reportedAt(found);
    onNode(found);
    this.#tick(true);
  }

  stop(): void {
    this.#isStopped = true;
    for (const entry of this.#entries) entry.cancel();
  }

  /** The API server's Node, from the informer. */
  observe(node: V1Node): void {
    this.#node = node;
    if (node.spec?.podCIDR && this.#tellRuntime(node.spec.podCIDR)) this.statusChanged();
  }

  /** The Node was deleted behind the kubelet's back: it goes on, and registers again only when restarted. */
  forget(): void {
    this.#node = undefined;
  }

  /** Something the status says changed; it is written at once while the node is not ready, else at the next round. */
  statusChanged(): void {
    if (this.#soon || this.#isStopped || !this.#node) return;
    this.#soon = this.#after(this.#wasReady ? renewMs : 100, this.#wasReady === true, 'update node status', () => {
      this.#soon = undefined;
      this.#updateStatus();
    });
  }

  #event(reason: string, message: string, type: 'Normal' | 'Warning' = 'Normal'): void {
    const { machine, recorder } = this.#options;
    recorder.event({ kind: 'Node', apiVersion: 'v1', name: machine.name, uid: machine.name }, type, reason, message);
  }

  #after(delayMs: number, background: boolean, what: string, run: () => void): Entry {
    const entry: Entry = this.#options.kernel.schedule({
      delayMs: Math.round(delayMs),
      actor: `kubelet/${this.#options.machine.name}`,
      what,
      background,
      run: () => {
        this.#entries.delete(entry);
        run();
      },
    });
    this.#entries.add(entry);
    return entry;
  }

  /** Tries until the API server answers, at first often (`registerWithAPIServer`). */
  #register(): void {
    const { configuration, machine, client } = this.#options;
    if (!configuration.registerNode) return;
    try {
      const name = machine.name;
      const draft = {
        metadata: { name, labels: nodeLabels(machine), annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
        spec: configuration.registerWithTaints.length ? { taints: [...configuration.registerWithTaints] } : {},
        status: this.#status(undefined),
      };
      const found = client.find(Node, { name });
      this.#node = found ?? client.create(Node, draft as never);
      for (const event of pressureEvents) this.#event(event, `Node ${name} status is now: ${event}`);
      this.#options.onNode(this.#node);
      this.#reportedAt = this.#options.kernel.now;
      this.#wasReady = isReady(this.#node);
      this.#after(200, false, 'update node status', () => {
        this.#isCsiInitialized = true;
        this.#updateStatus({ isForced: found !== undefined });
      });
      this.#tick(true);
    } catch (error) {
      if (!(error instanceof ConnectionError) && !(error instanceof StatusError)) throw error;
      this.#after(this.#registerDelayMs, false, 'register node', () => this.#register());
      this.#registerDelayMs = Math.min(this.#registerDelayMs * 2, registerRetryMs.max);
    }
  }

  /** Every ten seconds: the lease, and the status when something changed or the report is due. */
  #tick(isFirst = false): void {
    const { random, kernel, configuration } = this.#options;
    this.#after(renewMs * (1 + renewJitter * random.float()), true, 'renew lease', () => this.#tick());
    if (isFirst) return;
    this.#renewLease();
    if (kernel.now - this.#reportedAt >= configuration.nodeStatusReportMs) this.#updateStatus({ isForced: true });
    else if (this.#node && (this.#problems().length === 0) !== this.#wasReady) this.#updateStatus();
  }

  #renewLease(): void {
    try {
      if (this.#lease) {
        const spec = { ...this.#lease.spec, renewTime: rfc3339Micro(this.#options.kernel.now) };
        this.#lease = this.#options.client.update(Lease, { ...this.#lease, spec });
      } else {
        this.#lease = this.#ensureLease();
      }
    } catch (error) {
      if (!(error instanceof ConnectionError) && !(error instanceof StatusError)) throw error;
      this.#lease = undefined;
    }
  }

  #ensureLease(): V1Lease {
    const { client, machine, kernel } = this.#options;
    const name = { namespace: 'kube-node-lease', name: machine.name };
    const renewTime = rfc3339Micro(kernel.now);
    const found = ignoreNotFound(() => client.get(Lease, name));
    if (found) {
      const lease = deepCopy(found);
      lease.spec = { ...lease.spec, holderIdentity: machine.name, leaseDurationSeconds, renewTime };
      return client.update(Lease, lease);
    }
    const uid = this.#node?.metadata.uid;
    const ownerReferences = uid ? [{ apiVersion: 'v1', kind: 'Node', name: machine.name, uid }] : [];
    return client.create(Lease, {
      metadata: { ...name, ownerReferences },
      spec: { holderIdentity: machine.name, leaseDurationSeconds, renewTime },
    });
  }

  #updateStatus({ isForced = false } = {}): void {
    const { client, machine } = this.#options;
    const known = this.#node;
    if (!known) return;
    const status = this.#status(known.status);
    if (!isForced && isSameStatus(status, known.status)) return;
    try {
      this.#node = client.patch(Node, { name: machine.name }, { status: changed(status, known.status) }, { subresource: 'status' });
      this.#reportedAt = this.#options.kernel.now;
      const ready = isReady(this.#node);
      if (ready !== this.#wasReady)
        this.#event(ready ? 'NodeReady' : 'NodeNotReady', `Node ${machine.name} status is now: ${ready ? 'NodeReady' : 'NodeNotReady'}`);
      this.#wasReady = ready;
    } catch (error) {
      if (!(error instanceof ConnectionError) && !(error instanceof StatusError)) throw error;
    }
  }

  #status(previous: V1NodeStatus | undefined): V1NodeStatus {
    const { machine, runtime, kernel, configuration } = this.#options;
    const problems = this.#problems();
    const images = orDefault(() => runtime.listImages(), []);
    return nodeStatus({
      machine,
      now: kernel.now,
      podsMax: configuration.podsMax,
      runtimeVersion: runtime.version,
      images,
      problems,
      previous,
    });
  }

  #problems(): string[] {
    const { runtime, kernel } = this.#options;
    const problems: string[] = [];
    const network = orDefault(() => runtime.networkStatus(), undefined);
    if (network) this.#runtimeSeenAt = kernel.now;
    if (kernel.now - this.#runtimeSeenAt > runtimeDeadAfterMs) problems.push('container runtime is down');
    if (network && !network.isReady) problems.push(`container runtime network not ready: ${network.message}`);
    if (!this.#isCsiInitialized) problems.push('CSINode is not yet initialized');
    return problems;
  }

  /** Whether this was news to the runtime. */
  #tellRuntime(podCidr: string): boolean {
    const { runtime } = this.#options;
    return orDefault(() => {
      if (runtime.networkStatus().isReady) return false;
      runtime.updateRuntimeConfig({ podCidr });
      return true;
    }, false);
  }
}

/** The fields that are not as they were: a heartbeat says no more than its conditions (`nodeutil.PatchNodeStatus`). */
function changed(status: V1NodeStatus, known: V1NodeStatus | undefined): Partial<V1NodeStatus> {
  const before = (known ?? {}) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(status).filter(([field, value]) => !deepEqual(value, before[field])));
}

/** Heartbeat times aside. */
function isSameStatus(a: V1NodeStatus, b: V1NodeStatus | undefined): boolean {
  const bare = (status: V1NodeStatus | undefined) => ({
    capacity: status?.capacity,
    allocatable: status?.allocatable,
    addresses: status?.addresses,
    nodeInfo: status?.nodeInfo,
    images: status?.images,
    conditions: (status?.conditions ?? []).map(({ lastHeartbeatTime: _at, lastTransitionTime: _since, ...condition }) => condition),
  });
  return deepEqual(bare(a), bare(b));
}

function reportedAt({ status }: V1Node): number {
  const at = status?.conditions?.find(({ type }) => type === 'Ready')?.lastHeartbeatTime;
  return at ? parseInstant(at) : 0;
}

function findOrIgnore<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof ConnectionError || error instanceof StatusError) return undefined;
    throw error;
  }
}

function orDefault<T>(call: () => T, otherwise: T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof CriError) return otherwise;
    throw error;
  }
}
