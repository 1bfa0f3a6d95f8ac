import type { V1ServiceCIDR } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { keepSpec, keepStatus } from './strategy';
import { validateServiceCIDR, validateServiceCIDRUpdate } from './validation/networking';

export const ServiceCIDR = defineResource<V1ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  names: { plural: 'servicecidrs', singular: 'servicecidr' },
  scope: 'Cluster',
  storagePrefix: 'servicecidrs',
  prepareForCreate(range) {
    range.status = {};
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validateServiceCIDR,
  validateUpdate: validateServiceCIDRUpdate,
  subresources: { status: true },
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    { name: 'CIDRs', describedBy: 'io.k8s.api.networking.v1.ServiceCIDRSpec.cidrs', value: ({ spec }) => (spec?.cidrs ?? []).join(',') },
    ageColumn,
  ],
});
