import type { V1Node } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { nodeColumns } from './columns/node';
import { roundUpToMilli } from './defaults/pod-spec';
import { keepSpec, keepStatus } from './strategy';
import { validateNode, validateNodeUpdate } from './validation/node';

export const Node = defineResource<V1Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  names: { plural: 'nodes', singular: 'node', short: ['no'] },
  scope: 'Cluster',
  storagePrefix: 'minions',
  defaults(node) {
    if (node.spec) pairPodCidrs(node.spec);
    defaultStatus(node);
  },
  defaultStatus,
  /** A kubelet registers its Node with a status, which is kept; configuration from a ConfigMap is long gone. */
  prepareForCreate({ spec }) {
    delete spec.configSource;
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: validateNodeUpdate,
  subresources: { status: true },
  allowUnconditionalUpdate: true,
  selectableFields: ({ spec }) => ({ 'spec.unschedulable': String(spec.unschedulable ?? false) }),
  columns: nodeColumns,
});

function defaultStatus({ status }: V1Node): void {
  if (!status) return;
  if (status.capacity) roundUpToMilli(status.capacity);
  if (status.allocatable) roundUpToMilli(status.allocatable);
  if (status.capacity) status.allocatable ??= { ...status.capacity };
}

/** `podCIDR` is the first of `podCIDRs`, whichever of the two was given. */
function pairPodCidrs(spec: V1Node['spec']): void {
  if (spec.podCIDR && !spec.podCIDRs?.length) spec.podCIDRs = [spec.podCIDR];
  if (spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0];
}
