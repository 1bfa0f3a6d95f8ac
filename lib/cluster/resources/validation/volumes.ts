import type {
  V1Container,
  V1KeyToPath,
  V1ProjectedVolumeSource,
  V1Volume,
  V1VolumeDevice,
  V1VolumeMount,
  V1VolumeProjection,
} from '@/generated/kubernetes/types';
import { type FieldError, type FieldPath, fieldError, Quantity } from '../../api';
import { validateFieldRef, validateResourceFieldRef, volumeFields } from './env';
import { dnsLabel, dnsSubdomain, invalidEach } from './names';
import { validateLocalDescendingPath, validateLocalNonReservedPath, validatePathNoBacksteps } from './paths';

/** The sources of a volume in the order upstream looks for them. */
const sourceOrder = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
] as const;

export type VolumeSource = (typeof sourceOrder)[number];

export function validateVolumes(volumes: readonly V1Volume[] | undefined, podName: string | undefined, path: FieldPath): FieldError[] {
  return (volumes ?? []).flatMap((volume, index, all) => {
    const at = path.index(index);
    const own = [...validateSources(volume, at), ...validateVolumeName(volume.name, at.child('name'))];
    const isRepeated = volume.name && all.slice(0, index).some(({ name }) => name === volume.name);
    const claim =
      podName && volume.ephemeral
        ? invalidEach(
            at.child('name'),
            volume.name,
            dnsSubdomain(`${podName}-${volume.name}`).map((sentence) => `PVC name "${podName}-${volume.name}": ${sentence}`),
          )
        : [];
    return isRepeated ? [...own, fieldError.duplicate(at.child('name'), volume.name)] : [...own, ...claim];
  });
}

function validateVolumeName(name: string | undefined, path: FieldPath): FieldError[] {
  return name ? invalidEach(path, name, dnsLabel(name)) : [fieldError.required(path)];
}

function validateSources(volume: V1Volume, path: FieldPath): FieldError[] {
  const sources = sourceOrder.filter((source) => volume[source]);
  if (sources.length === 0) return [fieldError.required(path, 'must specify a volume type')];
  return sources.flatMap((source, index) =>
    index > 0
      ? [fieldError.forbidden(path.child(source), 'may not specify more than 1 volume type')]
      : validateVolumeSource(volume, source, path.child(source)),
  );
}

/** What each kind of volume needs; only `emptyDir`, `hostPath`, `configMap`, `secret`, `downwardAPI` and `projected` are mounted by the simulated kubelet. */
export function validateVolumeSource(volume: V1Volume, source: VolumeSource, path: FieldPath): FieldError[] {
  switch (source) {
    case 'emptyDir':
      return Quantity.of(volume.emptyDir?.sizeLimit).sign < 0
        ? [fieldError.forbidden(path.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity')]
        : [];
    case 'hostPath':
      return validateHostPath(volume.hostPath?.path, volume.hostPath?.type, path);
    case 'secret':
      return [
        ...requireText(volume.secret?.secretName, path.child('secretName')),
        ...validateMode(volume.secret?.defaultMode, path.child('defaultMode')),
        ...validateKeyPaths(volume.secret?.items, path.child('items')),
      ];
    case 'configMap':
      return [
        ...requireText(volume.configMap?.name, path.child('name')),
        ...validateMode(volume.configMap?.defaultMode, path.child('defaultMode')),
        ...validateKeyPaths(volume.configMap?.items, path.child('items')),
      ];
    case 'persistentVolumeClaim':
      return requireText(volume.persistentVolumeClaim?.claimName, path.child('claimName'));
    case 'downwardAPI':
      return [
        ...validateMode(volume.downwardAPI?.defaultMode, path.child('defaultMode')),
        ...(volume.downwardAPI?.items ?? []).flatMap((item) => validateDownwardFile(item, path)),
      ];
    case 'projected':
      return validateProjected(volume.projected as V1ProjectedVolumeSource, path);
    case 'ephemeral':
      return validateEphemeral(volume.ephemeral?.volumeClaimTemplate, path.child('volumeClaimTemplate'));
    case 'image':
      return validateImage(volume.image, path);
    case 'nfs':
      return [...requireText(volume.nfs?.server, path.child('server')), ...requireAbsolute(volume.nfs?.path, path.child('path'))];
    case 'csi':
      return requireText(volume.csi?.driver, path.child('driver'));
    case 'gitRepo':
      return [
        ...requireText(volume.gitRepo?.repository, path.child('repository')),
        ...validatePathNoBacksteps(volume.gitRepo?.directory ?? '', path.child('directory')),
      ];
    case 'iscsi':
      return validateIscsi(volume.iscsi, path);
    case 'azureDisk':
      return validateAzureDisk(volume.azureDisk, path);
    default:
      return (requiredTexts[source] ?? []).flatMap((field) =>
        requireFilled((volume[source] as unknown as Record<string, unknown>)[field], path.child(field)),
      );
  }
}

const requiredTexts: Partial<Record<VolumeSource, readonly string[]>> = {
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  glusterfs: ['endpoints', 'path'],
  rbd: ['monitors', 'image'],
  cinder: ['volumeID'],
  cephfs: ['monitors'],
  quobyte: ['registry', 'volume'],
  flexVolume: ['driver'],
  azureFile: ['secretName', 'shareName'],
  vsphereVolume: ['volumePath'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  storageos: ['volumeName'],
  scaleIO: ['gateway', 'system', 'volumeName'],
};

function requireFilled(value: unknown, path: FieldPath): FieldError[] {
  const isEmpty = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  return isEmpty ? [fieldError.required(path)] : [];
}

function requireText(value: string | undefined, path: FieldPath): FieldError[] {
  return value ? [] : [fieldError.required(path)];
}

function requireAbsolute(value: string | undefined, path: FieldPath): FieldError[] {
  if (!value) return [fieldError.required(path)];
  return value.startsWith('/') ? [] : [fieldError.invalid(path, value, 'must be an absolute path')];
}

const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

function validateHostPath(target: string | undefined, type: string | undefined, path: FieldPath): FieldError[] {
  if (!target) return [fieldError.required(path.child('path'))];
  return [
    ...validatePathNoBacksteps(target, path.child('path')),
    ...(type === undefined || hostPathTypes.includes(type) ? [] : [fieldError.notSupported(path.child('type'), type, hostPathTypes)]),
  ];
}

function validateMode(mode: number | undefined, path: FieldPath): FieldError[] {
  return mode === undefined || (mode >= 0 && mode <= 0o777)
    ? []
    : [fieldError.invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}

function validateKeyPaths(items: readonly V1KeyToPath[] | undefined, path: FieldPath): FieldError[] {
  return (items ?? []).flatMap((item, index) => {
    const at = path.index(index);
    return [
      ...requireText(item.key, at.child('key')),
      ...requireText(item.path, at.child('path')),
      ...(item.path ? validateLocalNonReservedPath(item.path, at.child('path')) : []),
      ...validateMode(item.mode, at.child('mode')),
    ];
  });
}

type DownwardFile = NonNullable<NonNullable<V1Volume['downwardAPI']>['items']>[number];

function validateDownwardFile({ path: file, fieldRef, resourceFieldRef, mode }: DownwardFile, path: FieldPath): FieldError[] {
  return [
    ...requireText(file, path.child('path')),
    ...(file ? validateLocalNonReservedPath(file, path.child('path')) : []),
    ...(fieldRef ? validateFieldRef(fieldRef, volumeFields, path.child('fieldRef')) : []),
    ...(fieldRef && resourceFieldRef
      ? [fieldError.invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')]
      : []),
    ...(!fieldRef && resourceFieldRef ? validateResourceFieldRef(resourceFieldRef, path.child('resourceFieldRef'), true) : []),
    ...(!fieldRef && !resourceFieldRef ? [fieldError.required(path, 'one of fieldRef and resourceFieldRef is required')] : []),
    ...validateMode(mode, path.child('mode')),
  ];
}

const projectionOrder = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken', 'clusterTrustBundle', 'podCertificate'] as const;

function validateProjected({ defaultMode, sources }: V1ProjectedVolumeSource, path: FieldPath): FieldError[] {
  const taken = new Set<string>();
  return [
    ...validateMode(defaultMode, path.child('defaultMode')),
    ...(sources ?? []).flatMap((source, index) => validateProjection(source, taken, path.child('sources').index(index), path)),
  ];
}

function validateProjection(source: V1VolumeProjection, taken: Set<string>, at: FieldPath, path: FieldPath): FieldError[] {
  const kinds = projectionOrder.filter((kind) => source[kind]);
  const errors = kinds.flatMap((kind, index) =>
    index > 0
      ? [fieldError.forbidden(at, 'may not specify more than 1 volume type per source')]
      : validateProjectionKind(source, kind, at, path),
  );
  const conflicts = projectedPaths(source).flatMap(({ file, by }) => {
    const isTaken = taken.has(file);
    taken.add(file);
    return isTaken ? [fieldError.invalid(path, by, 'conflicting duplicate paths')] : [];
  });
  return [...errors, ...conflicts];
}

function validateProjectionKind(
  source: V1VolumeProjection,
  kind: (typeof projectionOrder)[number],
  at: FieldPath,
  path: FieldPath,
): FieldError[] {
  switch (kind) {
    case 'secret':
      return [
        ...requireText(source.secret?.name, at.child('secret', 'name')),
        ...validateKeyPaths(source.secret?.items, at.child('secret', 'items')),
      ];
    case 'configMap':
      return [
        ...requireText(source.configMap?.name, at.child('configMap', 'name')),
        ...validateKeyPaths(source.configMap?.items, at.child('configMap', 'items')),
      ];
    case 'downwardAPI':
      return (source.downwardAPI?.items ?? []).flatMap((item) => validateDownwardFile(item, at.child('downwardAPI')));
    case 'serviceAccountToken':
      return validateTokenProjection(source.serviceAccountToken, at.child('serviceAccountToken'), path);
    case 'clusterTrustBundle':
    case 'podCertificate':
      return [];
  }
}

function validateTokenProjection(token: V1VolumeProjection['serviceAccountToken'], at: FieldPath, path: FieldPath): FieldError[] {
  const seconds = token?.expirationSeconds ?? 3600;
  const expiry = at.child('expirationSeconds');
  return [
    ...(seconds < 600
      ? [fieldError.invalid(expiry, seconds, 'may not specify a duration less than 10 minutes')]
      : seconds > 2 ** 32
        ? [fieldError.invalid(expiry, seconds, 'may not specify a duration larger than 2^32 seconds')]
        : []),
    ...(token?.path ? validateLocalNonReservedPath(token.path, path.child('path')) : [fieldError.required(path.child('path'))]),
  ];
}

function projectedPaths(source: V1VolumeProjection): { file: string; by: string }[] {
  const named = (items: readonly { path: string }[] | undefined, by: string) => (items ?? []).map((item) => ({ file: item.path, by }));
  return [
    ...named(source.secret?.items, source.secret?.name ?? ''),
    ...named(source.configMap?.items, source.configMap?.name ?? ''),
    ...named(source.downwardAPI?.items, ''),
  ].filter(({ file }) => file);
}

function validateEphemeral(template: NonNullable<V1Volume['ephemeral']>['volumeClaimTemplate'], path: FieldPath): FieldError[] {
  if (!template) return [fieldError.required(path)];
  const spec = path.child('spec');
  const storage = template.spec?.resources?.requests?.storage;
  return [
    ...(template.spec?.accessModes?.length ? [] : [fieldError.required(spec.child('accessModes'), 'at least 1 access mode is required')]),
    ...(storage
      ? Quantity.parse(storage).sign > 0
        ? []
        : [fieldError.invalid(spec.child('resources').key('storage'), storage, 'must be greater than zero')]
      : [fieldError.required(spec.child('resources').key('storage'))]),
  ];
}

const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

function validateImage(image: V1Volume['image'], path: FieldPath): FieldError[] {
  const policy = image?.pullPolicy;
  return [
    ...requireText(image?.reference, path.child('reference')),
    ...(!policy || pullPolicies.includes(policy) ? [] : [fieldError.notSupported(path.child('pullPolicy'), policy, pullPolicies)]),
  ];
}

function validateIscsi(iscsi: V1Volume['iscsi'], path: FieldPath): FieldError[] {
  const { targetPortal, iqn = '', lun = 0 } = iscsi ?? {};
  const isName = /^(iqn|eui|naa)/.test(iqn);
  return [
    ...requireText(targetPortal, path.child('targetPortal')),
    ...(iqn
      ? isName
        ? []
        : [fieldError.invalid(path.child('iqn'), iqn, 'must be valid format starting with iqn, eui, or naa')]
      : [fieldError.required(path.child('iqn'))]),
    ...(lun < 0 || lun > 255 ? [fieldError.invalid(path.child('lun'), lun, 'must be between 0 and 255, inclusive')] : []),
  ];
}

function validateAzureDisk(disk: V1Volume['azureDisk'], path: FieldPath): FieldError[] {
  const { diskName, diskURI = '', kind } = disk ?? {};
  const form =
    kind === 'Managed'
      ? '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
      : 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';
  const isUri = kind === 'Managed' ? diskURI.startsWith('/subscriptions/') : diskURI.startsWith('https://');
  return [
    ...requireText(diskName, path.child('diskName')),
    ...requireText(diskURI, path.child('diskURI')),
    ...(diskURI && !isUri ? [fieldError.notSupported(path.child('diskURI'), diskURI, [form])] : []),
  ];
}

/** Mounts of known volumes at paths of their own (`ValidateVolumeMounts`). */
export function validateVolumeMounts(container: V1Container, volumes: readonly V1Volume[], path: FieldPath): FieldError[] {
  const devices = container.volumeDevices ?? [];
  return (container.volumeMounts ?? []).flatMap((mount, index, all) => {
    const at = path.index(index);
    const { name, mountPath, subPath, subPathExpr } = mount;
    const isRepeated = all.slice(0, index).some((earlier) => earlier.mountPath === mountPath);
    return [
      ...requireText(name, at.child('name')),
      ...(volumes.some((volume) => volume.name === name) ? [] : [fieldError.notFound(at.child('name'), name ?? '')]),
      ...requireText(mountPath, at.child('mountPath')),
      ...(isRepeated ? [fieldError.invalid(at.child('mountPath'), mountPath, 'must be unique')] : []),
      ...(devices.some((device) => device.name === name)
        ? [fieldError.invalid(at.child('name'), name, 'must not already exist in volumeDevices')]
        : []),
      ...(devices.some((device) => device.devicePath === mountPath)
        ? [fieldError.invalid(at.child('mountPath'), mountPath, 'must not already exist as a path in volumeDevices')]
        : []),
      ...(subPath ? validateLocalDescendingPath(subPath, path.child('subPath')) : []),
      ...(subPathExpr && subPath
        ? [fieldError.invalid(at.child('subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive')]
        : []),
      ...(subPathExpr ? validateLocalDescendingPath(subPathExpr, path.child('subPathExpr')) : []),
      ...validateMountPropagation(mount, container, path.child('mountPropagation')),
      ...validateRecursiveReadOnly(mount, path.child('recursiveReadOnly')),
    ];
  });
}

const propagations = ['Bidirectional', 'HostToContainer', 'None'];

function validateMountPropagation({ mountPropagation }: V1VolumeMount, { securityContext }: V1Container, path: FieldPath): FieldError[] {
  if (mountPropagation === undefined) return [];
  if (!propagations.includes(mountPropagation)) return [fieldError.notSupported(path, mountPropagation, propagations)];
  return mountPropagation === 'Bidirectional' && !securityContext?.privileged
    ? [fieldError.forbidden(path, 'Bidirectional mount propagation is available only to privileged containers')]
    : [];
}

const recursiveReadOnlyModes = ['Disabled', 'Enabled', 'IfPossible'];

function validateRecursiveReadOnly({ recursiveReadOnly: mode, readOnly, mountPropagation }: V1VolumeMount, path: FieldPath): FieldError[] {
  if (mode === undefined || mode === 'Disabled') return [];
  if (!recursiveReadOnlyModes.includes(mode)) return [fieldError.notSupported(path, mode, recursiveReadOnlyModes)];
  return [
    ...(readOnly ? [] : [fieldError.forbidden(path, 'may only be specified when readOnly is true')]),
    ...(mountPropagation && mountPropagation !== 'None'
      ? [fieldError.forbidden(path, 'may only be specified when mountPropagation is None or not specified')]
      : []),
  ];
}

/** Block devices of claims (`ValidateVolumeDevices`). */
export function validateVolumeDevices(container: V1Container, volumes: readonly V1Volume[], path: FieldPath): FieldError[] {
  const mounts = container.volumeMounts ?? [];
  return (container.volumeDevices ?? []).flatMap((device, index, all) => {
    const at = path.index(index);
    const { name, devicePath } = device;
    const volume = volumes.find((one) => one.name === name);
    const isClaim = volume?.persistentVolumeClaim ?? volume?.ephemeral;
    const repeats = (field: keyof V1VolumeDevice) => all.slice(0, index).some((earlier) => earlier[field] === device[field]);
    return [
      ...requireText(name, at.child('name')),
      ...(name && repeats('name') ? [fieldError.invalid(at.child('name'), name, 'must be unique')] : []),
      ...(volume && !isClaim
        ? [
            fieldError.invalid(
              at.child('name'),
              name,
              'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
            ),
          ]
        : []),
      ...(volume ? [] : [fieldError.notFound(at.child('name'), name ?? '')]),
      ...requireText(devicePath, at.child('devicePath')),
      ...(repeats('devicePath') ? [fieldError.invalid(at.child('devicePath'), devicePath, 'must be unique')] : []),
      ...(devicePath?.split('/').includes('..')
        ? [fieldError.invalid(at.child('devicePath'), devicePath, "can not contain backsteps ('..')")]
        : []),
      ...(mounts.some((mount) => mount.name === name)
        ? [fieldError.invalid(at.child('name'), name, 'must not already exist in volumeMounts')]
        : []),
      ...(mounts.some((mount) => mount.mountPath === devicePath)
        ? [fieldError.invalid(at.child('devicePath'), devicePath, 'must not already exist as a path in volumeMounts')]
        : []),
    ];
  });
}
