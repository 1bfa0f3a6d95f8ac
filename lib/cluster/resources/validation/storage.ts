import type {
  V1CSIDriver,
  V1CSINode,
  V1CSINodeDriver,
  V1CSIStorageCapacity,
  V1StorageClass,
  V1TopologySelectorTerm,
  V1VolumeAttachment,
  V1VolumeAttributesClass,
} from '@/generated/kubernetes/types';
import { byteLength, deepEqual } from '@/lib/base';
import { type FieldError, FieldPath, fieldError, labelValueErrors, Quantity } from '../../api';
import { validateDriverName } from './driver-name';
import { goValue } from './go-value';
import { validateLabelSelector } from './label-selector';
import { dnsSubdomain, inclusiveRange, invalidEach, isNegative, validateNonNegative, validateQualifiedName } from './names';
import { validateImmutable, validateLabelName } from './object-meta';
import { validateInlineVolumeSpec } from './persistentvolume';

const specPath = FieldPath.of('spec');
const reclaimPolicies = ['Delete', 'Retain'];
const bindingModes = ['Immediate', 'WaitForFirstConsumer'];
const parametersMax = 512;
const parametersBytesMax = 256 * 1024;

/** `ValidateStorageClass`. */
export function validateStorageClass(storageClass: V1StorageClass): FieldError[] {
  const { provisioner, parameters, reclaimPolicy, volumeBindingMode, allowedTopologies } = storageClass;
  return [
    ...validateProvisioner(provisioner, FieldPath.of('provisioner')),
    ...validateParameters(parameters, true, FieldPath.of('parameters')),
    ...(!reclaimPolicy || reclaimPolicies.includes(reclaimPolicy)
      ? []
      : [fieldError.notSupported(FieldPath.of('reclaimPolicy'), reclaimPolicy, reclaimPolicies)]),
    ...(volumeBindingMode === undefined
      ? [fieldError.required(FieldPath.of('volumeBindingMode'))]
      : bindingModes.includes(volumeBindingMode)
        ? []
        : [fieldError.notSupported(FieldPath.of('volumeBindingMode'), volumeBindingMode, bindingModes)]),
    ...validateTopologies(allowedTopologies ?? [], FieldPath.of('allowedTopologies')),
  ];
}

export function validateStorageClassUpdate(storageClass: V1StorageClass, old: V1StorageClass): FieldError[] {
  return (['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const).flatMap((field) =>
    validateImmutable(storageClass[field], old[field], FieldPath.of(field)),
  );
}

function validateProvisioner(provisioner: string | undefined, path: FieldPath): FieldError[] {
  return provisioner ? validateQualifiedName(provisioner.toLowerCase(), path) : [fieldError.required(path)];
}

function validateParameters(parameters: Readonly<Record<string, string>> = {}, mayBeEmpty: boolean, path: FieldPath): FieldError[] {
  const entries = Object.entries(parameters);
  if (entries.length > parametersMax) return [fieldError.tooLong(path, parametersMax)];
  const bytes = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  return [
    ...entries.flatMap(([key]) => (key === '' ? [fieldError.invalid(path, key, 'field can not be empty.')] : [])),
    ...(bytes > parametersBytesMax ? [fieldError.tooLong(path, parametersBytesMax)] : []),
    ...(!mayBeEmpty && entries.length === 0 ? [fieldError.required(path, 'must contain at least one key/value pair')] : []),
  ];
}

/** `ValidateTopologySelectorTerm` of each, and no two that say the same. */
function validateTopologies(terms: readonly V1TopologySelectorTerm[], path: FieldPath): FieldError[] {
  const meaning = ({ matchLabelExpressions = [] }: V1TopologySelectorTerm) =>
    new Map(matchLabelExpressions.map(({ key, values }) => [key, new Set(values)]));
  return terms.flatMap((term, index) => [
    ...validateTopologyTerm(term, path.index(index).child('matchLabelExpressions')),
    ...(terms.slice(0, index).some((earlier) => sameMeaning(meaning(earlier), meaning(term)))
      ? [fieldError.duplicate(path.index(index).child('matchLabelExpressions'), '')]
      : []),
  ]);
}

function sameMeaning(a: ReadonlyMap<string, ReadonlySet<string>>, b: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  return (
    a.size === b.size &&
    [...a].every(([key, values]) => values.size === b.get(key)?.size && [...values].every((value) => b.get(key)?.has(value)))
  );
}

function validateTopologyTerm({ matchLabelExpressions = [] }: V1TopologySelectorTerm, path: FieldPath): FieldError[] {
  return (matchLabelExpressions ?? []).flatMap(({ key, values: given }, index, all) => {
    const at = path.index(index);
    const values = given ?? [];
    return [
      ...(values.length === 0 ? [fieldError.required(at.child('values'))] : []),
      ...values.flatMap((value, position) => {
        const here = at.child('values').index(position);
        return [
          ...invalidEach(here, value, labelValueErrors(value)),
          ...(values.indexOf(value) < position ? [fieldError.duplicate(here, value)] : []),
        ];
      }),
      ...validateLabelName(key ?? '', at.child('key')),
      ...(all.slice(0, index).some((earlier) => earlier.key === key) ? [fieldError.duplicate(at.child('key'), key)] : []),
    ];
  });
}

/** `ValidateVolumeAttributesClass`. */
export function validateVolumeAttributesClass({ driverName, parameters }: V1VolumeAttributesClass): FieldError[] {
  return [
    ...validateProvisioner(driverName, FieldPath.of('driverName')),
    ...validateParameters(parameters, false, FieldPath.of('parameters')),
  ];
}

export function validateVolumeAttributesClassUpdate(volumeClass: V1VolumeAttributesClass, old: V1VolumeAttributesClass): FieldError[] {
  return [
    ...validateImmutable(volumeClass.driverName, old.driverName, FieldPath.of('driverName')),
    ...validateImmutable(volumeClass.parameters, old.parameters, FieldPath.of('parameters')),
    ...validateVolumeAttributesClass(volumeClass),
  ];
}

const fsGroupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType'];
const lifecycleModes = ['Persistent', 'Ephemeral'];
const updatePeriodMin = 10;

/** `ValidateCSIDriver`. */
export function validateCSIDriver({ spec }: V1CSIDriver): FieldError[] {
  const { fsGroupPolicy, tokenRequests = [], volumeLifecycleModes = [], nodeAllocatableUpdatePeriodSeconds: period } = spec ?? {};
  return [
    ...(spec?.attachRequired === undefined ? [fieldError.required(specPath.child('attachedRequired'))] : []),
    ...(spec?.podInfoOnMount === undefined ? [fieldError.required(specPath.child('podInfoOnMount'))] : []),
    ...(spec?.storageCapacity === undefined ? [fieldError.required(specPath.child('storageCapacity'))] : []),
    ...(fsGroupPolicy === undefined || fsGroupPolicies.includes(fsGroupPolicy)
      ? []
      : [fieldError.notSupported(specPath.child('fsGroupPolicy'), fsGroupPolicy, fsGroupPolicies)]),
    ...validateTokenRequests(tokenRequests, specPath.child('tokenRequests')),
    ...volumeLifecycleModes.flatMap((mode) =>
      lifecycleModes.includes(mode) ? [] : [fieldError.notSupported(specPath.child('volumeLifecycleModes'), mode, lifecycleModes)],
    ),
    ...(period !== undefined && period < updatePeriodMin
      ? [
          fieldError.invalid(
            specPath.child('nodeAllocatableUpdatePeriodSeconds'),
            period,
            `must be greater than or equal to ${updatePeriodMin} seconds`,
          ),
        ]
      : []),
  ];
}

function validateTokenRequests(requests: NonNullable<V1CSIDriver['spec']['tokenRequests']>, path: FieldPath): FieldError[] {
  return requests.flatMap(({ audience, expirationSeconds: seconds }, index, all) => {
    const at = path.index(index);
    if (all.slice(0, index).some((earlier) => earlier.audience === audience)) return [fieldError.duplicate(at.child('audience'), audience)];
    if (seconds === undefined) return [];
    const expiry = at.child('expirationSeconds');
    return [
      ...(seconds < 600 ? [fieldError.invalid(expiry, seconds, 'may not specify a duration less than 10 minutes')] : []),
      ...(seconds > 2 ** 32 ? [fieldError.invalid(expiry, seconds, 'may not specify a duration larger than 2^32 seconds')] : []),
    ];
  });
}

export function validateCSIDriverUpdate(driver: V1CSIDriver, old: V1CSIDriver): FieldError[] {
  return [
    ...validateCSIDriver(driver),
    ...validateImmutable(driver.spec.attachRequired, old.spec.attachRequired, specPath.child('attachedRequired')),
    ...validateImmutable(driver.spec.volumeLifecycleModes, old.spec.volumeLifecycleModes, specPath.child('volumeLifecycleModes')),
  ];
}

const nodeIdMax = 256;

/** `ValidateCSINode`. */
export function validateCSINode({ spec }: V1CSINode): FieldError[] {
  return (spec?.drivers ?? []).flatMap((driver, index, all) =>
    validateNodeDriver(
      driver,
      all.slice(0, index).some(({ name }) => name === driver.name),
      specPath.child('drivers').index(index),
    ),
  );
}

function validateNodeDriver(
  { name, nodeID, allocatable, topologyKeys = [] }: V1CSINodeDriver,
  isRepeated: boolean,
  path: FieldPath,
): FieldError[] {
  return [
    ...validateDriverName(name, path.child('name')),
    ...(nodeID ? [] : [fieldError.required(path.child('nodeID'))]),
    ...((nodeID ?? '').length > nodeIdMax
      ? [fieldError.invalid(path.child('nodeID'), nodeID, `must be ${nodeIdMax} characters or less`)]
      : []),
    ...validateNonNegative(allocatable?.count, path.child('allocatable', 'count')),
    ...(isRepeated ? [fieldError.duplicate(path.child('name'), name)] : []),
    ...(topologyKeys ?? []).flatMap((key, index, all) => [
      ...(key ? [] : [fieldError.required(path)]),
      ...(all.indexOf(key) < index ? [fieldError.duplicate(path, key)] : []),
      ...validateQualifiedName(key, path),
    ]),
  ];
}

/** A driver's entry is fixed but for how many volumes it can attach. */
export function validateCSINodeUpdate(node: V1CSINode, old: V1CSINode): FieldError[] {
  const fixed = ({ allocatable: _, ...driver }: V1CSINodeDriver) => driver;
  return [
    ...validateCSINode(node),
    ...(old.spec.drivers ?? []).flatMap((before) =>
      (node.spec.drivers ?? [])
        .filter(({ name }) => name === before.name)
        .flatMap((driver) => validateImmutable(fixed(driver), fixed(before), specPath.child('drivers'))),
    ),
  ];
}

/** `ValidateCSIStorageCapacity`. */
export function validateCSIStorageCapacity({
  nodeTopology,
  storageClassName,
  capacity,
  maximumVolumeSize,
}: V1CSIStorageCapacity): FieldError[] {
  const amount = (text: string | undefined, path: FieldPath) =>
    Quantity.of(text).sign < 0 ? [fieldError.invalid(path, text, isNegative)] : [];
  return [
    ...validateLabelSelector(nodeTopology, FieldPath.of('nodeTopology')),
    ...invalidEach(FieldPath.of('storageClassName'), storageClassName ?? '', dnsSubdomain(storageClassName ?? '')),
    ...amount(capacity, FieldPath.of('capacity')),
    ...amount(maximumVolumeSize, FieldPath.of('maximumVolumeSize')),
  ];
}

export function validateCSIStorageCapacityUpdate(capacity: V1CSIStorageCapacity, old: V1CSIStorageCapacity): FieldError[] {
  return (['nodeTopology', 'storageClassName'] as const).flatMap((field) =>
    validateImmutable(capacity[field], old[field], FieldPath.of(field)),
  );
}

const metadataBytesMax = 256 * 1024;
const messageBytesMax = 1024;

/** `ValidateVolumeAttachment` and what v1 asks besides. */
export function validateVolumeAttachment(attachment: V1VolumeAttachment): FieldError[] {
  const { spec } = attachment;
  const volume = spec?.source?.persistentVolumeName;
  return [
    ...(spec?.attacher ? [] : [fieldError.required(specPath.child('attacher'))]),
    ...validateAttachmentSource(spec?.source ?? {}, specPath.child('source')),
    ...invalidEach(specPath.child('nodeName'), spec?.nodeName ?? '', dnsSubdomain(spec?.nodeName ?? '')),
    ...validateVolumeAttachmentStatus(attachment),
    ...(spec?.attacher ? validateDriverName(spec.attacher, specPath.child('attacher')) : []),
    ...(volume ? invalidEach(specPath.child('source', 'persistentVolumeName'), volume, dnsSubdomain(volume)) : []),
  ];
}

function validateAttachmentSource(
  { inlineVolumeSpec: inline, persistentVolumeName: name }: V1VolumeAttachment['spec']['source'],
  path: FieldPath,
): FieldError[] {
  const exactlyOne = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (!inline && name === undefined) return [fieldError.required(path, exactlyOne)];
  if (inline && name !== undefined) return [fieldError.forbidden(path, exactlyOne)];
  if (inline) return validateInlineVolumeSpec(inline, path.child('inlineVolumeSpec'));
  return name === '' ? [fieldError.required(path.child('persistentVolumeName'), 'must specify non empty persistentVolumeName')] : [];
}

export function validateVolumeAttachmentStatus({ status }: V1VolumeAttachment): FieldError[] {
  const path = FieldPath.of('status');
  const bytes = Object.entries(status?.attachmentMetadata ?? {}).reduce(
    (sum, [key, value]) => sum + byteLength(key) + byteLength(value),
    0,
  );
  return [
    ...(bytes > metadataBytesMax ? [fieldError.tooLong(path.child('attachmentMetadata'), metadataBytesMax)] : []),
    ...(['attachError', 'detachError'] as const).flatMap((field) => {
      const { message = '', errorCode } = status?.[field] ?? {};
      return [
        ...(byteLength(message) > messageBytesMax ? [fieldError.tooLong(path.child(field, 'message'), metadataBytesMax)] : []),
        ...(errorCode !== undefined && errorCode < 0
          ? [fieldError.invalid(path.child(field, 'errorCode'), errorCode, inclusiveRange(0, 2147483647))]
          : []),
      ];
    }),
  ];
}

export function validateVolumeAttachmentUpdate(attachment: V1VolumeAttachment, old: V1VolumeAttachment): FieldError[] {
  return [
    ...validateVolumeAttachment(attachment),
    ...(deepEqual(attachment.spec, old.spec)
      ? []
      : [fieldError.invalid(specPath, goValue('VolumeAttachmentSpec', attachment.spec), 'field is immutable')]),
  ];
}
