import { defaulted, refusalOf, rowOf, updateRefusalOf } from '../../support/objects';

const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
const role = (rule: object) => ({ metadata: { name: 'reader', namespace: 'default' }, rules: [rule] });
const binding = (more: object = {}) => ({
  metadata: { name: 'readers', namespace: 'default' },
  roleRef: { kind: 'Role', name: 'reader' },
  subjects: [{ kind: 'User', name: 'alice' }],
  ...more,
});

test.each([
  [{ ...rules[0], verbs: [] }, 'rules[0].verbs: Required value: verbs must contain at least one value'],
  [{ ...rules[0], resources: [] }, 'rules[0].resources: Required value: resource rules must supply at least one resource'],
  [{ ...rules[0], apiGroups: [] }, 'rules[0].apiGroups: Required value: resource rules must supply at least one api group'],
  [
    { nonResourceURLs: ['/healthz'], verbs: ['get'] },
    'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs',
  ],
])('a Role with rule %j is refused', (rule, why) => {
  expect(refusalOf('Role', role(rule))).toBe(`Role.rbac.authorization.k8s.io "reader" is invalid: ${why}`);
});

test('a ClusterRole may speak of URLs or of resources, in one rule not of both', () => {
  const clusterRole = (rule: object) => ({ metadata: { name: 'health' }, rules: [rule] });
  expect(refusalOf('ClusterRole', clusterRole({ nonResourceURLs: ['/healthz'], verbs: ['get'] }))).toBeUndefined();
  expect(refusalOf('ClusterRole', clusterRole({ ...rules[0], nonResourceURLs: ['/healthz'] }))).toBe(
    'ClusterRole.rbac.authorization.k8s.io "health" is invalid: rules[0].nonResourceURLs: Invalid value: ["/healthz"]: rules cannot apply to both regular resources and non-resource URLs',
  );
});

test('a ClusterRole that aggregates says which roles', () => {
  expect(refusalOf('ClusterRole', { metadata: { name: 'all' }, aggregationRule: {} })).toBe(
    'ClusterRole.rbac.authorization.k8s.io "all" is invalid: aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
  );
});

test('names of roles may be anything that fits into a URL', () => {
  expect(refusalOf('Role', { ...role(rules[0] ?? {}), metadata: { name: 'system:Reader', namespace: 'default' } })).toBeUndefined();
  expect(refusalOf('Role', { ...role(rules[0] ?? {}), metadata: { name: 'a/b', namespace: 'default' } })).toBe(
    `Role.rbac.authorization.k8s.io "a/b" is invalid: metadata.name: Invalid value: "a/b": may not contain '/'`,
  );
});

test('the group of roles, users and groups may be left out', () => {
  expect(defaulted('RoleBinding', binding())).toMatchObject({
    roleRef: { apiGroup: 'rbac.authorization.k8s.io' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io' }],
  });
  expect(defaulted('RoleBinding', binding({ subjects: [{ kind: 'ServiceAccount', name: 'a' }] })).subjects[0]).not.toHaveProperty(
    'apiGroup',
  );
});

test.each([
  [
    'RoleBinding',
    { roleRef: { kind: 'Pod', name: 'x' } },
    'roleRef.kind: Unsupported value: "Pod": supported values: "Role", "ClusterRole"',
  ],
  [
    'ClusterRoleBinding',
    { roleRef: { kind: 'Role', name: 'x' } },
    'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
  ],
  ['RoleBinding', { subjects: [{ kind: 'User' }] }, 'subjects[0].name: Required value'],
  [
    'ClusterRoleBinding',
    { roleRef: { kind: 'ClusterRole', name: 'x' }, subjects: [{ kind: 'ServiceAccount', name: 'a' }] },
    'subjects[0].namespace: Required value',
  ],
])('a %s with %j is refused', (kind, more, why) => {
  const metadata = kind === 'RoleBinding' ? binding().metadata : { name: 'readers' };
  expect(refusalOf(kind, { ...binding(more), metadata })).toBe(`${kind}.rbac.authorization.k8s.io "readers" is invalid: ${why}`);
});

test('what a binding refers to is chosen once', () => {
  expect(updateRefusalOf('RoleBinding', binding(), ({ roleRef }) => void (roleRef.name = 'writer'))).toBe(
    'RoleBinding.rbac.authorization.k8s.io "readers" is invalid: roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"writer"}: cannot change roleRef',
  );
});

test('the wide row of a binding tells whom it binds', () => {
  const subjects = [
    { kind: 'User', name: 'alice' },
    { kind: 'User', name: 'bob' },
    { kind: 'ServiceAccount', name: 'ci', namespace: 'build' },
  ];
  expect(rowOf('RoleBinding', defaulted('RoleBinding', binding({ subjects })))).toMatchObject({
    Role: 'Role/reader',
    Users: 'alice, bob',
    Groups: '',
    ServiceAccounts: 'build/ci',
  });
});
