import type { V1ControllerRevision, V1DaemonSet, V1Pod, V1PodTemplateSpec } from '@/generated/kubernetes/types';
import { deepCopy, deepEqual } from '@/lib/base';
import { labelSelectorAsSelector, StatusError, type Draft } from '../../api';
import { ControllerRevision, DaemonSet } from '../../resources';
import { claimObjects } from '../claim';
import type { ReconcileContext } from '../controller';
import { controllerReference } from '../pod-state';
import { templateHash } from '../template-hash';
import { deleteIfThere } from '../write';
import { hashLabel } from './pods';

type Context = ReconcileContext<V1DaemonSet>;

/** Keeps a ControllerRevision for each template there was, and returns the hash of the current one (`constructHistory`). */
export function syncHistory(context: Context, daemonSet: V1DaemonSet, pods: readonly V1Pod[]): string {
  const { client, cache } = context;
  const selector = labelSelectorAsSelector(daemonSet.spec.selector);
  const candidates = [
    ...cache(ControllerRevision).controlledBy(daemonSet.metadata.uid),
    ...cache(ControllerRevision).orphans(daemonSet.metadata.namespace),
  ];
  const revisions = claimObjects(
    { client, resource: ControllerRevision, owner: { resource: DaemonSet, object: daemonSet }, selector },
    candidates,
  );
  const template = templateOf(daemonSet);
  const current = revisions.filter(({ data }) => deepEqual(data, template)).sort((a, b) => b.revision - a.revision)[0];
  const newest = Math.max(0, ...revisions.map(({ revision }) => revision));
  if (!current) return hashOf(create(context, daemonSet, template, newest + 1));
  if (current.revision < newest) client.update(ControllerRevision, { ...deepCopy(current), revision: newest + 1 });
  cleanUp(
    context,
    daemonSet,
    revisions.filter((one) => one !== current),
    pods,
  );
  return hashOf(current);
}

function hashOf({ metadata }: V1ControllerRevision): string {
  return metadata.labels?.[hashLabel] ?? '';
}

/** What a rollback would patch the DaemonSet with. */
function templateOf({ spec }: V1DaemonSet): Record<string, unknown> {
  return { spec: { template: { ...(deepCopy(spec.template) as V1PodTemplateSpec), $patch: 'replace' } } };
}

function create({ client }: Context, daemonSet: V1DaemonSet, data: object, revision: number): V1ControllerRevision {
  const { name, namespace, annotations } = daemonSet.metadata;
  const hash = templateHash(daemonSet.spec.template, daemonSet.status?.collisionCount);
  const draft = {
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...daemonSet.spec.template.metadata?.labels, [hashLabel]: hash },
      ...(annotations ? { annotations: withoutLastApplied(annotations) } : {}),
      ownerReferences: [controllerReference(DaemonSet, daemonSet)],
    },
    data,
    revision,
  } as unknown as Draft<V1ControllerRevision>;
  try {
    return client.create(ControllerRevision, draft);
  } catch (error) {
    if (!StatusError.is(error, 'AlreadyExists')) throw error;
    const existing = client.get(ControllerRevision, { name: `${name}-${hash}`, namespace });
    if (deepEqual(existing.data, data)) return existing;
    client.updateStatus(DaemonSet, {
      ...deepCopy(daemonSet),
      status: { ...daemonSet.status, collisionCount: (daemonSet.status?.collisionCount ?? 0) + 1 },
    });
    throw error;
  }
}

function withoutLastApplied(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...rest } = annotations;
  return rest;
}

/** Old revisions beyond the limit that no Pod is of. */
function cleanUp({ client }: Context, { spec }: V1DaemonSet, old: readonly V1ControllerRevision[], pods: readonly V1Pod[]): void {
  const live = new Set(pods.map(({ metadata }) => metadata.labels?.[hashLabel]));
  const excess = old.length - (spec.revisionHistoryLimit ?? 10);
  const unused = old.filter((one) => !live.has(hashOf(one))).sort((a, b) => a.revision - b.revision);
  for (const one of unused.slice(0, Math.max(0, excess))) deleteIfThere(client, ControllerRevision, one);
}
