import { parseInstant, rfc3339, type Instant } from '../kernel';
import { FieldPath, fieldError, statusErrors, type KubeObject, type ResourceDefinition } from '../api';

/** `metav1.DeleteOptions`, decoded. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: readonly string[];
}

/** What a deletion left. */
export interface Deletion {
  readonly object: KubeObject;
  readonly wasDeleted: boolean;
}

export type DeletionPlan =
  /** No grace: it goes at once, or when its finalizers are done. */
  | { readonly type: 'now' }
  | { readonly type: 'graceful'; readonly graceSeconds: number; readonly deletionTimestamp: string; readonly isFirst: boolean }
  /** It is going already, and not later than asked. */
  | { readonly type: 'pending' };

/** `rest.BeforeDelete`. */
export function deletionOf(definition: ResourceDefinition, object: KubeObject, options: DeleteOptions, now: Instant): DeletionPlan {
  checkPreconditions(definition, object, options);
  if (!definition.gracePeriodSeconds) return { type: 'now' };
  const requested = options.gracePeriodSeconds !== undefined && options.gracePeriodSeconds < 0 ? 1 : options.gracePeriodSeconds;
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
  if (deletionTimestamp !== undefined) return shorterGrace(deletionTimestamp, deletionGracePeriodSeconds, requested);
  const graceSeconds = definition.gracePeriodSeconds(object, requested);
  return { type: 'graceful', graceSeconds, deletionTimestamp: rfc3339((now + graceSeconds * 1000) as Instant), isFirst: true };
}

function shorterGrace(deletionTimestamp: string, pendingSeconds: number | undefined, requested: number | undefined): DeletionPlan {
  if (pendingSeconds === undefined) return { type: 'now' };
  if (requested === undefined || requested >= pendingSeconds) return { type: 'pending' };
  const at = parseInstant(deletionTimestamp) - (pendingSeconds - requested) * 1000;
  return { type: 'graceful', graceSeconds: requested, deletionTimestamp: rfc3339(at as Instant), isFirst: false };
}

function checkPreconditions({ group, kind }: ResourceDefinition, { metadata }: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const conflict = (why: string) => statusErrors.conflict({ group, resource: kind }, metadata.name, why);
  if (uid !== undefined && uid !== metadata.uid)
    throw conflict(
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflict(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
}

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** The finalizers the object has with the garbage collector's set as the deletion asks (`deletionFinalizersForGarbageCollection`). */
export function finalizersForGarbageCollection(
  definition: ResourceDefinition,
  object: KubeObject,
  options: DeleteOptions,
): readonly string[] {
  const existing = object.metadata.finalizers ?? [];
  const wanted = [
    ...existing.filter((one) => one !== orphan && one !== foreground),
    ...(orphansDependents(definition, existing, options) ? [orphan] : []),
    ...(deletesInForeground(existing, options) ? [foreground] : []),
  ];
  return wanted.length === existing.length && wanted.every((one) => existing.includes(one)) ? existing : wanted;
}

function orphansDependents(
  { defaultDeletion }: ResourceDefinition,
  finalizers: readonly string[],
  { orphanDependents, propagationPolicy }: DeleteOptions,
): boolean {
  if (orphanDependents !== undefined) return orphanDependents;
  if (propagationPolicy !== undefined) return propagationPolicy === 'Orphan';
  if (finalizers.includes(orphan)) return true;
  return !finalizers.includes(foreground) && defaultDeletion === 'orphan';
}

function deletesInForeground(finalizers: readonly string[], { orphanDependents, propagationPolicy }: DeleteOptions): boolean {
  if (orphanDependents !== undefined) return false;
  if (propagationPolicy !== undefined) return propagationPolicy === 'Foreground';
  return finalizers.includes(foreground);
}

/** `markAsDeleting`: it waits for its finalizers. Changes `metadata` in place. */
export function markAsDeleting(metadata: KubeObject['metadata'], now: number): void {
  if (metadata.generation && metadata.deletionTimestamp === undefined) metadata.generation += 1;
  const asked = metadata.deletionTimestamp;
  if (asked === undefined || parseInstant(asked) > now) metadata.deletionTimestamp = rfc3339(now as Instant);
  metadata.deletionGracePeriodSeconds = 0;
}

/** `ValidateDeleteOptions`. */
export function checkDeleteOptions({ propagationPolicy, orphanDependents, dryRun }: DeleteOptions): void {
  const errors = [
    ...(propagationPolicy !== undefined && orphanDependents !== undefined
      ? [
          fieldError.invalid(
            FieldPath.of('propagationPolicy'),
            propagationPolicy,
            'orphanDependents and deletionPropagation cannot be both set',
          ),
        ]
      : []),
    ...(propagationPolicy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(propagationPolicy)
      ? [fieldError.notSupported(FieldPath.of('propagationPolicy'), propagationPolicy, ['Foreground', 'Background', 'Orphan', 'nil'])]
      : []),
    ...(dryRun?.some((one) => one !== 'All') ? [fieldError.notSupported(FieldPath.of('dryRun'), dryRun, ['All'])] : []),
  ];
  if (errors.length > 0) throw statusErrors.invalid({ group: 'meta.k8s.io', resource: 'DeleteOptions' }, '', errors);
}
