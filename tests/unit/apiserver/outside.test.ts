import { ApiBench } from '@/tests/support/api-server';
import type { ApiRequest } from '@/lib/cluster/api';

function outside(api: ApiBench) {
  return (method: ApiRequest['method'], url: string, headers: Record<string, string> = {}, body?: unknown) =>
    api.server.handle({ method, url, headers, ...(body === undefined ? {} : { body }) });
}

const tokens = [
  { token: 'admin', user: 'admin', uid: 'a', groups: ['system:masters'] },
  { token: 'alice', user: 'alice', uid: 'b', groups: ['dev'] },
];

test('an answer says which flow schema and priority level its request fell under', () => {
  const api = new ApiBench({ tokens });
  const send = outside(api);
  const uid = (kind: string, name: string) => api.get(`/apis/flowcontrol.apiserver.k8s.io/v1/${kind}/${name}`).metadata.uid;
  const flow = (token: string, url: string) => {
    const { headers } = send('GET', url, { authorization: `Bearer ${token}` });
    return [headers['x-kubernetes-pf-flowschema-uid'], headers['x-kubernetes-pf-prioritylevel-uid']];
  };
  expect(flow('admin', '/api/v1/pods')).toEqual([uid('flowschemas', 'exempt'), uid('prioritylevelconfigurations', 'exempt')]);
  expect(flow('alice', '/api/v1/pods')).toEqual([
    uid('flowschemas', 'global-default'),
    uid('prioritylevelconfigurations', 'global-default'),
  ]);
  expect(flow('alice', '/healthz')).toEqual([uid('flowschemas', 'probes'), uid('prioritylevelconfigurations', 'exempt')]);
});

test('every answer to the outside has an audit id of its own and is not to be cached', () => {
  const send = outside(new ApiBench({ tokens }));
  const [a, b] = [send('GET', '/version').headers, send('GET', '/version').headers];
  expect(a['audit-id']).not.toBe(b['audit-id']);
  expect(a['cache-control']).toBe('no-cache, private');
});

test('a bootstrap token is good for what its Secret says, until it expires', () => {
  const api = new ApiBench({ tokens });
  const send = outside(api);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const secret = (expiration: string) => ({
    metadata: { name: 'bootstrap-token-abcdef' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(
      Object.entries({
        'token-id': 'abcdef',
        'token-secret': '0123456789abcdef',
        'usage-bootstrap-authentication': 'true',
        'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
        expiration,
      }).map(([key, value]) => [key, base64(value)]),
    ),
  });
  const who = () => {
    const headers = { authorization: 'Bearer abcdef.0123456789abcdef', 'content-type': 'application/json' };
    const { status, body } = send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', headers, {});
    return status === 201 ? (body as any).status.userInfo : status;
  };
  expect(who()).toBe(401);
  api.create('/api/v1/namespaces/kube-system/secrets', secret('2026-01-06T00:00:00Z'));
  expect(who()).toEqual({
    username: 'system:bootstrap:abcdef',
    groups: ['system:bootstrappers', 'system:bootstrappers:kubeadm:default-node-token', 'system:authenticated'],
  });
  api.kernel.runFor(24 * 3_600_000);
  expect(who()).toBe(401);
});

test('a token is refused by whom it was not meant for', () => {
  const api = new ApiBench({ tokens });
  const send = outside(api);
  api.create('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } });
  const token = (audiences: string[]) =>
    api.create('/api/v1/namespaces/default/serviceaccounts/robot/token', { spec: { audiences } })['status'].token as string;
  const status = (audiences: string[]) => send('GET', '/api/v1/pods', { authorization: `Bearer ${token(audiences)}` }).status;
  expect([status([]), status(['vault'])]).toEqual([200, 401]);
  const review = (audiences: string[]) =>
    api.create('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: token(['vault']), audiences } })['status'];
  expect(review(['vault', 'other'])).toMatchObject({ authenticated: true, audiences: ['vault'] });
  expect(review(['other']).error).toBe('[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["other"]]');
});

test('HEAD and OPTIONS are not for objects', () => {
  const send = outside(new ApiBench({ tokens }));
  const status = (method: ApiRequest['method']) => send(method, '/api/v1/pods', { authorization: 'Bearer admin' }).status;
  expect([status('HEAD'), status('OPTIONS')]).toEqual([405, 405]);
});
