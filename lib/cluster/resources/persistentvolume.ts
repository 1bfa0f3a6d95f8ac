import type { V1PersistentVolume, V1Volume } from '@/generated/kubernetes/types';
import { defineResource, Quantity } from '../api';
import { accessModesText, ageColumn, nameColumn } from './columns/shared';
import { defaultVolumeSource } from './defaults/pod-spec';
import { keepSpec, keepStatus } from './strategy';
import { validateVolume, validateVolumeUpdate } from './validation/persistentvolume';

const spec = 'io.k8s.api.core.v1.PersistentVolumeSpec';
const status = 'io.k8s.api.core.v1.PersistentVolumeStatus';

export const PersistentVolume = defineResource<V1PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  names: { plural: 'persistentvolumes', singular: 'persistentvolume', short: ['pv'] },
  scope: 'Cluster',
  returnsDeletedObject: true,
  notSimulated: 'no persistentvolume-binder binds claims to it',
  defaults(volume) {
    volume.status ??= {};
    volume.status.phase ||= 'Pending';
    const { spec } = volume;
    if (!spec) return;
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    defaultVolumeSource(spec as unknown as V1Volume);
  },
  prepareForCreate(volume, { now }) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: now };
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate(volume, old, { now }) {
    keepSpec(volume, old);
    const { status } = volume;
    const isNewPhase = status?.phase !== old.status?.phase;
    const isTimeKept = status?.lastPhaseTransitionTime === old.status?.lastPhaseTransitionTime;
    if (status && isNewPhase && isTimeKept) status.lastPhaseTransitionTime = now;
  },
  validate: validateVolume,
  validateUpdate: validateVolumeUpdate,
  subresources: { status: true },
  updateChecksAll: true,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    { name: 'Capacity', describedBy: `${spec}.capacity`, value: ({ spec }) => Quantity.of(spec.capacity?.['storage']).toString() },
    { name: 'Access Modes', describedBy: `${spec}.accessModes`, value: ({ spec }) => accessModesText(spec.accessModes) },
    {
      name: 'Reclaim Policy',
      describedBy: `${spec}.persistentVolumeReclaimPolicy`,
      value: ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '',
    },
    {
      name: 'Status',
      describedBy: `${status}.phase`,
      value: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')),
    },
    {
      name: 'Claim',
      describedBy: `${spec}.claimRef`,
      value: ({ spec }) => (spec.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : ''),
    },
    {
      name: 'StorageClass',
      describedBy: `${spec}.storageClassName`,
      value: ({ metadata, spec }) => metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '',
    },
    {
      name: 'VolumeAttributesClass',
      describedBy: `${spec}.volumeAttributesClassName`,
      value: ({ spec }) => spec.volumeAttributesClassName ?? '<unset>',
    },
    { name: 'Reason', describedBy: `${status}.reason`, value: ({ status }) => status?.reason ?? '' },
    ageColumn,
    { name: 'VolumeMode', priority: 1, describedBy: `${spec}.volumeMode`, value: ({ spec }) => spec.volumeMode ?? '<unset>' },
  ],
});
