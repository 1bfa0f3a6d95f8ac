import type { V1StorageClass } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { validateStorageClass, validateStorageClassUpdate } from './validation/storage';

const prefix = 'io.k8s.api.storage.v1.StorageClass';

export const StorageClass = defineResource<V1StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  names: { plural: 'storageclasses', singular: 'storageclass', short: ['sc'] },
  scope: 'Cluster',
  returnsDeletedObject: true,
  storagePrefix: 'storageclasses',
  defaults(storageClass) {
    storageClass.reclaimPolicy ??= 'Delete';
    storageClass.volumeBindingMode ??= 'Immediate';
  },
  validate: validateStorageClass,
  validateUpdate: validateStorageClassUpdate,
  allowUnconditionalUpdate: true,
  columns: [
    {
      ...nameColumn,
      value: ({ metadata }) => (isDefault(metadata.annotations) ? `${metadata.name} (default)` : metadata.name),
    },
    { name: 'Provisioner', describedBy: `${prefix}.provisioner`, value: ({ provisioner }) => provisioner ?? '' },
    { name: 'ReclaimPolicy', describedBy: `${prefix}.reclaimPolicy`, value: ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete' },
    {
      name: 'VolumeBindingMode',
      describedBy: `${prefix}.volumeBindingMode`,
      value: ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate',
    },
    {
      name: 'AllowVolumeExpansion',
      describedBy: `${prefix}.allowVolumeExpansion`,
      value: ({ allowVolumeExpansion }) => String(allowVolumeExpansion ?? false),
    },
    ageColumn,
  ],
});

function isDefault(annotations: Readonly<Record<string, string>> | undefined): boolean {
  return (
    annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' ||
    annotations?.['storageclass.beta.kubernetes.io/is-default-class'] === 'true'
  );
}
