import { byteLength, deepEqual } from '@/lib/base';
import {
  type FieldError,
  type FieldPath,
  fieldError,
  labelValueErrors,
  type ObjectMeta,
  type OwnerReference,
  qualifiedNameErrors,
  type ResourceDefinition,
} from '../../api';
import { dnsLabel, dnsSubdomain, invalidEach, isImmutable, validateNonNegative } from './names';

export { byteLength } from '@/lib/base';

/** Label keys and values; the path is the map's, as upstream has it (`ValidateLabels`). */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    const value = labels[key] as string;
    if (qualifiedNameErrors(key).length > 0) errors.push(...validateLabelName(key, path));
    for (const sentence of labelValueErrors(value)) errors.push(fieldError.invalid(path, value, sentence));
  }
  return errors;
}

/** Unlike other qualified names, a label key with more than one slash is called just that. */
export function validateLabelName(key: string, path: FieldPath): FieldError[] {
  return invalidEach(
    path,
    key,
    qualifiedNameErrors(key).map((sentence) => sentence.replace(/^a qualified name/, 'a valid label key')),
  );
}

const annotationsBytesMax = 256 * 1024;

export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, path: FieldPath): FieldError[] {
  if (annotations === undefined) return [];
  const entries = Object.entries(annotations);
  const errors = entries.flatMap(([key]) => invalidEach(path, key, qualifiedNameErrors(key.toLowerCase())));
  const bytes = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  return bytes > annotationsBytesMax ? [...errors, fieldError.tooLong(path, annotationsBytesMax)] : errors;
}

/** The part of a kind's definition that metadata is checked by. */
type NameRules = Pick<ResourceDefinition, 'scope' | 'validateName' | 'takesAnyFinalizer'>;

/** `ValidateObjectMeta` of `apimachinery/pkg/api/validation/objectmeta.go`. */
export function validateObjectMeta(meta: ObjectMeta, rules: NameRules, path: FieldPath): FieldError[] {
  const validateName = rules.validateName ?? dnsSubdomain;
  return [
    ...(meta.generateName
      ? invalidEach(path.child('generateName'), meta.generateName, validateName(maskTrailingDash(meta.generateName)))
      : []),
    ...(meta.name
      ? invalidEach(path.child('name'), meta.name, validateName(meta.name))
      : [fieldError.required(path.child('name'), 'name or generateName is required')]),
    ...validateNamespace(meta, rules.scope === 'Namespaced', path.child('namespace')),
    ...validateNonNegative(meta.generation, path.child('generation')),
    ...validateLabels(meta.labels, path.child('labels')),
    ...validateAnnotations(meta.annotations, path.child('annotations')),
    ...validateOwnerReferences(meta.ownerReferences ?? [], path.child('ownerReferences')),
    ...validateFinalizers(meta.finalizers ?? [], path.child('finalizers'), rules.takesAnyFinalizer),
  ];
}

/** A generated name may end in a dash, since something follows it. */
function maskTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -1)}a` : prefix;
}

function validateNamespace({ namespace }: ObjectMeta, isNamespaced: boolean, path: FieldPath): FieldError[] {
  if (!isNamespaced) return namespace ? [fieldError.forbidden(path, 'not allowed on this type')] : [];
  return namespace ? invalidEach(path, namespace, dnsLabel(namespace)) : [fieldError.required(path)];
}

function validateOwnerReferences(references: readonly OwnerReference[], path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const reference of references) {
    errors.push(...validateOwnerReference(reference, path));
    if (!reference.controller) continue;
    const name = `${reference.kind}/${reference.name}`;
    if (controller)
      errors.push(
        fieldError.invalid(
          path,
          references,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`,
        ),
      );
    else controller = name;
  }
  return errors;
}

function validateOwnerReference(reference: OwnerReference, path: FieldPath): FieldError[] {
  const { apiVersion, kind, name, uid } = reference;
  const version = apiVersion?.includes('/') ? apiVersion.slice(apiVersion.indexOf('/') + 1) : apiVersion;
  const group = apiVersion?.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return [
    ...(version ? [] : [fieldError.invalid(path.child('apiVersion'), apiVersion ?? '', 'version must not be empty')]),
    ...(kind ? [] : [fieldError.invalid(path.child('kind'), kind ?? '', 'must not be empty')]),
    ...(name ? [] : [fieldError.invalid(path.child('name'), name ?? '', 'must not be empty')]),
    ...(uid ? [] : [fieldError.invalid(path.child('uid'), uid ?? '', 'must not be empty')]),
    ...(group === '' && version === 'v1' && kind === 'Event'
      ? [fieldError.invalid(path, reference, `${group}/${version}, Kind=${kind} is disallowed from being an owner`)]
      : []),
  ];
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function validateFinalizers(finalizers: readonly string[], path: FieldPath, takesAny = false): FieldError[] {
  const errors = finalizers.flatMap((finalizer, index) => [
    ...invalidEach(path, finalizer, qualifiedNameErrors(finalizer)),
    ...(takesAny ? [] : validateStandardFinalizer(finalizer, path.index(index))),
  ]);
  const isTorn = finalizers.includes('orphan') && finalizers.includes('foregroundDeletion');
  return isTorn ? [...errors, fieldError.invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set')] : errors;
}

export function validateStandardFinalizer(finalizer: string, path: FieldPath): FieldError[] {
  const isKnown = finalizer.includes('/') || standardFinalizers.has(finalizer);
  return isKnown ? [] : [fieldError.invalid(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
}

/** What may not change once set (`ValidateObjectMetaUpdate`). */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, path: FieldPath, takesAnyFinalizer = false): FieldError[] {
  return [
    ...validateAddedFinalizers(meta, old, path.child('finalizers'), takesAnyFinalizer),
    ...((meta.generation ?? 0) < (old.generation ?? 0)
      ? [fieldError.invalid(path.child('generation'), meta.generation ?? 0, 'must not be decremented')]
      : []),
    ...(['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const).flatMap((field) =>
      validateImmutable(meta[field], old[field], path.child(field)),
    ),
    ...validateLabels(meta.labels, path.child('labels')),
    ...validateAnnotations(meta.annotations, path.child('annotations')),
    ...validateOwnerReferences(meta.ownerReferences ?? [], path.child('ownerReferences')),
  ];
}

/** Nothing may be added to what is being deleted but garbage collection's own. */
function validateAddedFinalizers(meta: ObjectMeta, old: ObjectMeta, path: FieldPath, takesAny: boolean): FieldError[] {
  const added = (meta.finalizers ?? []).filter((finalizer) => !old.finalizers?.includes(finalizer));
  const errors = validateFinalizers(meta.finalizers ?? [], path, takesAny);
  if (!old.deletionTimestamp || added.length === 0) return errors;
  return [
    ...errors,
    fieldError.forbidden(
      path,
      `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((one) => JSON.stringify(one)).join(', ')}}`,
    ),
  ];
}

export function validateImmutable(value: unknown, old: unknown, path: FieldPath): FieldError[] {
  return deepEqual(value, old) ? [] : [fieldError.invalid(path, value, isImmutable)];
}
