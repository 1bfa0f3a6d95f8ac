import type { V1DeviceClass } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { validateDeviceClass } from './validation/devices';

export const DeviceClass = defineResource<V1DeviceClass>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  names: { plural: 'deviceclasses', singular: 'deviceclass' },
  scope: 'Cluster',
  storagePrefix: 'deviceclasses',
  validate: validateDeviceClass,
  updateChecksAll: true,
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  notSimulated: 'no scheduler allocates devices of it',
  columns: [nameColumn, ageColumn],
});
