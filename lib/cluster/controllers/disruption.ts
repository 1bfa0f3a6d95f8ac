import type { V1Pod, V1PodDisruptionBudget } from '@/generated/kubernetes/types';
import { deepCopy, deepEqual } from '@/lib/base';
import { keyOf, labelSelectorAsSelector } from '../api';
import { done, requeueAfter, type Outcome } from '../client';
import { parseInstant, rfc3339, type Instant } from '../kernel';
import { Pod, PodDisruptionBudget } from '../resources';
import { withCondition } from './conditions';
import { controllerOf, defineController, type ReconcileContext } from './controller';
import { isReady } from './pod-state';
import { findScale, UnscaledError } from './scale-of-owner';

type Context = ReconcileContext<V1PodDisruptionBudget>;
type Condition = NonNullable<V1PodDisruptionBudget['status']['conditions']>[number];

/** How long an eviction that was let through counts before its Pod is found to have stayed. */
const deletionTimeoutMs = 2 * 60_000;

/** Counts how many Pods of each PodDisruptionBudget are healthy, and so how many may be evicted (`pkg/controller/disruption`). */
export const disruptionController = defineController<V1PodDisruptionBudget>({
  name: 'disruption-controller',
  component: 'controllermanager',
  for: PodDisruptionBudget,
  watches: [
    {
      resource: Pod,
      keys: (pod: V1Pod, cache) =>
        cache(PodDisruptionBudget)
          .list(pod.metadata.namespace)
          .filter(({ spec }) => labelSelectorAsSelector(spec?.selector).matches(pod.metadata.labels))
          .map(keyOf),
    },
  ],
  reconcile(context) {
    const { object: budget } = context;
    if (!budget) return done;
    try {
      return count(context, budget);
    } catch (error) {
      if (!(error instanceof UnscaledError)) throw error;
      context.record(
        budget,
        'Warning',
        'CalculateExpectedPodCountFailed',
        `Failed to calculate the number of expected pods: ${error.message}`,
      );
      allowNone(context, budget, error.message);
      throw error;
    }
  },
});

function count(context: Context, budget: V1PodDisruptionBudget): Outcome {
  const { cache, now, record } = context;
  const selector = labelSelectorAsSelector(budget.spec?.selector);
  const pods = cache(Pod)
    .list(budget.metadata.namespace)
    .filter((pod) => selector.matches(pod.metadata.labels));
  if (pods.length === 0) record(budget, 'Normal', 'NoPods', 'No matching pods found');
  const { expected, desired, unmanaged } = expectation(context, budget, pods);
  if (unmanaged) record(budget, 'Warning', 'UnmanagedPods', unmanagedMessage(budget));
  const disrupted = stillDisrupted(context, budget, pods);
  const healthy = pods.filter(
    (pod) => !pod.metadata.deletionTimestamp && !Object.hasOwn(disrupted, pod.metadata.name) && isReady(pod),
  ).length;
  write(context, budget, { expected, desired, healthy, disrupted });
  const next = Object.values(disrupted).map((time) => parseInstant(time) + deletionTimeoutMs - now);
  return next.length > 0 ? requeueAfter(Math.min(...next), { background: true }) : done;
}

function unmanagedMessage({ spec }: V1PodDisruptionBudget): string {
  return `Pods selected by this PodDisruptionBudget (selector: ${goSelector(spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
}

/** `&LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}`. */
function goSelector({ matchLabels = {}, matchExpressions = [] }: NonNullable<V1PodDisruptionBudget['spec']>['selector'] = {}): string {
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key]},`)
    .join('');
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

interface Expectation {
  readonly expected: number;
  readonly desired: number;
  readonly unmanaged: boolean;
}

/** `getExpectedPodCount`: shares are of what the Pods' owners are scaled to. */
function expectation(context: Context, { spec }: V1PodDisruptionBudget, pods: readonly V1Pod[]): Expectation {
  const { minAvailable, maxUnavailable } = spec ?? {};
  if (maxUnavailable !== undefined) {
    const { expected, unmanaged } = scaleOf(context, pods);
    return { expected, desired: Math.max(0, expected - shareOf(maxUnavailable, expected)), unmanaged };
  }
  if (typeof minAvailable === 'number') return { expected: pods.length, desired: minAvailable, unmanaged: false };
  if (minAvailable === undefined) return { expected: 0, desired: 0, unmanaged: false };
  const { expected, unmanaged } = scaleOf(context, pods);
  return { expected, desired: shareOf(minAvailable, expected), unmanaged };
}

function shareOf(share: number | string, whole: number): number {
  return typeof share === 'number' ? share : Math.ceil((parseInt(share, 10) * whole) / 100);
}

/** What the owners of these Pods are scaled to together; a Pod that nothing controls counts for nothing. */
function scaleOf(context: Context, pods: readonly V1Pod[]): { expected: number; unmanaged: boolean } {
  const owners = new Set<string>();
  const replicas = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (!owner || owners.has(owner.uid)) continue;
    owners.add(owner.uid);
    const scale = findScale(context.client, pod, owner);
    if (!scale) throw new UnscaledError(`found no controllers for pod ${JSON.stringify(pod.metadata.name)}`);
    replicas.set(scale.uid, scale.replicas);
  }
  const expected = [...replicas.values()].reduce((sum, each) => sum + each, 0);
  return { expected, unmanaged: pods.some((pod) => !controllerOf(pod)) };
}

/** Evictions that were let through and whose Pods are not on their way yet (`buildDisruptedPodMap`). */
function stillDisrupted({ now, record }: Context, budget: V1PodDisruptionBudget, pods: readonly V1Pod[]): Record<string, string> {
  const disrupted = budget.status?.disruptedPods ?? {};
  const { namespace, name } = budget.metadata;
  const kept: Record<string, string> = {};
  for (const pod of pods) {
    const time = disrupted[pod.metadata.name];
    if (time === undefined || pod.metadata.deletionTimestamp) continue;
    if (parseInstant(time) + deletionTimeoutMs >= now) kept[pod.metadata.name] = time;
    else record(pod, 'Warning', 'NotDeleted', `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`);
  }
  return kept;
}

interface Counts {
  readonly expected: number;
  readonly desired: number;
  readonly healthy: number;
  readonly disrupted: Readonly<Record<string, string>>;
}

function write({ client, now }: Context, budget: V1PodDisruptionBudget, { expected, desired, healthy, disrupted }: Counts): void {
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const observedGeneration = budget.metadata.generation ?? 0;
  const { disruptedPods: _, ...before } = budget.status ?? {};
  const status = {
    ...before,
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    observedGeneration,
    ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
    conditions: observed(budget, observedGeneration, allowed > 0, now),
  };
  if (!deepEqual(status, budget.status)) client.updateStatus(PodDisruptionBudget, { ...deepCopy(budget), status } as V1PodDisruptionBudget);
}

/** `UpdateDisruptionAllowedCondition`. */
function observed(budget: V1PodDisruptionBudget, observedGeneration: number, isAllowed: boolean, now: Instant): Condition[] {
  const condition: Condition = {
    type: 'DisruptionAllowed',
    status: isAllowed ? 'True' : 'False',
    observedGeneration,
    lastTransitionTime: rfc3339(now),
    reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  };
  return withCondition(budget.status?.conditions, condition).map((one) =>
    one.type === condition.type ? { ...condition, lastTransitionTime: one.lastTransitionTime } : one,
  );
}

/** What cannot be counted allows nothing (`failSafe`). */
function allowNone({ client, now }: Context, budget: V1PodDisruptionBudget, message: string): void {
  const observedGeneration = budget.status?.observedGeneration;
  const condition: Condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    lastTransitionTime: rfc3339(now),
    reason: 'SyncFailed',
    message,
  };
  const status = { ...budget.status, disruptionsAllowed: 0, conditions: withCondition(budget.status?.conditions, condition) };
  if (!deepEqual(status, budget.status)) client.updateStatus(PodDisruptionBudget, { ...deepCopy(budget), status } as V1PodDisruptionBudget);
}
