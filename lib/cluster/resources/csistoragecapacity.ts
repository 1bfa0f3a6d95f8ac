import type { V1CSIStorageCapacity } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { validateCSIStorageCapacity, validateCSIStorageCapacityUpdate } from './validation/storage';

export const CSIStorageCapacity = defineResource<V1CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  names: { plural: 'csistoragecapacities', singular: 'csistoragecapacity' },
  scope: 'Namespaced',
  returnsDeletedObject: true,
  storagePrefix: 'csistoragecapacities',
  notSimulated: 'no scheduler looks for room by it',
  validate: validateCSIStorageCapacity,
  validateUpdate: validateCSIStorageCapacityUpdate,
});
