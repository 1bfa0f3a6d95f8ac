import type { V1Role } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { pathSegmentName } from './validation/names';
import { validateRole } from './validation/rbac';

/** Its columns are Name and Created At: `kubectl` tells the age itself where the server does not. */
export const Role = defineResource<V1Role>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  names: { plural: 'roles', singular: 'role' },
  scope: 'Namespaced',
  storagePrefix: 'roles',
  validateName: pathSegmentName,
  validate: validateRole,
  /** The strategy asks twice what a create asks once. */
  validateUpdate: (role) => [...validateRole(role), ...validateRole(role)],
  updateChecksAll: true,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
});
