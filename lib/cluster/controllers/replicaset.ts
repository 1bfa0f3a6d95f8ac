import type { V1Pod, V1ReplicaSet, V1ReplicaSetCondition, V1ReplicaSetStatus } from '@/generated/kubernetes/types';
import { compareBytes, deepCopy, deepEqual } from '@/lib/base';
import { keyOf, labelSelectorAsSelector, StatusError } from '../api';
import { done, requeueAfter, type Outcome } from '../client';
import { parseInstant, rfc3339, type Instant } from '../kernel';
import { Pod, ReplicaSet } from '../resources';
import { claimObjects } from './claim';
import { findCondition, withCondition, withoutCondition } from './conditions';
import { controllerOf, defineController, type ReconcileContext } from './controller';
import { createPod, deletePod, isNamespaceTerminating, slowStart } from './pod-control';
import { availableAt, isActive, isAvailable, isReady, isTerminating, readyCondition } from './pod-state';

type Context = ReconcileContext<V1ReplicaSet>;

/**
 * At most this many Pods are created or deleted in one reconcile; the next one goes on when it has seen them. Upstream's 500 are requests that its
 * client spreads over many seconds, among which everybody else has their turn.
 */
const burstReplicas = 64;

/** Keeps as many Pods of a template alive as its ReplicaSet asks for (`pkg/controller/replicaset`). */
export const replicaSetController = defineController<V1ReplicaSet>({
  name: 'replicaset-controller',
  for: ReplicaSet,
  owns: [Pod],
  adopts: (replicaSet) => replicaSet.spec?.selector,
  reconcile,
});

function reconcile(context: Context): Outcome {
  const { key, object: replicaSet, expectations } = context;
  if (!replicaSet) {
    expectations.forget(key);
    return done;
  }
  const needsSync = expectations.areSatisfied(key);
  const pods = context.cache(Pod);
  const selector = labelSelectorAsSelector(replicaSet.spec?.selector);
  const claim = { client: context.client, resource: Pod, owner: { resource: ReplicaSet, object: replicaSet }, selector };
  const own = pods.controlledBy(replicaSet.metadata.uid);
  const active = claimObjects(claim, [...own, ...pods.orphans(replicaSet.metadata.namespace)].filter(isActive));
  const terminating = own.filter(isTerminating).length;
  const failure = needsSync && !replicaSet.metadata.deletionTimestamp ? manageReplicas(context, replicaSet, active) : undefined;
  const status = calculateStatus(replicaSet, active, terminating, failure, context.now);
  updateStatus(context, replicaSet, status);
  if (failure) throw failure.error;
  return nextAvailability(replicaSet, active, context.now);
}

interface ManageFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly error: Error;
}

function manageReplicas(context: Context, replicaSet: V1ReplicaSet, active: readonly V1Pod[]): ManageFailure | undefined {
  const difference = active.length - (replicaSet.spec?.replicas ?? 0);
  if (difference < 0) return createPods(context, replicaSet, Math.min(-difference, burstReplicas));
  if (difference > 0) return deletePods(context, replicaSet, active, Math.min(difference, burstReplicas));
  return undefined;
}

function createPods(context: Context, replicaSet: V1ReplicaSet, count: number): ManageFailure | undefined {
  const { expectations, key } = context;
  const template = replicaSet.spec?.template;
  if (!template) return undefined;
  expectations.expect(key, { creations: count });
  const { successes, error } = slowStart(count, () => {
    try {
      createPod(context, ReplicaSet, replicaSet, template);
    } catch (thrown) {
      if (!isNamespaceTerminating(thrown)) throw thrown;
      expectations.creationObserved(key);
    }
  });
  for (let skipped = successes; skipped < count; skipped++) expectations.creationObserved(key);
  return error ? { reason: 'FailedCreate', error: error as Error } : undefined;
}

function deletePods(context: Context, replicaSet: V1ReplicaSet, active: readonly V1Pod[], count: number): ManageFailure | undefined {
  const { expectations, key } = context;
  const doomed = podsToDelete(active, relatedPods(context, replicaSet), count, context.now);
  expectations.expect(key, { deletions: doomed.map(keyOf) });
  let failure: Error | undefined;
  for (const pod of doomed) {
    try {
      deletePod(context, replicaSet, pod);
    } catch (error) {
      expectations.deletionObserved(key, keyOf(pod));
      failure ??= error as Error;
    }
  }
  return failure ? { reason: 'FailedDelete', error: failure } : undefined;
}

/** Active Pods of all ReplicaSets that the same owner controls: where many of them share a node, one of those goes first. */
function relatedPods({ cache }: Context, replicaSet: V1ReplicaSet): V1Pod[] {
  const owner = controllerOf(replicaSet);
  const siblings = owner ? cache(ReplicaSet).controlledBy(owner.uid) : [replicaSet];
  return siblings.flatMap((sibling) => cache(Pod).controlledBy(sibling.metadata.uid)).filter(isActive);
}

/** The `count` Pods that go first (`controller.ActivePodsWithRanks`). */
export function podsToDelete(active: readonly V1Pod[], related: readonly V1Pod[], count: number, now: Instant): V1Pod[] {
  if (count >= active.length) return [...active];
  const onNode = new Map<string, number>();
  for (const { spec } of related) if (spec?.nodeName) onNode.set(spec.nodeName, (onNode.get(spec.nodeName) ?? 0) + 1);
  const rank = (pod: V1Pod) => onNode.get(pod.spec?.nodeName ?? '') ?? 0;
  return [...active].sort((a, b) => compareForDeletion(a, b, rank, now)).slice(0, count);
}

const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

function compareForDeletion(a: V1Pod, b: V1Pod, rank: (pod: V1Pod) => number, now: Instant): number {
  return (
    Number(Boolean(a.spec?.nodeName)) - Number(Boolean(b.spec?.nodeName)) ||
    (phaseOrder[a.status?.phase ?? ''] ?? 0) - (phaseOrder[b.status?.phase ?? ''] ?? 0) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    rank(b) - rank(a) ||
    (isReady(a) && isReady(b) ? compareAges(readySince(a), readySince(b), a, b, now) : 0) ||
    restarts(b) - restarts(a) ||
    compareAges(parseInstant(a.metadata.creationTimestamp), parseInstant(b.metadata.creationTimestamp), a, b, now)
  );
}

function deletionCost(pod: V1Pod): number {
  const text = pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? '';
  return /^(0|-?[1-9]\d*|\+[1-9]\d*)$/.test(text) ? Number(text) : 0;
}

function readySince(pod: V1Pod): number {
  return parseInstant(readyCondition(pod)?.lastTransitionTime ?? '');
}

function restarts(pod: V1Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((container) => container.restartCount ?? 0));
}

/** Younger goes first, by powers of two of age, so that a fixed Pod is not always the victim; within one power the uid decides. */
function compareAges(a: number, b: number, left: V1Pod, right: V1Pod, now: Instant): number {
  if (a === b) return 0;
  const difference = ageBucket(now - a) - ageBucket(now - b);
  return difference || compareBytes(left.metadata.uid, right.metadata.uid);
}

/** The whole part of the binary logarithm of an age in nanoseconds. */
function ageBucket(ageMs: number): number {
  if (ageMs <= 0) return -1;
  let bucket = -1;
  for (let rest = ageMs * 1_000_000; rest >= 1; rest /= 2) bucket++;
  return bucket;
}

function calculateStatus(
  replicaSet: V1ReplicaSet,
  pods: readonly V1Pod[],
  terminating: number,
  failure: ManageFailure | undefined,
  now: Instant,
): V1ReplicaSetStatus {
  const counts = countPods(replicaSet, pods, now);
  const conditions = failureConditions(replicaSet.status?.conditions, failure, now);
  return {
    replicas: pods.length,
    ...nonZero('fullyLabeledReplicas', counts.fullyLabeled),
    ...nonZero('readyReplicas', counts.ready),
    ...nonZero('availableReplicas', counts.available),
    terminatingReplicas: terminating,
    observedGeneration: replicaSet.metadata.generation ?? 0,
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}

/** In one pass: of thousands of Pods, each is slow to reach. */
function countPods(replicaSet: V1ReplicaSet, pods: readonly V1Pod[], now: Instant) {
  const minReadySeconds = replicaSet.spec?.minReadySeconds ?? 0;
  const templateLabels = Object.entries(replicaSet.spec?.template?.metadata?.labels ?? {});
  const counts = { fullyLabeled: 0, ready: 0, available: 0 };
  for (const pod of pods) {
    const { labels } = pod.metadata;
    if (templateLabels.every(([name, value]) => labels?.[name] === value)) counts.fullyLabeled++;
    if (!isReady(pod)) continue;
    counts.ready++;
    if (isAvailable(pod, minReadySeconds, now)) counts.available++;
  }
  return counts;
}

function failureConditions(
  conditions: readonly V1ReplicaSetCondition[] | undefined,
  failure: ManageFailure | undefined,
  now: Instant,
): V1ReplicaSetCondition[] {
  if (!failure) return withoutCondition(conditions, 'ReplicaFailure');
  if (findCondition(conditions, 'ReplicaFailure')) return [...(conditions ?? [])];
  return withCondition(conditions, {
    type: 'ReplicaFailure',
    status: 'True',
    reason: failure.reason,
    message: failure.error.message,
    lastTransitionTime: rfc3339(now),
  });
}

/** Counts of zero are left out of a status, as `omitempty` does. */
export function nonZero<Name extends string>(name: Name, count: number): { [Key in Name]?: number } {
  return (count === 0 ? {} : { [name]: count }) as { [Key in Name]?: number };
}

/** Writes the status if it changed; a conflict is tried once more on the object as it is now. */
function updateStatus({ client }: Context, replicaSet: V1ReplicaSet, status: V1ReplicaSetStatus): void {
  if (deepEqual(replicaSet.status, status)) return;
  try {
    client.updateStatus(ReplicaSet, { ...deepCopy(replicaSet), status });
  } catch (error) {
    if (!StatusError.is(error, 'Conflict')) throw error;
    const fresh = client.get(ReplicaSet, replicaSet.metadata);
    client.updateStatus(ReplicaSet, { ...deepCopy(fresh), status });
  }
}

/** With minReadySeconds time itself makes Pods available: look again when the next one will be. */
function nextAvailability(replicaSet: V1ReplicaSet, pods: readonly V1Pod[], now: Instant): Outcome {
  const minReadySeconds = replicaSet.spec?.minReadySeconds ?? 0;
  if (minReadySeconds === 0) return done;
  const waits = pods.map((pod) => (availableAt(pod, minReadySeconds) ?? 0) - now).filter((wait) => wait > 0);
  return waits.length > 0 ? requeueAfter(Math.min(...waits)) : done;
}
