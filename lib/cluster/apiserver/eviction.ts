import { copyObject, failure, labelSelectorAsSelector, statusErrors, type KubeObject, type StatusError } from '../api';
import { PodDisruptionBudget } from '../resources';
import { decodeBody } from './body';
import { definitionIdOfKind, type RequestContext } from './context';
import type { DeleteOptions } from './deletion';
import { tracked } from './fields';
import { notAllowed, writing, type ResourceHandler, type ResourceServices } from './handler';
import { readWriteOptions } from './options';
import { answered } from './responses';
import { statusStrategy } from './store';

const evictionKind = { group: 'policy', version: 'v1', kind: 'Eviction' } as const;
const evicted = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** `pods/eviction`: a deletion that a disruption budget may refuse (`registry/core/pod/storage/eviction.go`). */
export const evictPod: ResourceHandler = (services, request, context) => {
  const { info } = context;
  if (info.verb !== 'create') throw notAllowed();
  const options = readWriteOptions(info.query, 'CreateOptions');
  const eviction = decodeBody(request, evictionKind, options.fieldValidation, context.warnings);
  if (eviction.metadata.name !== info.name) throw statusErrors.badRequest('name in URL does not match name in Eviction object');
  const deletion = (eviction['deleteOptions'] ?? {}) as DeleteOptions;
  const isDryRun = options.isDryRun || deletion.dryRun?.includes('All') === true;
  const admitting = { ...writing(context, request, options), isDryRun };
  services.store.admit(admitting, eviction, evictionKind);
  const evicting = { ...admitting, isAdmitted: true };
  const pod = services.store.get(context);
  if (canDisrupt(pod)) spendBudget(services, evicting, pod);
  if (isLive(pod)) markDisrupted(services, evicting);
  services.store.delete(evicting, info.name, deletion);
  return answered(evicted, 201);
};

/** A Pod that has ended, not begun or is going already is no loss (`canIgnorePDB`). */
function canDisrupt({ metadata, status }: KubeObject): boolean {
  return !metadata.deletionTimestamp && !['Succeeded', 'Failed', 'Pending'].includes(status?.phase);
}

function isLive({ metadata, status }: KubeObject): boolean {
  return !metadata.deletionTimestamp && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

/** Takes one disruption off the Pod's budget, if it has one; throws when that has none left. */
function spendBudget(services: ResourceServices, context: RequestContext, pod: KubeObject): void {
  const [budget, ...others] = budgetsOf(services, pod);
  if (others.length > 0)
    throw failure(500, undefined, 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  if (!budget || isFreeToGo(budget, pod)) return;
  services.store.update(
    ...budgetUpdate(context, budget, (old) => spent(old, pod.metadata.name, context.timestamp)),
    statusStrategy(PodDisruptionBudget),
  );
}

function budgetsOf({ lookup }: ResourceServices, { metadata }: KubeObject): KubeObject[] {
  return lookup
    .list('PodDisruptionBudget')
    .filter(
      (budget) =>
        budget.metadata.namespace === metadata.namespace && labelSelectorAsSelector(budget['spec']?.selector).matches(metadata.labels),
    );
}

/** A Pod that is not ready is no part of what is healthy, so it may go when enough others are, or when its budget says always. */
function isFreeToGo({ spec, status }: KubeObject, pod: KubeObject): boolean {
  const conditions = (pod.status?.conditions ?? []) as { type: string; status: string }[];
  if (conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True')) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

const disruptedPodsMax = 2000;

/** `checkAndDecrement`. */
function spent(budget: KubeObject, podName: string, now: string): KubeObject {
  const { metadata, status } = budget;
  const { disruptionsAllowed = 0, disruptedPods = {}, desiredHealthy = 0, currentHealthy = 0 } = status ?? {};
  const { name } = metadata;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0))
    throw refusal(`The disruption budget ${name} is still being processed by the server.`, 10);
  const forbid = (why: string) => statusErrors.forbidden({ group: 'policy', resource: 'poddisruptionbudget' }, name, why);
  if (disruptionsAllowed < 0) throw forbid('pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > disruptedPodsMax)
    throw forbid('DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  if (disruptionsAllowed === 0) throw refusal(whyNone(budget, desiredHealthy, currentHealthy));
  budget.status = {
    ...status,
    disruptionsAllowed: disruptionsAllowed - 1,
    disruptedPods: { ...disruptedPods, [podName]: now },
    ...(disruptionsAllowed === 1 ? { conditions: exhausted(status?.conditions ?? [], status?.observedGeneration, now) } : {}),
  };
  return budget;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

function whyNone({ metadata: { name }, status }: KubeObject, desired: number, healthy: number): string {
  const failed = ((status?.conditions ?? []) as Condition[]).find(
    ({ type, status: value, reason }) => type === 'DisruptionAllowed' && value === 'False' && reason === 'SyncFailed',
  );
  if (failed) return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${failed.message}`;
  if (healthy > desired) return `The disruption budget ${name} does not allow evicting pods currently`;
  return `The disruption budget ${name} needs ${desired} healthy pods and has ${healthy} currently`;
}

function exhausted(conditions: readonly Condition[], observedGeneration: number | undefined, now: string): object[] {
  const none = {
    type: 'DisruptionAllowed',
    status: 'False',
    observedGeneration,
    lastTransitionTime: now,
    reason: 'InsufficientPods',
    message: '',
  };
  return [...conditions.filter(({ type }) => type !== none.type), none];
}

function refusal(why: string, retryAfterSeconds?: number): StatusError {
  return failure(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    ...(retryAfterSeconds ? { retryAfterSeconds } : {}),
    causes: [{ reason: 'DisruptionBudget', message: why }],
  });
}

/** The API server itself writes the budget, through its own client. */
function budgetUpdate(
  context: RequestContext,
  { metadata }: KubeObject,
  change: (budget: KubeObject) => KubeObject,
): [RequestContext, (old: KubeObject | undefined) => KubeObject] {
  const info = {
    ...context.info,
    verb: 'update' as const,
    group: 'policy',
    version: 'v1',
    resource: 'poddisruptionbudgets',
    subresource: 'status',
    name: metadata.name,
  };
  const own: RequestContext = {
    ...context,
    definition: PodDisruptionBudget,
    info,
    user: { name: 'system:apiserver', groups: ['system:masters'] },
    fieldManager: 'kube-apiserver',
  };
  return [own, tracked(own, (old) => change(copyObject(definitionIdOfKind(PodDisruptionBudget), old as KubeObject)))];
}

function markDisrupted({ store }: ResourceServices, context: RequestContext): void {
  const { definition, timestamp } = context;
  store.update(
    context,
    (old) => {
      const pod = copyObject(definitionIdOfKind(definition), old as KubeObject);
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: timestamp,
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
      };
      const others = ((pod.status?.conditions ?? []) as Condition[]).filter(({ type }) => type !== condition.type);
      pod.status = { ...pod.status, conditions: [...others, condition] };
      return pod;
    },
    statusStrategy(definition),
  );
}
