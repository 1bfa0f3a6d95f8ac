import type { V1Lease, V1Node, V1Pod, V1Taint } from '@/generated/kubernetes/types';
import { deepCopy, deepEqual } from '@/lib/base';
import { ConnectionError, keyOf, StatusError } from '../api';
import { conditionsPatch, whenAllSynced, WorkQueue, type Informer } from '../client';
import { rfc3339, type Entry, type Instant } from '../kernel';
import { Lease, Node, Pod } from '../resources';
import { findCondition } from './conditions';
import { subjectOf, type Controller, type ControllerEnvironment } from './controller';
import { conditionTaintKeys, readyStatus, unknownConditions, wantedNoScheduleTaints } from './node-lifecycle/conditions';
import { evictionRate, RateLimiter, zoneOf, zoneStates } from './node-lifecycle/zones';
import { isReady } from './pod-state';
import { isSameTaint, taintKeys } from './taints';

/** Watches over nodes by their leases: marks the silent ones, taints them, and calls the Pods on them not ready (`pkg/controller/nodelifecycle`). */
export const nodeLifecycleController: Controller = {
  name: 'node-lifecycle-controller',
  component: 'node-controller',
  start: (environment) => new NodeLifecycle(environment),
};

/** A node that was found silent is given up this much later, when the state of its zone is known. */
const evictionPeriodMs = 100;

/** What was last heard of a node, by this controller's own clock. */
interface Health {
  readonly heardAt: Instant;
  readonly lease: V1Lease | undefined;
  readonly heartbeat: string | undefined;
}

const labelPairs = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const;

class NodeLifecycle {
  readonly #environment: ControllerEnvironment;
  readonly #nodes: Informer<V1Node>;
  readonly #pods: Informer<V1Pod>;
  readonly #leases: Informer<V1Lease>;
  readonly #health = new Map<string, Health>();
  readonly #registered = new Set<string>();
  readonly #limiters = new Map<string, RateLimiter>();
  readonly #taintQueue: WorkQueue;
  #isAllDisrupted = false;
  #monitor: Entry | undefined;

  constructor(environment: ControllerEnvironment) {
    const { kernel, client, informers, log } = environment;
    this.#environment = environment;
    this.#nodes = informers.for(Node);
    this.#pods = informers.for(Pod);
    this.#leases = informers.for(Lease);
    this.#pods.addIndex('node', (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
    this.#taintQueue = new WorkQueue({
      kernel,
      actor: client.actor,
      reconcile: (key) => this.#reconcileNode(key),
      startsClosed: true,
      onError: (error, key) =>
        log(`"Failed to taint or label node" node=${JSON.stringify(key)} err=${JSON.stringify((error as Error).message)}`),
    });
    this.#nodes.addHandler({
      added: (node) => this.#taintQueue.add(keyOf(node)),
      updated: (old, node) => this.#nodeUpdated(old, node),
      deleted: (node) => this.#forget(node),
    });
    this.#pods.addHandler({ added: (pod) => this.#podSeen(undefined, pod), updated: (old, pod) => this.#podSeen(old, pod) });
    whenAllSynced([this.#nodes, this.#pods, this.#leases], () => {
      if (environment.isResumed) for (const { metadata } of this.#nodes.list()) this.#registered.add(metadata.uid);
      this.#taintQueue.open();
      this.#scheduleMonitor(0);
    });
  }

  stop(): void {
    this.#monitor?.cancel();
    this.#taintQueue.stop();
  }

  #nodeUpdated(old: V1Node, node: V1Node): void {
    const concerns = ({ spec, metadata, status }: V1Node) => [
      spec?.taints,
      spec?.unschedulable,
      metadata.labels,
      (status?.conditions ?? []).map(({ type, status: value }) => [type, value]),
    ];
    if (deepEqual(concerns(old), concerns(node))) return;
    this.#taintQueue.add(keyOf(node), { background: false });
  }

  #forget(node: V1Node): void {
    const { name, uid } = node.metadata;
    this.#health.delete(name);
    if (this.#registered.delete(uid)) this.#recordNode(node, 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
  }

  #scheduleMonitor(delayMs: number): void {
    const { kernel, client, options } = this.#environment;
    this.#monitor = kernel.schedule({
      delayMs,
      actor: client.actor,
      what: 'monitor node health',
      background: true,
      run: () => {
        this.#scheduleMonitor(options.nodeMonitorPeriodMs);
        const nodes = this.#nodes.list();
        for (const node of nodes) this.#check(node);
        for (const { node, key } of this.#evictionsDue(nodes)) this.#soon(() => this.#setNoExecute(node, key));
      },
    });
  }

  /** Hears a node out; a node that has something to be done about is looked at in a foreground entry. */
  #check(node: V1Node): void {
    const { kernel, options } = this.#environment;
    const { name, uid } = node.metadata;
    if (!this.#registered.has(uid)) this.#register(node);
    const health = this.#hear(node);
    this.#health.set(name, health);
    const isNew = findCondition(node.status?.conditions, 'Ready') === undefined;
    const graceMs = isNew ? options.nodeStartupGracePeriodMs : options.nodeMonitorGracePeriodMs;
    const isSilent = kernel.now > health.heardAt + graceMs;
    if (isSilent && readyStatus(node) !== 'Unknown') this.#soon(() => this.#markUnknown(name));
    else if (isSilent && isNew) this.#soon(() => this.#markUnknown(name));
  }

  #register(node: V1Node): void {
    const { name, uid } = node.metadata;
    this.#registered.add(uid);
    this.#soon(() => this.#recordNode(node, 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`));
  }

  #hear(node: V1Node): Health {
    const { kernel } = this.#environment;
    const lease = this.#leases.get(`kube-node-lease/${node.metadata.name}`);
    const heartbeat = findCondition(node.status?.conditions, 'Ready')?.lastHeartbeatTime;
    const known = this.#health.get(node.metadata.name);
    const isNews = !known || known.heartbeat !== heartbeat || known.lease?.spec.renewTime !== lease?.spec.renewTime;
    return { heardAt: isNews ? kernel.now : known.heardAt, lease, heartbeat };
  }

  /** Runs in a foreground entry of its own: a lost node is not a heartbeat. */
  #soon(run: () => void, delayMs = 0): void {
    const { kernel, client } = this.#environment;
    kernel.schedule({ delayMs, actor: client.actor, what: 'look after nodes', background: false, run: () => this.#attempt(run) });
  }

  #attempt(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof ConnectionError)) throw error;
      this.#environment.log(`"Failed to update node" err=${JSON.stringify(error.message)}`);
    }
  }

  #markUnknown(name: string): void {
    const { client, kernel } = this.#environment;
    const node = client.find(Node, { name });
    if (!node) return;
    const draft = deepCopy(node);
    draft.status = { ...draft.status, conditions: unknownConditions(node, kernel.now) };
    client.updateStatus(Node, draft);
    this.#soon(() => this.#evict(), evictionPeriodMs);
    if (readyStatus(node) !== 'True') return;
    this.#recordNode(node, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    for (const pod of this.#pods.byIndex('node', name)) this.#attempt(() => this.#markPodNotReady(pod));
  }

  /** A Pod that lands on a node that is not ready. What the kubelet says of it later stands: it can be heard, after all. */
  #podSeen(old: V1Pod | undefined, pod: V1Pod): void {
    const node = pod.spec.nodeName ? this.#nodes.get(pod.spec.nodeName) : undefined;
    if (!node || old?.spec.nodeName === pod.spec.nodeName || !isReady(pod) || readyStatus(node) === 'True') return;
    if (this.#health.has(node.metadata.name)) this.#soon(() => this.#markPodNotReady(pod));
  }

  #markPodNotReady(pod: V1Pod): void {
    const { client, kernel, record } = this.#environment;
    if (!isReady(pod)) return;
    const condition = { type: 'Ready', status: 'False', lastTransitionTime: rfc3339(kernel.now) };
    this.#attempt(() => {
      client.patch(
        Pod,
        pod.metadata,
        { metadata: { uid: pod.metadata.uid }, status: conditionsPatch(pod.status?.conditions, [condition]) },
        { subresource: 'status' },
      );
      record.event(subjectOf(Pod, pod), 'Warning', 'NodeNotReady', 'Node is not ready');
    });
  }

  /** Upstream refers to a node by its name where the uid belongs. */
  #recordNode({ metadata }: V1Node, reason: string, message: string): void {
    this.#environment.record.event({ kind: 'Node', apiVersion: 'v1', name: metadata.name, uid: metadata.uid }, 'Normal', reason, message);
  }

  /** Labels and NoSchedule taints of one node follow its own state. */
  #reconcileNode(name: string): void {
    const node = this.#nodes.get(name);
    if (!node) return;
    const foreign = (node.spec?.taints ?? []).filter((taint) => taint.effect !== 'NoSchedule' || !conditionTaintKeys.has(taint.key));
    const current = (node.spec?.taints ?? []).filter((taint) => !foreign.includes(taint));
    const wanted = wantedNoScheduleTaints(node).map((taint) => current.find((one) => isSameTaint(one, taint)) ?? this.#stamped(taint));
    const isSame = wanted.length === current.length && wanted.every((taint) => current.includes(taint));
    if (!isSame)
      this.#setTaints(name, (taints) => [...taints.filter((taint) => !current.some((one) => isSameTaint(one, taint))), ...wanted]);
    this.#reconcileLabels(node);
  }

  #reconcileLabels(node: V1Node): void {
    const labels = node.metadata.labels ?? {};
    const missing = labelPairs.filter(([from, to]) => labels[from] !== undefined && labels[to] !== labels[from]);
    if (missing.length === 0) return;
    this.#environment.client.patch(Node, node.metadata, {
      metadata: { labels: Object.fromEntries(missing.map(([from, to]) => [to, labels[from]])) },
    });
  }

  #stamped(taint: V1Taint): V1Taint {
    return { ...taint, timeAdded: rfc3339(this.#environment.kernel.now) };
  }

  /** Changes the taints of the node as it is now, with its resourceVersion, so that nobody else's taint is lost. */
  #setTaints(name: string, change: (taints: V1Taint[]) => V1Taint[]): void {
    const { client } = this.#environment;
    const node = client.find(Node, { name });
    if (!node) return;
    const taints = change(node.spec?.taints ?? []);
    if (deepEqual(taints, node.spec?.taints ?? [])) return;
    const draft = deepCopy(node);
    if (taints.length > 0) draft.spec = { ...draft.spec, taints };
    else delete draft.spec?.taints;
    client.update(Node, draft);
  }

  /**
   * The NoExecute taints that are to change now: off when a node is ready again, on at the rate its zone allows, and none at all
   * while every zone is lost, when it is this controller that is cut off (`processTaintBaseEviction`, `handleDisruption`).
   */
  #evictionsDue(nodes: readonly V1Node[]): { node: V1Node; key: string | undefined }[] {
    if (nodes.every((node) => readyStatus(node) === 'True' && noExecuteTaints(node).length === 0)) return [];
    this.#watchDisruption(nodes);
    const reprieved = nodes.filter((node) => noExecuteTaints(node).length > 0 && (this.#isAllDisrupted || readyStatus(node) === 'True'));
    const lost = this.#isAllDisrupted ? [] : nodes.filter((node) => this.#mayEvict(node));
    return [...reprieved.map((node) => ({ node, key: undefined })), ...lost.map((node) => ({ node, key: noExecuteKey(node) }))];
  }

  /** When the last of all zones comes back, silence is counted from then. */
  #watchDisruption(nodes: readonly V1Node[]): void {
    const { kernel, options } = this.#environment;
    const states = zoneStates(nodes, options);
    const wasAllDisrupted = this.#isAllDisrupted;
    this.#isAllDisrupted = [...states.values()].every((state) => state === 'FullDisruption');
    if (!this.#isAllDisrupted && wasAllDisrupted)
      for (const [name, health] of this.#health) this.#health.set(name, { ...health, heardAt: kernel.now });
    for (const [zone, state] of states) {
      const limiter = this.#limiters.get(zone) ?? new RateLimiter(options.nodeEvictionRate);
      limiter.rate = evictionRate(state, nodes.filter((node) => zoneOf(node) === zone).length, options);
      this.#limiters.set(zone, limiter);
    }
  }

  /** Whether the node lacks its NoExecute taint and its zone lets it have it now; one for the other is swapped at once. */
  #mayEvict(node: V1Node): boolean {
    const key = noExecuteKey(node);
    const taints = noExecuteTaints(node);
    if (key === undefined || taints.some((taint) => taint.key === key)) return false;
    return taints.length > 0 || (this.#limiters.get(zoneOf(node)) as RateLimiter).maybeSpend(this.#environment.kernel.now);
  }

  #evict(): void {
    for (const { node, key } of this.#evictionsDue(this.#nodes.list())) this.#setNoExecute(node, key);
  }

  /** At most one of the two NoExecute taints, or none. */
  #setNoExecute(node: V1Node, key: string | undefined): void {
    const current = noExecuteTaints(node);
    if (key === undefined ? current.length === 0 : current.length === 1 && current[0]?.key === key) return;
    const wanted = key === undefined ? [] : [this.#stamped({ key, effect: 'NoExecute' })];
    this.#attempt(() => this.#setTaints(node.metadata.name, (taints) => [...taints.filter((taint) => !isNoExecute(taint)), ...wanted]));
  }
}

function isNoExecute({ key, effect }: V1Taint): boolean {
  return effect === 'NoExecute' && (key === taintKeys.notReady || key === taintKeys.unreachable);
}

function noExecuteTaints(node: V1Node): V1Taint[] {
  return (node.spec?.taints ?? []).filter(isNoExecute);
}

function noExecuteKey(node: V1Node): string | undefined {
  const condition = findCondition(node.status?.conditions, 'Ready');
  if (condition?.status === 'False') return taintKeys.notReady;
  return condition?.status === 'Unknown' ? taintKeys.unreachable : undefined;
}
