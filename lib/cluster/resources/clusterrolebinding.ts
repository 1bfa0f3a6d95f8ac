import type { V1ClusterRoleBinding } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { bindingColumns } from './columns/rbac';
import { pathSegmentName } from './validation/names';
import { defaultRbacGroups, validateClusterRoleBinding, validateRoleRefUpdate } from './validation/rbac';

export const ClusterRoleBinding = defineResource<V1ClusterRoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  names: { plural: 'clusterrolebindings', singular: 'clusterrolebinding' },
  scope: 'Cluster',
  storagePrefix: 'clusterrolebindings',
  defaults: defaultRbacGroups,
  validateName: pathSegmentName,
  validate: validateClusterRoleBinding,
  /** The strategy asks twice what a create asks once. */
  validateUpdate: (binding, old) => [
    ...validateClusterRoleBinding(binding),
    ...validateClusterRoleBinding(binding),
    ...validateRoleRefUpdate(binding, old),
  ],
  updateChecksAll: true,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  columns: bindingColumns('ClusterRoleBinding'),
});
