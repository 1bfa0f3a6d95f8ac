import type { RbacV1Subject, V1ClusterRole, V1PolicyRule, V1Role, V1RoleBinding } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { goValue } from './go-value';
import { validateLabelSelector } from './label-selector';
import { dnsSubdomain, invalidEach, pathSegmentName } from './names';

// `pkg/apis/rbac/validation`.

export const rbacGroup = 'rbac.authorization.k8s.io';

export function validateRole({ rules }: V1Role): FieldError[] {
  return validateRules(rules, { isNamespaced: true });
}

export function validateClusterRole({ rules, aggregationRule }: V1ClusterRole): FieldError[] {
  const errors = validateRules(rules, { isNamespaced: false });
  if (!aggregationRule) return errors;
  const path = FieldPath.of('aggregationRule').child('clusterRoleSelectors');
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0)
    return [...errors, fieldError.required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  const wrong = selectors.flatMap((selector, index) => {
    const found = validateLabelSelector(selector, path.index(index));
    return found.length > 0 ? [...found, fieldError.invalid(path.index(index), null, 'invalid label selector.')] : [];
  });
  return [...errors, ...wrong];
}

function validateRules(rules: readonly V1PolicyRule[] | undefined, scope: { readonly isNamespaced: boolean }): FieldError[] {
  return (rules ?? []).flatMap((rule, index) => validateRule(rule, scope, FieldPath.of('rules').index(index)));
}

function validateRule(rule: V1PolicyRule, { isNamespaced }: { readonly isNamespaced: boolean }, path: FieldPath): FieldError[] {
  const { verbs = [], nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  const required = (field: string, detail: string) => fieldError.required(path.child(field), detail);
  const refusedUrls = (why: string) => fieldError.invalid(path.child('nonResourceURLs'), nonResourceURLs, why);
  const noVerbs = verbs?.length ? [] : [required('verbs', 'verbs must contain at least one value')];
  if (nonResourceURLs.length > 0) {
    const isBoth = apiGroups.length + resources.length + resourceNames.length > 0;
    return [
      ...noVerbs,
      ...(isNamespaced ? [refusedUrls('namespaced rules cannot apply to non-resource URLs')] : []),
      ...(isBoth ? [refusedUrls('rules cannot apply to both regular resources and non-resource URLs')] : []),
    ];
  }
  return [
    ...noVerbs,
    ...(apiGroups.length === 0 ? [required('apiGroups', 'resource rules must supply at least one api group')] : []),
    ...(resources.length === 0 ? [required('resources', 'resource rules must supply at least one resource')] : []),
  ];
}

/** The group that may be left out of references to roles, users and groups (`SetDefaults_RoleBinding`). */
export function defaultRbacGroups({ roleRef, subjects }: Partial<Binding>): void {
  if (roleRef) roleRef.apiGroup ||= rbacGroup;
  for (const subject of subjects ?? []) if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= rbacGroup;
}

type Binding = Pick<V1RoleBinding, 'roleRef' | 'subjects'>;

export function validateRoleBinding(binding: V1RoleBinding): FieldError[] {
  return validateBinding(binding, ['Role', 'ClusterRole'], { isNamespaced: true });
}

export function validateClusterRoleBinding(binding: Binding): FieldError[] {
  return validateBinding(binding, ['ClusterRole'], { isNamespaced: false });
}

function validateBinding(
  { roleRef, subjects = [] }: Binding,
  kinds: readonly string[],
  { isNamespaced }: { readonly isNamespaced: boolean },
): FieldError[] {
  const path = FieldPath.of('roleRef');
  const name = roleRef.name ?? '';
  return [
    ...(roleRef.apiGroup === rbacGroup ? [] : [fieldError.notSupported(path.child('apiGroup'), roleRef.apiGroup ?? '', [rbacGroup])]),
    ...(kinds.includes(roleRef.kind) ? [] : [fieldError.notSupported(path.child('kind'), roleRef.kind ?? '', kinds)]),
    ...(name ? invalidEach(path.child('name'), name, pathSegmentName(name)) : [fieldError.required(path.child('name'))]),
    ...subjects.flatMap((subject, index) => validateSubject(subject, isNamespaced, FieldPath.of('subjects').index(index))),
  ];
}

function validateSubject(
  { kind, name = '', apiGroup = '', namespace }: RbacV1Subject,
  isNamespaced: boolean,
  path: FieldPath,
): FieldError[] {
  const missing = name ? [] : [fieldError.required(path.child('name'))];
  const groupIs = (group: string) => (apiGroup === group ? [] : [fieldError.notSupported(path.child('apiGroup'), apiGroup, [group])]);
  switch (kind) {
    case 'ServiceAccount':
      return [
        ...missing,
        ...(name ? invalidEach(path.child('name'), name, dnsSubdomain(name)) : []),
        ...groupIs(''),
        ...(isNamespaced || namespace ? [] : [fieldError.required(path.child('namespace'))]),
      ];
    case 'User':
    case 'Group':
      return [...missing, ...groupIs(rbacGroup)];
    default:
      return [...missing, fieldError.notSupported(path.child('kind'), kind ?? '', ['ServiceAccount', 'User', 'Group'])];
  }
}

export function validateRoleRefUpdate(binding: Binding, old: Binding): FieldError[] {
  if (deepEqual(binding.roleRef, old.roleRef)) return [];
  return [fieldError.invalid(FieldPath.of('roleRef'), goValue('RoleRef', binding.roleRef), 'cannot change roleRef')];
}
