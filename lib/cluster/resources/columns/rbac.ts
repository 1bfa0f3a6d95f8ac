import type { RbacV1Subject, V1ClusterRoleBinding, V1RoleBinding } from '@/generated/kubernetes/types';
import type { TableColumn } from '../../api';
import { ageColumn, nameColumn } from './shared';

type Binding = V1RoleBinding | V1ClusterRoleBinding;

/** `printRoleBinding`, `printClusterRoleBinding`. */
export function bindingColumns(kind: string): TableColumn<Binding>[] {
  const shown = kind.charAt(0).toLowerCase() + kind.slice(1);
  const subjects = (name: string, of: string, text: (subject: RbacV1Subject) => string): TableColumn<Binding> => ({
    name,
    priority: 1,
    description: `${name} in the ${shown}`,
    value: (binding) =>
      (binding.subjects ?? [])
        .filter((subject) => subject.kind === of)
        .map(text)
        .join(', '),
  });
  return [
    nameColumn,
    {
      name: 'Role',
      describedBy: `io.k8s.api.rbac.v1.${kind}.roleRef`,
      value: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`,
    },
    ageColumn,
    subjects('Users', 'User', ({ name }) => name),
    subjects('Groups', 'Group', ({ name }) => name),
    subjects('ServiceAccounts', 'ServiceAccount', ({ namespace, name }) => `${namespace ?? ''}/${name}`),
  ];
}
