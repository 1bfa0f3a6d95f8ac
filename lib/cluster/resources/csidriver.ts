import type { V1CSIDriver } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { validateCSIDriver, validateCSIDriverUpdate } from './validation/storage';

const spec = 'io.k8s.api.storage.v1.CSIDriverSpec';

export const CSIDriver = defineResource<V1CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  names: { plural: 'csidrivers', singular: 'csidriver' },
  scope: 'Cluster',
  returnsDeletedObject: true,
  storagePrefix: 'csidrivers',
  notSimulated: 'no node mounts volumes of this driver',
  defaults({ spec }) {
    if (!spec) return;
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent'];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  validate: validateCSIDriver,
  validateUpdate: validateCSIDriverUpdate,
  hasGeneration: true,
  columns: [
    nameColumn,
    { name: 'AttachRequired', type: 'boolean', describedBy: `${spec}.attachRequired`, value: ({ spec }) => spec.attachRequired ?? true },
    { name: 'PodInfoOnMount', type: 'boolean', describedBy: `${spec}.podInfoOnMount`, value: ({ spec }) => spec.podInfoOnMount ?? false },
    {
      name: 'StorageCapacity',
      type: 'boolean',
      describedBy: `${spec}.storageCapacity`,
      value: ({ spec }) => spec.storageCapacity ?? false,
    },
    {
      name: 'TokenRequests',
      describedBy: `${spec}.tokenRequests`,
      value: ({ spec }) => (spec.tokenRequests ?? []).map(({ audience }) => audience).join(',') || '<unset>',
    },
    {
      name: 'RequiresRepublish',
      type: 'boolean',
      describedBy: `${spec}.requiresRepublish`,
      value: ({ spec }) => spec.requiresRepublish ?? false,
    },
    {
      name: 'Modes',
      describedBy: `${spec}.volumeLifecycleModes`,
      value: ({ spec }) => (spec.volumeLifecycleModes ?? []).join(',') || '<none>',
    },
    ageColumn,
  ],
});
