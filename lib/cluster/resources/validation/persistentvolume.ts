import type { V1PersistentVolume, V1PersistentVolumeSpec, V1Volume } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { type FieldError, FieldPath, fieldError, Quantity } from '../../api';
import { validateAccessModes, volumeModes } from './access-modes';
import { goValueDiff } from './go-diff';
import { isNotPositive } from './names';
import { validateImmutable } from './object-meta';
import { validatePathNoBacksteps } from './paths';
import { validateNodeSelector } from './scheduling';
import { validateClassName } from './storage-class-name';
import { validateDriverName } from './driver-name';
import { validateVolumeSource, type VolumeSource } from './volumes';

const specPath = FieldPath.of('spec');
const reclaimPolicies = ['Delete', 'Recycle', 'Retain'];

/** The sources of a PersistentVolume in the order upstream looks for them. */
const sources = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const;

/** `ValidatePersistentVolume`. */
export function validateVolume({ spec }: V1PersistentVolume): FieldError[] {
  return validateVolumeSpec(spec ?? {}, specPath);
}

const absentInline = ['claimRef', 'capacity', 'storageClassName', 'volumeMode'] as const;

/** A volume spelled out where one is attached: a CSI volume that belongs to no claim. */
export function validateInlineVolumeSpec(spec: V1PersistentVolumeSpec, path: FieldPath): FieldError[] {
  const isAbsent = 'may not be specified in the context of inline volumes';
  const policy = spec.persistentVolumeReclaimPolicy;
  return [
    ...absentInline.flatMap((field) => (spec[field] ? [fieldError.forbidden(path.child(field), isAbsent)] : [])),
    ...(spec.csi ? [] : [fieldError.required(path.child('csi'), 'has to be specified in the context of inline volumes')]),
    ...validateAccessModes(spec.accessModes, '', path.child('accessModes')),
    ...(policy && policy !== 'Retain'
      ? [fieldError.forbidden(path.child('persistentVolumeReclaimPolicy'), 'may only be Retain in the context of inline volumes')]
      : []),
    ...(spec.nodeAffinity ? validateAffinity(spec.nodeAffinity, path.child('nodeAffinity')) : []),
    ...validateSources(spec, path),
  ];
}

/** `ValidatePersistentVolumeSpec`. */
function validateVolumeSpec(spec: V1PersistentVolumeSpec, path: FieldPath): FieldError[] {
  const { persistentVolumeReclaimPolicy: policy, volumeMode, nodeAffinity } = spec;
  return [
    ...validateAccessModes(spec.accessModes, '', path.child('accessModes')),
    ...validateCapacity(spec.capacity ?? {}, path.child('capacity')),
    ...(!policy || reclaimPolicies.includes(policy)
      ? []
      : [fieldError.notSupported(path.child('persistentVolumeReclaimPolicy'), policy, reclaimPolicies)]),
    ...(nodeAffinity ? validateAffinity(nodeAffinity, path.child('nodeAffinity')) : []),
    ...validateSources(spec, path),
    ...(spec.hostPath && isRoot(spec.hostPath.path) && policy === 'Recycle'
      ? [fieldError.forbidden(path.child('persistentVolumeReclaimPolicy'), "may not be 'recycle' for a hostPath mount of '/'")]
      : []),
    ...validateClassName(spec.storageClassName, path.child('storageClassName')),
    ...(volumeMode === undefined || volumeModes.includes(volumeMode)
      ? []
      : [fieldError.notSupported(path.child('volumeMode'), volumeMode, volumeModes)]),
    ...validateAttributesClass(spec, path),
  ];
}

function validateCapacity(capacity: Readonly<Record<string, string>>, path: FieldPath): FieldError[] {
  const names = Object.keys(capacity);
  return [
    ...(names.length === 0 ? [fieldError.required(path)] : []),
    ...(!names.includes('storage') || names.length > 1
      ? [fieldError.notSupported(path, names.length === 0 ? null : capacity, ['storage'])]
      : []),
    ...names.flatMap((name) => {
      const quantity = Quantity.of(capacity[name]);
      return [
        ...(quantity.sign < 0 ? [fieldError.invalid(path.key(name), capacity[name], 'must be a valid resource quantity')] : []),
        ...(quantity.sign > 0 ? [] : [fieldError.invalid(path.key(name), capacity[name], isNotPositive)]),
      ];
    }),
  ];
}

function validateAffinity({ required }: NonNullable<V1PersistentVolumeSpec['nodeAffinity']>, path: FieldPath): FieldError[] {
  const at = path.child('required');
  return required ? validateNodeSelector(required, at) : [fieldError.required(at, 'must specify required node constraints')];
}

function validateSources(spec: V1PersistentVolumeSpec, path: FieldPath): FieldError[] {
  const given = sources.filter((source) => spec[source]);
  if (given.length === 0) return [fieldError.required(path, 'must specify a volume type')];
  return given.flatMap((source, index) =>
    index > 0 ? [fieldError.forbidden(path.child(source), 'may not specify more than 1 volume type')] : validateSource(spec, source, path),
  );
}

function validateSource(spec: V1PersistentVolumeSpec, source: (typeof sources)[number], path: FieldPath): FieldError[] {
  const at = path.child(source);
  if (source === 'local') {
    const directory = spec.local?.path;
    return [
      ...(directory ? validatePathNoBacksteps(directory, at.child('path')) : [fieldError.required(at.child('path'))]),
      ...(spec.nodeAffinity ? [] : [fieldError.required(path.child('nodeAffinity'), 'Local volume requires node affinity')]),
    ];
  }
  if (source === 'csi')
    return [
      ...validateDriverName(spec.csi?.driver, at.child('driver')),
      ...(spec.csi?.volumeHandle ? [] : [fieldError.required(at.child('volumeHandle'))]),
    ];
  return validateVolumeSource(spec as unknown as V1Volume, source as VolumeSource, at);
}

function validateAttributesClass({ volumeAttributesClassName: name, csi }: V1PersistentVolumeSpec, path: FieldPath): FieldError[] {
  if (name === undefined) return [];
  const at = path.child('volumeAttributesClassName');
  return [
    ...(name === '' ? [fieldError.required(at, 'an empty string is disallowed')] : validateClassName(name, at)),
    ...(csi ? [] : [fieldError.required(path.child('csi'), 'has to be specified when using volumeAttributesClassName')]),
  ];
}

function isRoot(directory: string): boolean {
  return directory.split('/').every((part) => part === '' || part === '.' || part === '..') && directory.startsWith('/');
}

/** `ValidatePersistentVolumeUpdate`. */
export function validateVolumeUpdate(volume: V1PersistentVolume, old: V1PersistentVolume): FieldError[] {
  const sourceOf = (spec: V1PersistentVolumeSpec) =>
    Object.fromEntries(sources.flatMap((name) => (spec[name] ? [[name, spec[name]]] : [])));
  const [before, after] = [sourceOf(old.spec), sourceOf(volume.spec)];
  return [
    ...validateVolume(volume),
    ...(deepEqual(before, after)
      ? []
      : [
          fieldError.forbidden(
            specPath.child('persistentvolumesource'),
            `spec.persistentvolumesource is immutable after creation\n${goValueDiff('PersistentVolumeSource', before, after)}`,
          ),
        ]),
    ...validateImmutable(volume.spec.volumeMode, old.spec.volumeMode, FieldPath.of('volumeMode')),
    ...(old.spec.nodeAffinity ? validateImmutable(volume.spec.nodeAffinity, old.spec.nodeAffinity, FieldPath.of('nodeAffinity')) : []),
    ...(old.spec.volumeAttributesClassName && volume.spec.volumeAttributesClassName === undefined
      ? [fieldError.forbidden(specPath.child('volumeAttributesClassName'), 'update from non-nil value to nil is forbidden')]
      : []),
  ];
}
