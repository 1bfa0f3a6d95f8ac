import { ApiBench } from '@/tests/support/api-server';

const rbac = '/apis/rbac.authorization.k8s.io/v1';

/** An API server with RBAC and no in-process trust: `admin` is in system:masters, `alice` in `dev`. */
function secured(etcd?: ApiBench['etcd']): ApiBench {
  const options: ConstructorParameters<typeof ApiBench>[0] = {
    authorizationModes: ['Node', 'RBAC'],
    trustsActors: false,
    tokens: [
      { token: 'admin', user: 'admin', uid: 'a', groups: ['system:masters'] },
      { token: 'alice', user: 'alice', uid: 'b', groups: ['dev'] },
    ],
  };
  return etcd ? new ApiBench(options, etcd) : new ApiBench(options);
}

const as = (token: string) => ({ authorization: `Bearer ${token}` });

function bench() {
  const api = secured();
  const must = (method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, body?: unknown) => {
    const { status, body: answer } = api.send(method, url, body, {
      ...as('admin'),
      ...(method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {}),
    });
    if (status >= 400) throw new Error((answer as { message: string }).message);
    return answer as any;
  };
  return { api, must };
}

const role = (name: string, rules: readonly object[], metadata: object = {}) => ({ metadata: { name, ...metadata }, rules });
const readPods = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] };
const toAlice = (kind: string, name: string) => ({
  metadata: { name: 'alice' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
  subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'alice' }],
});
const read = (api: ApiBench, path: string) => api.send('GET', `${rbac}/${path}`, undefined, as('admin')).body as any;
const listPods = (api: ApiBench, namespace: string) =>
  api.send('GET', `/api/v1/namespaces/${namespace}/pods`, undefined, as('alice')).status;

test('who has no binding may do nothing, and is told what was refused', () => {
  expect(bench().api.refusal('GET', '/api/v1/namespaces/default/pods', undefined, as('alice'))).toBe(
    '403 pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the namespace "default"',
  );
});

test('a RoleBinding grants a role in its namespace, until it goes', () => {
  const { api, must } = bench();
  must('POST', `${rbac}/namespaces/default/roles`, role('reader', [readPods]));
  must('POST', `${rbac}/namespaces/default/rolebindings`, toAlice('Role', 'reader'));
  expect([listPods(api, 'default'), listPods(api, 'kube-system')]).toEqual([200, 403]);
  must('DELETE', `${rbac}/namespaces/default/rolebindings/alice`);
  expect(listPods(api, 'default')).toBe(403);
});

test('a RoleBinding may grant a ClusterRole in its namespace alone', () => {
  const { api, must } = bench();
  must('POST', `${rbac}/clusterroles`, role('pods', [readPods]));
  must('POST', `${rbac}/namespaces/default/rolebindings`, toAlice('ClusterRole', 'pods'));
  expect([listPods(api, 'default'), listPods(api, 'kube-system')]).toEqual([200, 403]);
});

test('a binding to a role that is not there says so', () => {
  const { api, must } = bench();
  must('POST', `${rbac}/clusterrolebindings`, toAlice('ClusterRole', 'nope'));
  expect(api.refusal('GET', '/api/v1/nodes', undefined, as('alice'))).toBe(
    '403 nodes is forbidden: User "alice" cannot list resource "nodes" in API group "" at the cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io "nope" not found',
  );
});

test('a rule with resourceNames is about those objects, in a list by their name too', () => {
  const { api, must } = bench();
  must('POST', `${rbac}/namespaces/default/roles`, role('one', [{ ...readPods, resourceNames: ['web'] }]));
  must('POST', `${rbac}/namespaces/default/rolebindings`, toAlice('Role', 'one'));
  const status = (path: string) => api.send('GET', `/api/v1/namespaces/default/pods${path}`, undefined, as('alice')).status;
  expect([status('/web'), status('/other'), status(''), status('?fieldSelector=metadata.name%3Dweb')]).toEqual([404, 403, 403, 200]);
});

test('nobody grants what they do not hold', () => {
  const { api, must } = bench();
  const manage = { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['create'] };
  must('POST', `${rbac}/namespaces/default/roles`, role('manager', [manage, readPods]));
  must('POST', `${rbac}/namespaces/default/rolebindings`, toAlice('Role', 'manager'));
  const create = (rules: readonly object[]) =>
    api.send('POST', `${rbac}/namespaces/default/roles`, role('r', rules), as('alice')).body as { message: string; code?: number };
  expect(create([{ apiGroups: ['', 'apps'], resources: ['secrets'], verbs: ['get', 'list'] }, readPods]).message).toBe(
    [
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "alice" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:',
      '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
      '{APIGroups:["apps"], Resources:["secrets"], Verbs:["get" "list"]}',
    ].join('\n'),
  );
  expect(create([readPods]).code).toBeUndefined();
  expect(
    api.refusal(
      'POST',
      `${rbac}/namespaces/default/rolebindings`,
      { ...toAlice('ClusterRole', 'cluster-admin'), metadata: { name: 'more' } },
      as('alice'),
    ),
  ).toContain('is attempting to grant RBAC permissions not currently held:\n{APIGroups:["*"], Resources:["*"], Verbs:["*"]}');
});

test('who may escalate a role, or bind it, may give what they do not hold', () => {
  const { api, must } = bench();
  const group = 'rbac.authorization.k8s.io';
  must(
    'POST',
    `${rbac}/clusterroles`,
    role('manager', [
      { apiGroups: [group], resources: ['roles'], verbs: ['create', 'escalate'] },
      { apiGroups: [group], resources: ['rolebindings'], verbs: ['create'] },
      { apiGroups: [group], resources: ['clusterroles'], resourceNames: ['view'], verbs: ['bind'] },
    ]),
  );
  must('POST', `${rbac}/clusterrolebindings`, toAlice('ClusterRole', 'manager'));
  const status = (url: string, body: unknown) => api.send('POST', url, body, as('alice')).status;
  expect([
    status(`${rbac}/namespaces/default/roles`, role('all', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }])),
    status(`${rbac}/namespaces/default/rolebindings`, toAlice('ClusterRole', 'view')),
    status(`${rbac}/namespaces/default/rolebindings`, { ...toAlice('ClusterRole', 'edit'), metadata: { name: 'e' } }),
  ]).toEqual([201, 201, 201]);
});

test('an update that creates must be allowed to create', () => {
  const { api, must } = bench();
  must('POST', `${rbac}/clusterroles`, role('patcher', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['patch'] }]));
  must('POST', `${rbac}/clusterrolebindings`, toAlice('ClusterRole', 'patcher'));
  const apply = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };
  expect(
    api.refusal('PATCH', '/api/v1/namespaces/default/configmaps/c?fieldManager=x', apply, {
      ...as('alice'),
      'content-type': 'application/apply-patch+yaml',
    }),
  ).toBe('403 configmaps "c" is forbidden: User "alice" cannot create resource "configmaps" in API group "" in the namespace "default"');
});

test('the API server brings the roles every cluster has, and gives them back what they lost', () => {
  const { api, must } = bench();
  const names = (kind: string) =>
    (api.send('GET', `${rbac}/${kind}`, undefined, as('admin')).body as any).items.map((one: any) => one.metadata.name);
  expect(names('clusterroles')).toEqual(expect.arrayContaining(['admin', 'cluster-admin', 'edit', 'system:kube-scheduler', 'view']));
  expect(names('namespaces/kube-system/rolebindings')).toContain('system::leader-locking-kube-scheduler');
  must('PATCH', `${rbac}/clusterroles/system:basic-user`, { rules: [] });
  must('DELETE', `${rbac}/clusterrolebindings/system:discovery`);
  const again = secured(api.etcd);
  expect(read(again, 'clusterroles/system:basic-user').rules).toHaveLength(3);
  expect(read(again, 'clusterrolebindings/system:discovery').metadata.name).toBe('system:discovery');
});

test('a default role that says autoupdate is false is left as it is', () => {
  const { api, must } = bench();
  must('PATCH', `${rbac}/clusterroles/system:basic-user`, {
    metadata: { annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } },
    rules: [],
  });
  expect(read(secured(api.etcd), 'clusterroles/system:basic-user').rules ?? []).toHaveLength(0);
});

test('can I: yes, by which binding; no, and why nobody says', () => {
  const { api, must } = bench();
  must('POST', `${rbac}/clusterrolebindings`, toAlice('ClusterRole', 'cluster-admin'));
  const ask = (token: string, user?: string) => {
    const kind = user ? 'subjectaccessreviews' : 'selfsubjectaccessreviews';
    const spec = { ...(user ? { user } : {}), resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'default' } };
    return (api.send('POST', `/apis/authorization.k8s.io/v1/${kind}`, { spec }, as(token)).body as any).status;
  };
  expect(ask('alice')).toEqual({
    allowed: true,
    reason: 'RBAC: allowed by ClusterRoleBinding "alice" of ClusterRole "cluster-admin" to User "alice"',
  });
  expect(ask('admin')).toEqual({ allowed: true });
  expect(ask('admin', 'bob')).toEqual({ allowed: false });
});

test('what somebody may do in a namespace can be listed, but for what the Node authorizer would say', () => {
  const { api } = bench();
  const body = { spec: { namespace: 'default' } };
  const { status } = api.send('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', body, as('alice')).body as any;
  expect(status.resourceRules).toEqual([
    { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'] },
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  ]);
  expect(status).toMatchObject({ incomplete: true, evaluationError: 'node authorizer does not support user rule resolution' });
  expect(api.refusal('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', { spec: {} }, as('alice'))).toBe(
    '400 no namespace on request',
  );
});

test('to be somebody else takes the verb impersonate, or its constrained kin', () => {
  const { api, must } = bench();
  const bob = { ...as('alice'), 'impersonate-user': 'bob' };
  expect(api.refusal('GET', '/api/v1/nodes', undefined, bob)).toBe(
    '403 nodes is forbidden: User "alice" cannot impersonate-on:user-info:list resource "nodes" in API group "" at the cluster scope',
  );
  must(
    'POST',
    `${rbac}/clusterroles`,
    role('i', [{ apiGroups: [''], resources: ['users'], verbs: ['impersonate'], resourceNames: ['bob'] }]),
  );
  must('POST', `${rbac}/clusterrolebindings`, toAlice('ClusterRole', 'i'));
  expect(api.refusal('GET', '/api/v1/nodes', undefined, bob)).toBe(
    '403 nodes is forbidden: User "bob" cannot list resource "nodes" in API group "" at the cluster scope',
  );
  expect(api.send('GET', '/api/v1/nodes', undefined, { ...bob, 'impersonate-group': 'system:masters' }).status).toBe(403);
});

test('constrained impersonation allows the verbs it names and no others', () => {
  const { api, must } = bench();
  must('POST', `${rbac}/clusterroles`, {
    ...role('i', [
      { apiGroups: ['authentication.k8s.io'], resources: ['users', 'groups'], verbs: ['impersonate:user-info'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['impersonate-on:user-info:list'] },
    ]),
  });
  must('POST', `${rbac}/clusterrolebindings`, toAlice('ClusterRole', 'i'));
  const headers = { ...as('alice'), 'impersonate-user': 'bob', 'impersonate-group': 'g' };
  expect(api.refusal('GET', '/api/v1/pods', undefined, headers)).toContain('User "bob" cannot list');
  expect(api.refusal('GET', '/api/v1/pods/x', undefined, headers)).toContain('User "alice" cannot impersonate-on:user-info:');
});
