import type { V1Node, V1Pod, V1PodCondition } from '@/generated/kubernetes/types';
import { deepEqual, type Random } from '@/lib/base';
import { ConnectionError, keyOf, StatusError, type Transport } from '../api';
import { Client, conditionsPatch, EventRecorder, InformerFactory, type WatchLatency } from '../client';
import { rfc3339, type Kernel } from '../kernel';
import { Namespace, Node, Pod, ReplicaSet, Service } from '../resources';
import { SchedulerCache } from './cache';
import { candidateOf, filter, preFilter, score, withPod, type Filters } from './framework';
import { fitMessage, noNodes, postFilterMessage, preFilterMessage } from './messages';
import { podInfo, type NodeInfo } from './node-info';
import { findPreemption } from './preemption';
import type { Candidate, PluginContext, Rejection } from './plugin';
import { SchedulingQueue, type QueuedPod } from './queue';

export interface SchedulerOptions {
  readonly kernel: Kernel;
  readonly transport: Transport;
  readonly latency?: WatchLatency;
  /** `cp-1`: the scheduler's instance name in its Events. */
  readonly host?: string;
  readonly log?: (line: string) => void;
}

const component = 'kube-scheduler';
const schedulerName = 'default-scheduler';
/** Of large clusters only part of the nodes is looked at, but never fewer than these. */
const minFeasibleNodes = 100;

interface Nomination {
  readonly pod: V1Pod;
  readonly node: string;
}

type Verdict =
  | { readonly type: 'node'; readonly node: NodeInfo }
  | {
      readonly type: 'unschedulable';
      readonly message: string;
      readonly rejectedBy: ReadonlySet<string>;
      readonly filters?: Filters;
      readonly rejections: ReadonlyMap<string, Rejection>;
    };

/** Starts a scheduler: informers, a queue, and one scheduling cycle for each kernel entry (`pkg/scheduler`). */
export function startScheduler(options: SchedulerOptions): { stop(): void } {
  return new Scheduler(options);
}

class Scheduler {
  readonly #kernel: Kernel;
  readonly #client: Client;
  readonly #random: Random;
  readonly #informers: InformerFactory;
  readonly #record: EventRecorder;
  readonly #log: (line: string) => void;
  readonly #cache = new SchedulerCache();
  readonly #queue: SchedulingQueue;
  readonly #nominations = new Map<string, Nomination>();
  #isCycleDue = false;
  #isStopped = false;
  #firstNode = 0;

  constructor({ kernel, transport, latency, host = component, log = () => {} }: SchedulerOptions) {
    this.#kernel = kernel;
    this.#log = log;
    this.#client = new Client({ transport, actor: component });
    this.#random = kernel.random.fork(component);
    this.#informers = new InformerFactory({ kernel, client: this.#client, ...(latency ? { latency } : {}) });
    this.#record = new EventRecorder({
      kernel,
      client: this.#client,
      component: schedulerName,
      style: 'events.k8s.io',
      instance: `${schedulerName}-${host}`,
    });
    this.#queue = new SchedulingQueue({ kernel, onReady: () => this.#scheduleCycle() });
    this.#watch();
  }

  stop(): void {
    this.#isStopped = true;
    this.#informers.stop();
    this.#queue.stop();
  }

  #watch(): void {
    this.#informers.for(Node).addHandler({
      added: (node) => this.#nodeAdded(node),
      updated: (old, node) => this.#nodeUpdated(old, node),
      deleted: (node) => this.#nodeDeleted(node),
    });
    this.#informers.for(Pod).addHandler({
      added: (pod) => this.#podSeen(undefined, pod),
      updated: (old, pod) => this.#podSeen(old, pod),
      deleted: (pod) => this.#podGone(pod),
    });
    for (const resource of [Service, ReplicaSet, Namespace]) this.#informers.for<any>(resource);
    this.#informers.start();
    this.#informers.whenSynced(() => this.#scheduleCycle());
  }

  #nodeAdded(node: V1Node): void {
    this.#cache.setNode(node);
    this.#queue.onEvent({ type: 'node-add', node: this.#cache.find(node.metadata.name) as NodeInfo });
  }

  #nodeUpdated(old: V1Node, node: V1Node): void {
    this.#cache.setNode(node);
    const info = this.#cache.find(node.metadata.name) as NodeInfo;
    if (!deepEqual(old.status?.allocatable, node.status?.allocatable)) this.#queue.onEvent({ type: 'node-update-allocatable', node: info });
    if (!deepEqual(old.metadata.labels, node.metadata.labels)) this.#queue.onEvent({ type: 'node-update-label', node: info });
    const isOpener = Boolean(old.spec?.unschedulable) !== Boolean(node.spec?.unschedulable);
    if (isOpener || !deepEqual(old.spec?.taints, node.spec?.taints)) this.#queue.onEvent({ type: 'node-update-taint', node: info });
  }

  #nodeDeleted(node: V1Node): void {
    const info = this.#cache.find(node.metadata.name);
    this.#cache.removeNode(node);
    if (info) this.#queue.onEvent({ type: 'node-delete', node: info });
  }

  #podSeen(old: V1Pod | undefined, pod: V1Pod): void {
    if (isOver(pod)) return this.#podGone(pod);
    if (!pod.spec.nodeName) return this.#podWaits(old, pod);
    const wasPlaced = Boolean(old?.spec.nodeName);
    this.#nominations.delete(pod.metadata.uid);
    this.#queue.remove(pod);
    this.#cache.setPod(pod);
    if (!wasPlaced) this.#queue.onEvent({ type: 'pod-add', pod });
    else if (!deepEqual(old?.metadata.labels, pod.metadata.labels)) this.#queue.onEvent({ type: 'pod-update-label', pod });
  }

  #podWaits(old: V1Pod | undefined, pod: V1Pod): void {
    if ((pod.spec.schedulerName ?? schedulerName) !== schedulerName || this.#cache.isAssumed(pod)) return;
    if (pod.status?.nominatedNodeName) this.#nominations.set(pod.metadata.uid, { pod, node: pod.status.nominatedNodeName });
    if (pod.metadata.deletionTimestamp) return this.#queue.remove(pod);
    if (old) this.#queue.update(old, pod);
    else this.#queue.add(pod);
  }

  #podGone(pod: V1Pod): void {
    this.#nominations.delete(pod.metadata.uid);
    this.#queue.remove(pod);
    this.#cache.removePod(pod);
    if (pod.spec.nodeName) this.#queue.onEvent({ type: 'pod-delete', pod });
  }

  #scheduleCycle(): void {
    if (this.#isCycleDue || this.#isStopped || !this.#queue.hasActive || !this.#informers.hasSynced) return;
    this.#isCycleDue = true;
    this.#kernel.schedule({ delayMs: 0, actor: component, what: 'scheduling cycle', background: false, run: () => this.#runCycle() });
  }

  #runCycle(): void {
    this.#isCycleDue = false;
    if (this.#isStopped) return;
    const queued = this.#queue.pop();
    if (queued) this.#scheduleOne(queued);
    this.#scheduleCycle();
  }

  #scheduleOne(queued: QueuedPod): void {
    const key = keyOf(queued.pod);
    const record = () => this.#kernel.record('reconcile', component, `schedule ${key}`, { object: `Pod/${key}` });
    // A cycle follows the one before; what it is about was put into the queue by something else.
    const cause = queued.cause === undefined ? record() : this.#kernel.causedBy(queued.cause, record);
    this.#kernel.causedBy(cause, () => this.#place(queued));
  }

  #place(queued: QueuedPod): void {
    const candidate = candidateOf(queued.pod);
    const verdict = this.#findNode(candidate);
    if (verdict.type === 'node') this.#bind(queued, verdict.node);
    else this.#giveUp(queued, candidate, verdict);
  }

  get #context(): PluginContext {
    return { nodes: this.#cache.nodes, cache: (resource) => this.#informers.for(resource) };
  }

  #findNode(candidate: Candidate): Verdict {
    const { nodes } = this.#cache;
    const rejections = new Map<string, Rejection>();
    if (nodes.length === 0) return { type: 'unschedulable', message: noNodes, rejectedBy: new Set(), rejections };
    const context = this.#context;
    const prepared = preFilter(candidate, context);
    if (prepared.type === 'rejected') {
      return {
        type: 'unschedulable',
        message: preFilterMessage(nodes.length, prepared.rejection),
        rejectedBy: new Set([prepared.plugin]),
        rejections,
      };
    }
    const { filters } = prepared;
    const rejectedBy = new Set<string>();
    const feasible = this.#feasibleNodes(candidate, filters, rejections, rejectedBy);
    if (feasible.length > 0) return { type: 'node', node: this.#best(candidate, feasible, context) };
    return { type: 'unschedulable', message: fitMessage(nodes.length, [...rejections.values()]), rejectedBy, filters, rejections };
  }

  /** Nodes that pass every filter, from where the last search ended; in a large cluster only as many as are needed. */
  #feasibleNodes(candidate: Candidate, filters: Filters, rejections: Map<string, Rejection>, rejectedBy: Set<string>): NodeInfo[] {
    const nominated = this.#cache.find(candidate.pod.status?.nominatedNodeName ?? '');
    if (nominated && !this.#refusal(candidate, nominated, filters)) return [nominated];
    const { nodes } = this.#cache;
    const wanted = feasibleNodesWanted(nodes.length);
    const feasible: NodeInfo[] = [];
    let looked = 0;
    for (; looked < nodes.length && feasible.length < wanted; looked++) {
      const node = nodes[(this.#firstNode + looked) % nodes.length] as NodeInfo;
      if (filters.nodes && !filters.nodes.has(node.name)) {
        rejectedBy.add('NodeAffinity');
        continue;
      }
      const refusal = this.#refusal(candidate, node, filters);
      if (!refusal) feasible.push(node);
      else {
        rejections.set(node.name, refusal.rejection);
        rejectedBy.add(refusal.plugin);
      }
    }
    this.#firstNode = (this.#firstNode + looked) % nodes.length;
    return feasible;
  }

  /** A node must pass with the Pods that were promised it, and without them too: they may never come. */
  #refusal(candidate: Candidate, node: NodeInfo, filters: Filters): { plugin: string; rejection: Rejection } | undefined {
    const promised = [...this.#nominations.values()].filter((one) => one.node === node.name && mayClaim(one.pod, candidate.pod));
    if (promised.length > 0) {
      const crowded = node.clone();
      let state = filters;
      for (const { pod } of promised) {
        crowded.add(podInfo(pod));
        state = withPod(candidate, state, node, pod, 1);
      }
      const refusal = filter(candidate, crowded, state);
      if (refusal) return refusal;
    }
    return filter(candidate, node, filters);
  }

  #best(candidate: Candidate, feasible: readonly NodeInfo[], context: PluginContext): NodeInfo {
    if (feasible.length === 1) return feasible[0] as NodeInfo;
    const totals = score(candidate, feasible, context);
    const most = Math.max(...totals);
    return this.#random.pick(feasible.filter((_, index) => totals[index] === most));
  }

  #bind(queued: QueuedPod, node: NodeInfo): void {
    const { pod } = queued;
    this.#cache.assume(pod, node.name);
    this.#nominations.delete(pod.metadata.uid);
    try {
      this.#client.bind(pod.metadata, node.name);
    } catch (error) {
      this.#cache.forget(pod);
      return this.#fail(queued, error);
    }
    this.#record.record(
      { resource: Pod, object: pod },
      { type: 'Normal', reason: 'Scheduled', action: 'Binding', message: `Successfully assigned ${keyOf(pod)} to ${node.name}` },
    );
  }

  /** The server would not have it. A Pod that is gone needs no node. */
  #fail(queued: QueuedPod, error: unknown): void {
    if (!(error instanceof StatusError || error instanceof ConnectionError)) throw error;
    const { pod } = queued;
    const isGone = StatusError.is(error, 'NotFound') || this.#informers.for(Pod).get(keyOf(pod))?.metadata.uid !== pod.metadata.uid;
    this.#log(`"Error scheduling pod; retrying" err=${JSON.stringify(error.message)} pod=${JSON.stringify(keyOf(pod))}`);
    if (isGone) return;
    const message = `binding rejected: ${error.message}`;
    this.#recordFailure(pod, message);
    this.#queue.addBackingOff(queued);
    this.#updateStatus(pod, { reason: 'SchedulerError', message });
  }

  #giveUp(queued: QueuedPod, candidate: Candidate, verdict: Extract<Verdict, { type: 'unschedulable' }>): void {
    const { pod } = queued;
    const preemption = verdict.filters && findPreemption(candidate, verdict.filters, this.#cache.nodes, verdict.rejections);
    const message = preemption?.type === 'none' ? `${verdict.message} ${postFilterMessage(preemption.message)}` : verdict.message;
    const nominated = preemption?.type === 'nominated' ? preemption.node.name : undefined;
    this.#log(`"Unable to schedule pod; no fit; waiting" pod=${JSON.stringify(keyOf(pod))} err=${JSON.stringify(message)}`);
    if (nominated) this.#nominations.set(pod.metadata.uid, { pod, node: nominated });
    this.#recordFailure(pod, message);
    this.#queue.addUnschedulable(queued, verdict.rejectedBy);
    this.#updateStatus(pod, { reason: 'Unschedulable', message }, nominated);
    if (preemption?.type === 'nominated') this.#preemptLater(pod, preemption.node, preemption.victims);
  }

  #recordFailure(pod: V1Pod, message: string): void {
    this.#record.record({ resource: Pod, object: pod }, { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', message });
  }

  /** PodScheduled=False with the reason, and the node that is being cleared for it. */
  #updateStatus(pod: V1Pod, { reason, message }: { reason: string; message: string }, nominated?: string): void {
    const current = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    const isSame = current?.status === 'False' && current.reason === reason && current.message === message;
    if (isSame && (nominated === undefined || nominated === pod.status?.nominatedNodeName)) return;
    const condition: V1PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
      lastProbeTime: null as never,
      lastTransitionTime:
        current?.status === 'False' && current.lastTransitionTime ? current.lastTransitionTime : rfc3339(this.#kernel.now),
      ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    };
    const status = {
      ...conditionsPatch(pod.status?.conditions, [condition as never]),
      ...(nominated ? { nominatedNodeName: nominated } : {}),
    };
    this.#attempt(() => this.#client.patch(Pod, pod.metadata, { metadata: { uid: pod.metadata.uid }, status }, { subresource: 'status' }));
  }

  /** Victims are asked to go after the Pod that takes their place has been told. */
  #preemptLater(pod: V1Pod, node: NodeInfo, victims: readonly V1Pod[]): void {
    this.#kernel.schedule({
      delayMs: 0,
      actor: component,
      what: `preempt for ${keyOf(pod)} on ${node.name}`,
      background: false,
      run: () => {
        if (!this.#isStopped) for (const victim of victims) this.#preempt(victim, pod, node);
      },
    });
  }

  #preempt(victim: V1Pod, pod: V1Pod, node: NodeInfo): void {
    if (victim.metadata.deletionTimestamp) return;
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: `${schedulerName}: preempting to accommodate a higher priority pod`,
      lastProbeTime: null,
      lastTransitionTime: rfc3339(this.#kernel.now),
      ...(victim.metadata.generation === undefined ? {} : { observedGeneration: victim.metadata.generation }),
    };
    this.#attempt(() => {
      this.#client.patch(
        Pod,
        victim.metadata,
        { metadata: { uid: victim.metadata.uid }, status: conditionsPatch(victim.status?.conditions, [condition]) },
        { subresource: 'status' },
      );
      this.#client.delete(Pod, victim.metadata);
      this.#record.record(
        { resource: Pod, object: victim },
        {
          type: 'Normal',
          reason: 'Preempted',
          action: 'Preempting',
          message: `Preempted by pod ${pod.metadata.uid} on node ${node.name}`,
        },
      );
    });
  }

  #attempt(call: () => void): void {
    try {
      call();
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof ConnectionError)) throw error;
      this.#log(`"Error updating pod" err=${JSON.stringify(error.message)}`);
    }
  }
}

function isOver({ status }: V1Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Nominations of Pods that matter as much or more are respected. */
function mayClaim(nominated: V1Pod, pod: V1Pod): boolean {
  return nominated.metadata.uid !== pod.metadata.uid && (nominated.spec.priority ?? 0) >= (pod.spec.priority ?? 0);
}

/** percentageOfNodesToScore of 0: half of 100 nodes, falling to 5 % of 5,000 (`numFeasibleNodesToFind`). */
function feasibleNodesWanted(nodeCount: number): number {
  if (nodeCount < minFeasibleNodes) return nodeCount;
  const percentage = Math.max(5, 50 - Math.floor(nodeCount / 125));
  return Math.max(minFeasibleNodes, Math.floor((nodeCount * percentage) / 100));
}
