import type { V1Namespace, V1NamespaceCondition } from '@/generated/kubernetes/types';
import { compareBytes, deepCopy, deepEqual } from '@/lib/base';
import { StatusError, type KubeObject, type ResourceDefinition } from '../api';
import { done, objectPath, requeueAfter, type Client, type Outcome } from '../client';
import { parseInstant, rfc3339, type Instant } from '../kernel';
import { builtInResources, CustomResourceDefinition, customKindOf, Namespace } from '../resources';
import { findCondition } from './conditions';
import { defineController, type ReconcileContext } from './controller';

/** Several API servers may not all know of a deletion at once: content is left alone for so long. */
const deletionGraceMs = 5_000;

/** Events of the newer group are the same objects. */
const contents = builtInResources.filter(
  ({ scope, kind, group }) => scope === 'Namespaced' && !(kind === 'Event' && group === 'events.k8s.io'),
);

/** Empties a namespace that is being deleted, then lets it go (`pkg/controller/namespace/deletion`). */
export const namespaceController = defineController<V1Namespace>({
  name: 'namespace-controller',
  for: Namespace,
  reconcile(context) {
    const { object: namespace, now } = context;
    const deletedAt = namespace?.metadata.deletionTimestamp;
    if (!namespace || !deletedAt) return done;
    const waitMs = parseInstant(deletedAt) + deletionGraceMs - now;
    if (waitMs > 0) return requeueAfter(waitMs);
    return empty(context);
  },
});

function empty(context: ReconcileContext<V1Namespace>): Outcome {
  const { client, key } = context;
  const fresh = client.find(Namespace, { name: key });
  if (!fresh?.metadata.deletionTimestamp || !fresh.spec?.finalizers?.includes('kubernetes')) return done;
  const remaining = deleteContents(client, key);
  const updated = updateConditions(client, fresh, remaining, context.now);
  if (remaining.length > 0) return requeueAfter((Math.floor(estimateSeconds(remaining) / 2) + 1) * 1000);
  finalize(client, updated);
  return done;
}

interface Remaining {
  readonly resource: string;
  readonly objects: readonly KubeObject[];
}

/** Deletes everything of every kind, and returns what is still there afterwards. */
function deleteContents(client: Client, namespace: string): Remaining[] {
  const remaining: Remaining[] = [];
  for (const resource of [...contents, ...customContents(client)]) {
    if (client.list(resource, { namespace }).items.length === 0) continue;
    client.deleteCollection(resource, { namespace }, { propagationPolicy: 'Background' });
    const objects = client.list(resource, { namespace }).items as KubeObject[];
    if (objects.length > 0) remaining.push({ resource: dotted(resource), objects });
  }
  return remaining;
}

/** Custom kinds that are served at the moment. */
function customContents(client: Client): ResourceDefinition[] {
  return client
    .list(CustomResourceDefinition)
    .items.flatMap((crd) => customKindOf(crd) ?? [])
    .filter(({ scope }) => scope === 'Namespaced');
}

function dotted({ names, group }: ResourceDefinition): string {
  return `${names.plural}.${group}`;
}

/** The longest any of them may take to go. */
function estimateSeconds(remaining: readonly Remaining[]): number {
  const graces = remaining.flatMap(({ objects }) =>
    objects.map(
      (object) =>
        object.metadata.deletionGracePeriodSeconds ??
        (object['spec'] as { terminationGracePeriodSeconds?: number })?.terminationGracePeriodSeconds ??
        0,
    ),
  );
  return Math.max(0, ...graces) || 15;
}

function updateConditions(client: Client, namespace: V1Namespace, remaining: readonly Remaining[], now: Instant): V1Namespace {
  const draft = deepCopy(namespace);
  let conditions = draft.status?.conditions;
  for (const condition of conditionsFor(remaining))
    conditions = withChanged(conditions, { ...condition, lastTransitionTime: rfc3339(now) });
  if (deepEqual(conditions, namespace.status?.conditions)) return namespace;
  draft.status = { ...draft.status, conditions };
  return client.updateStatus(Namespace, draft);
}

/** The transition time is that of the status; reason and message follow at once. */
function withChanged(conditions: readonly V1NamespaceCondition[] | undefined, condition: V1NamespaceCondition): V1NamespaceCondition[] {
  const current = findCondition(conditions, condition.type);
  if (!current) return [...(conditions ?? []), condition];
  const next = current.status === condition.status ? { ...condition, lastTransitionTime: current.lastTransitionTime } : condition;
  return (conditions ?? []).map((one) => (one === current ? next : one));
}

function conditionsFor(remaining: readonly Remaining[]): Omit<V1NamespaceCondition, 'lastTransitionTime'>[] {
  const counts = remaining.map(({ resource, objects }) => `${resource} has ${objects.length} resource instances`).sort(compareBytes);
  const finalizers = new Map<string, number>();
  for (const { objects } of remaining)
    for (const object of objects)
      for (const name of object.metadata.finalizers ?? []) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
  const finalizing = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`).sort(compareBytes);
  return [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    {
      type: 'NamespaceDeletionContentFailure',
      status: 'False',
      reason: 'ContentDeleted',
      message: 'All content successfully deleted, may be waiting on finalization',
    },
    counts.length > 0
      ? {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${counts.join(', ')}`,
        }
      : { type: 'NamespaceContentRemaining', status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' },
    finalizing.length > 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${finalizing.join(', ')}`,
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
        },
  ];
}

/** Takes the `kubernetes` finalizer away; with the last one the namespace is gone. */
function finalize(client: Client, namespace: V1Namespace): void {
  const draft = deepCopy(namespace);
  draft.spec = { ...draft.spec, finalizers: (draft.spec?.finalizers ?? []).filter((name) => name !== 'kubernetes') };
  try {
    client.request({
      method: 'PUT',
      url: objectPath(Namespace, namespace.metadata, 'finalize'),
      body: { ...draft, apiVersion: 'v1', kind: 'Namespace' },
    });
  } catch (error) {
    if (!StatusError.is(error, 'NotFound')) throw error;
  }
}
