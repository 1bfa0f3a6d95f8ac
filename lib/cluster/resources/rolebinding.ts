import type { V1RoleBinding } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { bindingColumns } from './columns/rbac';
import { pathSegmentName } from './validation/names';
import { defaultRbacGroups, validateRoleBinding, validateRoleRefUpdate } from './validation/rbac';

export const RoleBinding = defineResource<V1RoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  names: { plural: 'rolebindings', singular: 'rolebinding' },
  scope: 'Namespaced',
  storagePrefix: 'rolebindings',
  defaults: defaultRbacGroups,
  validateName: pathSegmentName,
  validate: validateRoleBinding,
  /** The strategy asks twice what a create asks once. */
  validateUpdate: (binding, old) => [
    ...validateRoleBinding(binding),
    ...validateRoleBinding(binding),
    ...validateRoleRefUpdate(binding, old),
  ],
  updateChecksAll: true,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  columns: bindingColumns('RoleBinding'),
});
