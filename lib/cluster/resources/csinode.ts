import type { V1CSINode } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { validateCSINode, validateCSINodeUpdate } from './validation/storage';

export const CSINode = defineResource<V1CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  names: { plural: 'csinodes', singular: 'csinode' },
  scope: 'Cluster',
  returnsDeletedObject: true,
  storagePrefix: 'csinodes',
  notSimulated: 'no scheduler counts the volumes of its drivers',
  validate: validateCSINode,
  validateUpdate: validateCSINodeUpdate,
  updateChecksAll: true,
  columns: [
    nameColumn,
    {
      name: 'Drivers',
      type: 'integer',
      describedBy: 'io.k8s.api.storage.v1.CSINodeSpec.drivers',
      value: ({ spec }) => spec.drivers?.length ?? 0,
    },
    ageColumn,
  ],
});
