import { ApiBench, podOf } from '@/tests/support/api-server';
import { selectPlugins, type AdmissionPlugin } from '@/lib/cluster/apiserver';
import type { ApiRequest } from '@/lib/cluster/api';

const core = '/api/v1/namespaces/default';

function bench() {
  const api = new ApiBench({ admission: selectPlugins(['NodeRestriction'], []) as readonly AdmissionPlugin[] });
  api.create(`${core}/serviceaccounts`, { metadata: { name: 'default' } });
  for (const name of ['worker-1', 'worker-2']) api.create('/api/v1/nodes', { metadata: { name } });
  for (const [name, nodeName] of [
    ['near', 'worker-1'],
    ['far', 'worker-2'],
  ])
    api.create(`${core}/pods`, podOf(name as string, { nodeName }));
  const kubelet = (method: ApiRequest['method'], url: string, body?: unknown) => {
    const { status, body: answer } = api.server.handle({
      method,
      url,
      headers: { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' },
      ...(body === undefined ? {} : { body }),
      clientCertificate: { commonName: 'system:node:worker-1', organizations: ['system:nodes'] },
    });
    return status < 400 ? `${status}` : `${status} ${(answer as { message: string }).message}`;
  };
  return { api, kubelet };
}

test('a kubelet creates mirror Pods of its own node and no others', () => {
  const { kubelet } = bench();
  expect(kubelet('POST', `${core}/pods`, podOf('mine', { nodeName: 'worker-1' }))).toBe(
    '403 pods "mine" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "worker-1" can only create mirror pods',
  );
  const mirror = (name: string, nodeName: string) => podOf(name, { nodeName }, { annotations: { 'kubernetes.io/config.mirror': 'x' } });
  expect(kubelet('POST', `${core}/pods`, mirror('m1', 'worker-1'))).toBe('201');
  expect(kubelet('POST', `${core}/pods`, mirror('m2', 'worker-2'))).toBe(
    '403 pods "m2" is forbidden: node "worker-1" can only create pods with spec.nodeName set to itself',
  );
});

test("a kubelet deletes its own Pods and says how they do, not others'", () => {
  const { kubelet } = bench();
  expect(kubelet('DELETE', `${core}/pods/far`)).toBe(
    '403 pods "far" is forbidden: node "worker-1" can only delete pods with spec.nodeName set to itself',
  );
  expect(kubelet('PATCH', `${core}/pods/far/status`, { status: { phase: 'Running' } })).toBe(
    '403 pods "far" is forbidden: node "worker-1" can only update pod status for pods with spec.nodeName set to itself',
  );
  expect(kubelet('PATCH', `${core}/pods/near/status`, { status: { phase: 'Running' } })).toBe('200');
});

test("a kubelet changes its own Node, but not its taints and not Kubernetes' labels", () => {
  const { kubelet } = bench();
  const labels = (more: object) => ({ metadata: { labels: more } });
  expect(kubelet('PATCH', '/api/v1/nodes/worker-2', labels({ a: 'b' }))).toBe(
    '403 nodes "worker-2" is forbidden: node "worker-1" is not allowed to modify node "worker-2"',
  );
  expect(kubelet('PATCH', '/api/v1/nodes/worker-1', labels({ a: 'b', 'node.kubernetes.io/x': 'y' }))).toBe('200');
  expect(kubelet('PATCH', '/api/v1/nodes/worker-1', labels({ 'node-restriction.kubernetes.io/fips': 'true' }))).toBe(
    '403 nodes "worker-1" is forbidden: node "worker-1" is not allowed to modify labels: node-restriction.kubernetes.io/fips',
  );
  expect(kubelet('PATCH', '/api/v1/nodes/worker-1', { spec: { taints: [] } })).toBe(
    '403 nodes "worker-1" is forbidden: node "worker-1" is not allowed to modify taints',
  );
});

test('a kubelet asks for tokens bound to Pods of its own', () => {
  const { api, kubelet } = bench();
  const url = `${core}/serviceaccounts/default/token`;
  const token = (name: string) => ({
    spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid: api.get(`${core}/pods/${name}`).metadata.uid } },
  });
  expect(kubelet('POST', url, { spec: {} })).toMatch(/node requested token not bound to a pod$/);
  expect(kubelet('POST', url, token('far'))).toMatch(/node requested token bound to a pod scheduled on a different node$/);
  expect(kubelet('POST', url, token('near'))).toBe('201');
});
