import type { V1Lease } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { validateLease } from './validation/other-kinds';

export const Lease = defineResource<V1Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  names: { plural: 'leases', singular: 'lease' },
  scope: 'Namespaced',
  storagePrefix: 'leases',
  validate: validateLease,
  allowCreateOnUpdate: true,
  columns: [
    nameColumn,
    { name: 'Holder', describedBy: 'io.k8s.api.coordination.v1.LeaseSpec.holderIdentity', value: ({ spec }) => spec?.holderIdentity ?? '' },
    ageColumn,
  ],
});
