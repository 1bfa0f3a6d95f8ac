import type { V1VolumeAttributesClass } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { validateVolumeAttributesClass, validateVolumeAttributesClassUpdate } from './validation/storage';

export const VolumeAttributesClass = defineResource<V1VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  names: { plural: 'volumeattributesclasses', singular: 'volumeattributesclass', short: ['vac'] },
  scope: 'Cluster',
  returnsDeletedObject: true,
  storagePrefix: 'volumeattributesclasses',
  notSimulated: 'no driver changes volumes to suit it',
  validate: validateVolumeAttributesClass,
  validateUpdate: validateVolumeAttributesClassUpdate,
  updateChecksAll: true,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    {
      name: 'DriverName',
      describedBy: 'io.k8s.api.storage.v1.VolumeAttributesClass.driverName',
      value: ({ driverName }) => driverName ?? '',
    },
    ageColumn,
  ],
});
