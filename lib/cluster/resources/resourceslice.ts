import type { V1ResourceSlice } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { validateResourceSlice, validateResourceSliceUpdate } from './validation/devices';

const prefix = 'io.k8s.api.resource.v1';

export const ResourceSlice = defineResource<V1ResourceSlice>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  names: { plural: 'resourceslices', singular: 'resourceslice' },
  scope: 'Cluster',
  storagePrefix: 'resourceslices',
  prepareForCreate: timeTaints,
  prepareForUpdate: (slice, _old, context) => timeTaints(slice, context),
  validate: validateResourceSlice,
  validateUpdate: validateResourceSliceUpdate,
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  notSimulated: 'no scheduler allocates its devices',
  selectableFields: ({ spec }) => ({ 'spec.nodeName': spec?.nodeName ?? '', 'spec.driver': spec?.driver ?? '' }),
  columns: [
    nameColumn,
    { name: 'Node', describedBy: `${prefix}.ResourceSliceSpec.nodeName`, value: ({ spec }) => spec?.nodeName ?? '' },
    { name: 'Driver', describedBy: `${prefix}.ResourceSliceSpec.driver`, value: ({ spec }) => spec?.driver ?? '' },
    { name: 'Pool', describedBy: `${prefix}.ResourcePool.name`, value: ({ spec }) => spec?.pool?.name ?? '' },
    ageColumn,
  ],
});

/** A taint knows since when it is there. */
function timeTaints({ spec }: V1ResourceSlice, { now }: { readonly now: string }): void {
  for (const { taints } of spec?.devices ?? []) for (const taint of taints ?? []) taint.timeAdded ??= now as never;
}
