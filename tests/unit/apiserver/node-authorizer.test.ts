import { ApiBench, configMap, podOf } from '@/tests/support/api-server';
import type { ApiRequest } from '@/lib/cluster/api';

/** worker-1 runs Pod `web`, which reads Secret `used` and ConfigMap `settings` as account `robot`. */
function bench() {
  const api = new ApiBench({
    authorizationModes: ['Node', 'RBAC'],
    trustsActors: false,
    tokens: [{ token: 'admin', user: 'admin', uid: 'a', groups: ['system:masters'] }],
  });
  const headers = { 'content-type': 'application/json' };
  const admin = (method: ApiRequest['method'], url: string, body: unknown) => {
    const response = api.send(method, url, body, { authorization: 'Bearer admin' });
    if (response.status >= 400) throw new Error((response.body as { message: string }).message);
  };
  const core = '/api/v1/namespaces/default';
  admin('POST', `${core}/serviceaccounts`, { metadata: { name: 'robot' } });
  for (const name of ['used', 'other']) admin('POST', `${core}/secrets`, { metadata: { name } });
  admin('POST', `${core}/configmaps`, configMap('settings'));
  admin(
    'POST',
    `${core}/pods`,
    podOf('web', {
      nodeName: 'worker-1',
      serviceAccountName: 'robot',
      containers: [{ name: 'c', image: 'nginx', envFrom: [{ configMapRef: { name: 'settings' } }] }],
      volumes: [{ name: 'v', secret: { secretName: 'used' } }],
    }),
  );
  admin('POST', `${core}/pods`, podOf('far', { nodeName: 'worker-2' }));
  const asNode = (name: string) => (method: ApiRequest['method'], url: string, body?: unknown) => {
    const { status, body: answer } = api.server.handle({
      method,
      url,
      headers,
      ...(body === undefined ? {} : { body }),
      clientCertificate: { commonName: `system:node:${name}`, organizations: ['system:nodes'] },
    });
    return status < 400 ? `${status}` : `${status} ${(answer as { message: string }).message}`;
  };
  return { core, near: asNode('worker-1'), far: asNode('worker-2') };
}

test('a kubelet reads the Secrets and ConfigMaps of its own Pods and no others', () => {
  const { core, near, far } = bench();
  expect([near('GET', `${core}/secrets/used`), near('GET', `${core}/configmaps/settings`)]).toEqual(['200', '200']);
  expect(far('GET', `${core}/secrets/used`)).toBe(
    `403 secrets "used" is forbidden: User "system:node:worker-2" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'worker-2' and this object`,
  );
  expect(near('GET', `${core}/secrets/other`)).toMatch(/^403 .*no relationship found between node 'worker-1' and this object$/);
  expect(near('GET', `${core}/secrets`)).toMatch(/: No Object name found$/);
  expect(near('DELETE', `${core}/secrets/used`)).toMatch(/: can only read resources of this type$/);
});

test('a kubelet watches a Secret it may read by its name', () => {
  const { core, near } = bench();
  expect(near('GET', `${core}/secrets?fieldSelector=metadata.name%3Dused&watch=1`)).toBe('200');
});

test('a kubelet lists its own Pods, not all', () => {
  const { near } = bench();
  expect(near('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dworker-1')).toBe('200');
  expect(near('GET', '/api/v1/pods')).toMatch(/: can only list\/watch pods with spec.nodeName field selector$/);
  expect(near('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dworker-2')).toMatch(/^403 /);
});

test('a kubelet reads its own Node and no other', () => {
  const { near } = bench();
  expect(near('GET', '/api/v1/nodes/worker-1')).toMatch(/^404 /);
  expect(near('GET', '/api/v1/nodes/worker-2')).toMatch(/: node 'worker-1' cannot read 'worker-2', only its own Node object$/);
});

test("a kubelet renews its own node's Lease", () => {
  const { near } = bench();
  const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
  const lease = (name: string) => ({ metadata: { name }, spec: {} });
  expect(near('POST', leases, lease('worker-1'))).toBe('201');
  expect(near('GET', `${leases}/worker-2`)).toMatch(/: can only access node lease with the same name as the requesting node$/);
  expect(near('GET', leases.replace('kube-node-lease', 'default'))).toMatch(
    /: can only get, create, update, patch, or delete a node lease$/,
  );
});

test('a kubelet asks for tokens of the accounts its Pods run as', () => {
  const { core, far } = bench();
  expect(far('POST', `${core}/serviceaccounts/robot/token`, { spec: {} })).toMatch(/no relationship found between node 'worker-2'/);
});

test('what is about no single object is decided by rule: Services yes, Deployments no', () => {
  const { near } = bench();
  expect(near('GET', '/api/v1/services')).toBe('200');
  expect(near('GET', '/apis/apps/v1/deployments')).toBe(
    '403 deployments.apps is forbidden: User "system:node:worker-1" cannot list resource "deployments" in API group "apps" at the cluster scope',
  );
});
