import type { ResourceV1ResourceClaim } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { defaultDeviceClaim } from './defaults/device-claim';
import { keepSpec, keepStatus } from './strategy';
import { validateResourceClaim, validateResourceClaimStatus, validateResourceClaimUpdate } from './validation/devices';

export const ResourceClaim = defineResource<ResourceV1ResourceClaim>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  names: { plural: 'resourceclaims', singular: 'resourceclaim' },
  scope: 'Namespaced',
  storagePrefix: 'resourceclaims',
  defaults: ({ spec }) => defaultDeviceClaim(spec?.devices),
  prepareForCreate(claim) {
    claim.status = {};
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validateResourceClaim,
  validateUpdate: validateResourceClaimUpdate,
  validateStatusUpdate: validateResourceClaimStatus,
  updateChecksAll: true,
  subresources: { status: true },
  allowUnconditionalUpdate: true,
  notSimulated: 'no device is allocated to claims',
  columns: [
    nameColumn,
    { name: 'State', description: 'A summary of the current state (allocated, pending, reserved, etc.).', value: state },
    ageColumn,
  ],
});

function state({ metadata, status }: ResourceV1ResourceClaim): string {
  const isDeleted = metadata.deletionTimestamp !== undefined;
  const allocated = status?.allocation ? ['allocated', ...(status.reservedFor?.length ? ['reserved'] : [])] : isDeleted ? [] : ['pending'];
  return [...(isDeleted ? ['deleted'] : []), ...allocated].join(',');
}
