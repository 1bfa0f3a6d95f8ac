import type { V1ResourceQuota } from '@/generated/kubernetes/types';
import { compareBytes } from '@/lib/base';
import { defineResource, Quantity } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { keepSpec, keepStatus } from './strategy';
import { validateResourceQuota, validateResourceQuotaStatus, validateResourceQuotaUpdate } from './validation/resourcequota';

export const ResourceQuota = defineResource<V1ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  names: { plural: 'resourcequotas', singular: 'resourcequota', short: ['quota'] },
  scope: 'Namespaced',
  returnsDeletedObject: true,
  prepareForCreate(quota) {
    quota.status = {};
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validateResourceQuota,
  validateUpdate: validateResourceQuotaUpdate,
  validateStatusUpdate: validateResourceQuotaStatus,
  subresources: { status: true },
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    {
      name: 'Request',
      description: 'Request represents a minimum amount of cpu/memory that a container may consume.',
      value: (quota) => usage(quota, (name) => !name.startsWith('limits.')),
    },
    {
      name: 'Limit',
      description: 'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
      value: (quota) => usage(quota, (name) => name.startsWith('limits.')),
    },
    ageColumn,
  ],
});

/** `pods: 1/10, requests.cpu: 500m/1`. */
function usage({ status }: V1ResourceQuota, isShown: (name: string) => boolean): string {
  return Object.keys(status?.hard ?? {})
    .sort(compareBytes)
    .filter(isShown)
    .map((name) => `${name}: ${Quantity.of(status?.used?.[name])}/${Quantity.of(status?.hard?.[name])}`)
    .join(', ');
}
