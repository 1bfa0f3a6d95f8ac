import type { V1PersistentVolumeClaim, V1PersistentVolumeClaimSpec, V1TypedObjectReference } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { type FieldError, FieldPath, fieldError, Quantity } from '../../api';
import { validateAccessModes, volumeModes } from './access-modes';
import { validateQuantity } from './compute-resources';
import { goValueDiff } from './go-diff';
import { validateLabelSelector } from './label-selector';
import { dnsSubdomain, invalidEach, isNegative, isNotPositive } from './names';
import { validateImmutable } from './object-meta';
import { validateClassName } from './storage-class-name';

const specPath = FieldPath.of('spec');
const statusPath = FieldPath.of('status');

/** `ValidatePersistentVolumeClaim`. */
export function validateClaim({ spec }: V1PersistentVolumeClaim): FieldError[] {
  return validateClaimSpec(spec ?? {}, specPath);
}

/** `ValidatePersistentVolumeClaimSpec`. */
export function validateClaimSpec(spec: V1PersistentVolumeClaimSpec, path: FieldPath): FieldError[] {
  const { selector, resources, storageClassName, volumeMode, volumeAttributesClassName } = spec;
  return [
    ...validateAccessModes(spec.accessModes, 'at least 1 access mode is required', path.child('accessModes')),
    ...validateLabelSelector(selector, path.child('selector')),
    ...validateStorage(resources?.requests?.['storage'], path.child('resources').key('storage')),
    ...validateClassName(storageClassName, path.child('storageClassName')),
    ...(volumeMode === undefined || volumeModes.includes(volumeMode)
      ? []
      : [fieldError.notSupported(path.child('volumeMode'), volumeMode, volumeModes)]),
    ...validateSources(spec, path),
    ...validateClassName(volumeAttributesClassName, path.child('volumeAttributesClassName')),
  ];
}

function validateStorage(storage: string | undefined, path: FieldPath): FieldError[] {
  if (storage === undefined) return [fieldError.required(path)];
  const quantity = Quantity.parse(storage);
  return quantity.sign > 0 ? validateQuantity('storage', quantity, path) : [fieldError.invalid(path, storage, isNotPositive)];
}

function validateSources({ dataSource, dataSourceRef }: V1PersistentVolumeClaimSpec, path: FieldPath): FieldError[] {
  return [
    ...(dataSource ? validateSource(dataSource, path.child('dataSource')) : []),
    ...(dataSourceRef ? validateSource(dataSourceRef, path.child('dataSourceRef')) : []),
    ...validateSameSource(dataSource, dataSourceRef, path),
  ];
}

function validateSameSource(
  dataSource: V1PersistentVolumeClaimSpec['dataSource'],
  dataSourceRef: V1PersistentVolumeClaimSpec['dataSourceRef'],
  path: FieldPath,
): FieldError[] {
  if (!dataSource || !dataSourceRef) return [];
  if (dataSourceRef.namespace)
    return [fieldError.invalid(path, String(path.child('dataSource')), 'may not be specified when dataSourceRef.namespace is specified')];
  const same = (['apiGroup', 'kind', 'name'] as const).every((field) => (dataSource[field] ?? '') === (dataSourceRef[field] ?? ''));
  return same ? [] : [fieldError.invalid(path, String(path.child('dataSource')), 'must match dataSourceRef')];
}

function validateSource({ name, kind, apiGroup }: V1TypedObjectReference, path: FieldPath): FieldError[] {
  return [
    ...(name ? [] : [fieldError.required(path.child('name'))]),
    ...(kind ? [] : [fieldError.required(path.child('kind'))]),
    ...(!apiGroup && kind !== 'PersistentVolumeClaim'
      ? [fieldError.invalid(path, kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup")]
      : []),
    ...(apiGroup ? invalidEach(path.child('apiGroup'), apiGroup, dnsSubdomain(apiGroup)) : []),
  ];
}

const oldClassAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** A claim is bound as it was asked for; then it may only grow or change its attributes (`ValidatePersistentVolumeClaimUpdate`). */
export function validateClaimUpdate(claim: V1PersistentVolumeClaim, old: V1PersistentVolumeClaim): FieldError[] {
  const before = changedAsAllowed(claim, old);
  return [
    ...validateClaim(claim),
    ...validateImmutable(
      claim.metadata.annotations?.[oldClassAnnotation] ?? '',
      old.metadata.annotations?.[oldClassAnnotation] ?? '',
      FieldPath.of('metadata').child('annotations').key(oldClassAnnotation),
    ),
    ...(deepEqual(claim.spec, before)
      ? []
      : [
          fieldError.forbidden(
            specPath,
            `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${goValueDiff('PersistentVolumeClaimSpec', before, claim.spec)}`,
          ),
        ]),
    ...validateSize(claim, old),
    ...validateImmutable(claim.spec.volumeMode, old.spec.volumeMode, FieldPath.of('volumeMode')),
    ...(old.spec.volumeAttributesClassName && claim.spec.volumeAttributesClassName === undefined
      ? [fieldError.forbidden(specPath.child('volumeAttributesClassName'), 'update from non-nil value to nil is forbidden')]
      : []),
  ];
}

/** The old spec with what may have changed since. */
function changedAsAllowed(
  { spec, status }: V1PersistentVolumeClaim,
  { spec: old, metadata }: V1PersistentVolumeClaim,
): V1PersistentVolumeClaimSpec {
  const before = { ...old };
  if (!old.volumeName && spec.volumeName) before.volumeName = spec.volumeName;
  const hadNoClass = old.storageClassName === undefined && !metadata.annotations?.[oldClassAnnotation];
  if (hadNoClass && spec.storageClassName) before.storageClassName = spec.storageClassName;
  if (status?.phase !== 'Bound') return before;
  const storage = spec.resources?.requests?.['storage'];
  if (storage !== undefined) before.resources = { ...old.resources, requests: { ...old.resources?.requests, storage } };
  if (spec.volumeAttributesClassName === undefined) delete before.volumeAttributesClassName;
  else before.volumeAttributesClassName = spec.volumeAttributesClassName;
  return before;
}

function validateSize({ spec, status }: V1PersistentVolumeClaim, old: V1PersistentVolumeClaim): FieldError[] {
  if (status?.phase !== 'Bound') return [];
  const size = Quantity.of(spec.resources?.requests?.['storage']);
  const isLess = size.compare(Quantity.of(old.spec.resources?.requests?.['storage'])) < 0;
  const capacity = Quantity.of(old.status?.capacity?.['storage']);
  return isLess && size.compare(capacity) <= 0
    ? [fieldError.forbidden(specPath.child('resources', 'requests', 'storage'), 'field can not be less than status.capacity')]
    : [];
}

/** `ValidatePersistentVolumeClaimStatusUpdate`. */
export function validateClaimStatus({ spec, status }: V1PersistentVolumeClaim): FieldError[] {
  const amounts = (field: 'capacity' | 'allocatedResources') =>
    Object.entries(status?.[field] ?? {}).flatMap(([name, amount]) => {
      const at = statusPath.child(field).key(name);
      const quantity = Quantity.parse(amount);
      if (field === 'capacity') return quantity.sign < 0 ? [fieldError.invalid(at, amount, 'must be a valid resource quantity')] : [];
      return quantity.sign < 0 ? [fieldError.invalid(at, amount, isNegative)] : validateQuantity(name, quantity, at);
    });
  return [
    ...(spec?.accessModes?.length ? [] : [fieldError.required(FieldPath.of('Spec').child('accessModes'))]),
    ...amounts('capacity'),
    ...amounts('allocatedResources'),
  ];
}
