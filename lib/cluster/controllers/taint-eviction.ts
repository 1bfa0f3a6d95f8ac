import type { V1Node, V1Pod, V1Taint } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { keyOf, splitKey, StatusError } from '../api';
import { conditionsPatch, whenAllSynced, WorkQueue, type Informer } from '../client';
import { parseInstant, rfc3339, type Instant } from '../kernel';
import { Node, Pod } from '../resources';
import { subjectOf, type Controller, type ControllerEnvironment } from './controller';
import { isTerminal } from './pod-state';
import { taintsOf, tolerates } from './taints';

/** Deletes Pods that do not, or no longer, tolerate a NoExecute taint of their node (`pkg/controller/tainteviction`). */
export const taintEvictionController: Controller = {
  name: 'taint-eviction-controller',
  start: (environment) => new TaintEviction(environment),
};

class TaintEviction {
  readonly #environment: ControllerEnvironment;
  readonly #nodes: Informer<V1Node>;
  readonly #pods: Informer<V1Pod>;
  readonly #queue: WorkQueue;
  /** Since when each Pod's time is running, so that another taint does not start it anew. */
  readonly #since = new Map<string, Instant>();

  constructor(environment: ControllerEnvironment) {
    const { kernel, client, informers, log } = environment;
    this.#environment = environment;
    this.#nodes = informers.for(Node);
    this.#pods = informers.for(Pod);
    this.#pods.addIndex('node', (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
    this.#queue = new WorkQueue({
      kernel,
      actor: client.actor,
      reconcile: (key) => this.#reconcile(key),
      startsClosed: true,
      onError: (error, key) => log(`"Failed to evict pod" pod=${JSON.stringify(key)} err=${JSON.stringify((error as Error).message)}`),
    });
    this.#nodes.addHandler({
      added: (node) => this.#nodeChanged(undefined, node),
      updated: (old, node) => this.#nodeChanged(old, node),
    });
    this.#pods.addHandler({
      added: (pod) => this.#podChanged(undefined, pod),
      updated: (old, pod) => this.#podChanged(old, pod),
      deleted: (pod) => void this.#since.delete(pod.metadata.uid),
    });
    whenAllSynced([this.#nodes, this.#pods], () => this.#queue.open());
  }

  stop(): void {
    this.#queue.stop();
  }

  #nodeChanged(old: V1Node | undefined, node: V1Node): void {
    const before = old ? taintsOf(old, 'NoExecute') : [];
    if (deepEqual(before, taintsOf(node, 'NoExecute'))) return;
    for (const pod of this.#pods.byIndex('node', node.metadata.name)) this.#queue.add(keyOf(pod), { background: false });
  }

  #podChanged(old: V1Pod | undefined, pod: V1Pod): void {
    const node = this.#nodes.get(pod.spec.nodeName ?? '');
    if (!node || taintsOf(node, 'NoExecute').length === 0) return;
    if (!old || old.spec.nodeName !== pod.spec.nodeName || !deepEqual(old.spec.tolerations, pod.spec.tolerations))
      this.#queue.add(keyOf(pod), { background: false });
  }

  #reconcile(key: string): void {
    const pod = this.#pods.get(key);
    if (!pod || isTerminal(pod)) return;
    const taints = taintsOf(this.#nodes.get(pod.spec.nodeName ?? '') ?? ({} as V1Node), 'NoExecute');
    if (taints.length === 0) return this.#cancel(pod);
    const graceMs = toleratedMs(pod, taints);
    if (graceMs === Infinity) return this.#cancel(pod);
    const { now } = this.#environment.kernel;
    const since = this.#since.get(pod.metadata.uid) ?? startOf(taints, now);
    this.#since.set(pod.metadata.uid, since);
    const waitMs = since + graceMs - now;
    if (waitMs > 0) return this.#queue.addAfter(key, waitMs, { background: false });
    this.#evict(pod);
  }

  #cancel(pod: V1Pod): void {
    if (!this.#since.delete(pod.metadata.uid)) return;
    this.#environment.record.event(subjectOf(Pod, pod), 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${keyOf(pod)}`);
  }

  #evict(pod: V1Pod): void {
    const { client, record, kernel } = this.#environment;
    const key = keyOf(pod);
    this.#since.delete(pod.metadata.uid);
    record.event(subjectOf(Pod, pod), 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastProbeTime: null,
      lastTransitionTime: rfc3339(kernel.now),
      ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    };
    try {
      client.patch(
        Pod,
        splitKey(key),
        { metadata: { uid: pod.metadata.uid }, status: conditionsPatch(pod.status?.conditions, [condition]) },
        { subresource: 'status' },
      );
      client.delete(Pod, splitKey(key));
    } catch (error) {
      if (!StatusError.is(error, 'NotFound')) throw error;
    }
  }
}

/** The time runs from when the last of the taints came, which a restarted controller can read off the node. */
function startOf(taints: readonly V1Taint[], now: Instant): Instant {
  const added = taints.map(({ timeAdded }) => (timeAdded ? parseInstant(timeAdded) : now));
  return Math.max(...added) as Instant;
}

/** The shortest time any taint is tolerated: 0 when one is not at all, Infinity when all are for ever. */
function toleratedMs({ spec }: V1Pod, taints: readonly V1Taint[]): number {
  const used = taints.map((taint) => (spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint)));
  if (used.some((tolerations) => tolerations.length === 0)) return 0;
  const seconds = used.flat().map(({ tolerationSeconds }) => tolerationSeconds ?? Infinity);
  return Math.max(0, Math.min(...seconds) * 1000);
}
