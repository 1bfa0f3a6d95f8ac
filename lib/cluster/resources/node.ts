import type { V1Node } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { nodeColumns } from './columns/node';
import { roundUpToMilli } from './defaults/pod-spec';
import { keepSpec, keepStatus } from './strategy';

export const Node = defineResource<V1Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  names: { plural: 'nodes', singular: 'node', short: ['no'] },
  scope: 'Cluster',
  storagePrefix: 'minions',
  defaults({ status }) {
    if (!status) return;
    if (status.capacity) roundUpToMilli(status.capacity);
    if (status.allocatable) roundUpToMilli(status.allocatable);
    if (status.capacity) status.allocatable ??= { ...status.capacity };
  },
  /** A kubelet registers its Node with a status, which is kept. */
  prepareForCreate() {},
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  subresources: { status: true },
  allowUnconditionalUpdate: true,
  selectableFields: ({ spec }) => ({ 'spec.unschedulable': String(spec.unschedulable ?? false) }),
  columns: nodeColumns,
});
