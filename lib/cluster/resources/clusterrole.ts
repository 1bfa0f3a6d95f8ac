import type { V1ClusterRole } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { pathSegmentName } from './validation/names';
import { validateClusterRole } from './validation/rbac';

/** Its columns are Name and Created At: `kubectl` tells the age itself where the server does not. */
export const ClusterRole = defineResource<V1ClusterRole>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  names: { plural: 'clusterroles', singular: 'clusterrole' },
  scope: 'Cluster',
  storagePrefix: 'clusterroles',
  validateName: pathSegmentName,
  validate: validateClusterRole,
  /** The strategy asks twice what a create asks once. */
  validateUpdate: (role) => [...validateClusterRole(role), ...validateClusterRole(role)],
  updateChecksAll: true,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
});
