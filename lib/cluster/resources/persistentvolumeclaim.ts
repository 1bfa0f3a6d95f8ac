import type { V1PersistentVolumeClaim } from '@/generated/kubernetes/types';
import { defineResource, Quantity } from '../api';
import { accessModesText, ageColumn, nameColumn } from './columns/shared';
import { defaultClaim } from './defaults/persistent-volume-claim';
import { keepSpec, keepStatus } from './strategy';
import { validateClaim, validateClaimStatus, validateClaimUpdate } from './validation/persistentvolumeclaim';
import { claimWarnings } from './warnings';

const spec = 'io.k8s.api.core.v1.PersistentVolumeClaimSpec';
const status = 'io.k8s.api.core.v1.PersistentVolumeClaimStatus';

export const PersistentVolumeClaim = defineResource<V1PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  names: { plural: 'persistentvolumeclaims', singular: 'persistentvolumeclaim', short: ['pvc'] },
  scope: 'Namespaced',
  returnsDeletedObject: true,
  notSimulated: 'no persistentvolume-binder finds or makes a volume for it',
  defaults: defaultClaim,
  prepareForCreate(claim) {
    claim.status = { phase: 'Pending' };
    pairDataSources(claim);
  },
  prepareForUpdate(claim, old) {
    keepStatus(claim, old);
    if (!old.spec.dataSource && !old.spec.dataSourceRef) pairDataSources(claim);
  },
  prepareForStatusUpdate: keepSpec,
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  validateStatusUpdate: validateClaimStatus,
  warnings: claimWarnings,
  subresources: { status: true },
  updateChecksAll: true,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    {
      name: 'Status',
      describedBy: `${status}.phase`,
      value: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')),
    },
    { name: 'Volume', describedBy: `${spec}.volumeName`, value: ({ spec }) => spec.volumeName ?? '' },
    {
      name: 'Capacity',
      describedBy: `${status}.capacity`,
      value: ({ spec, status }) => (spec.volumeName ? Quantity.of(status?.capacity?.['storage']).toString() : ''),
    },
    {
      name: 'Access Modes',
      describedBy: `${status}.accessModes`,
      value: ({ spec, status }) => (spec.volumeName ? accessModesText(status?.accessModes) : ''),
    },
    { name: 'StorageClass', describedBy: `${spec}.storageClassName`, value: classOf },
    {
      name: 'VolumeAttributesClass',
      describedBy: `${spec}.volumeAttributesClassName`,
      value: ({ spec }) => spec.volumeAttributesClassName ?? '<unset>',
    },
    ageColumn,
    { name: 'VolumeMode', priority: 1, describedBy: `${spec}.volumeMode`, value: ({ spec }) => spec.volumeMode ?? '<unset>' },
  ],
});

/** `dataSource` and its successor say the same (`NormalizeDataSources`); a source of another namespace has only the new words. */
function pairDataSources({ spec }: V1PersistentVolumeClaim): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { namespace: _, ...source } = dataSourceRef;
    spec.dataSource = source;
  }
}

function classOf({ metadata, spec }: V1PersistentVolumeClaim): string {
  return metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '';
}
