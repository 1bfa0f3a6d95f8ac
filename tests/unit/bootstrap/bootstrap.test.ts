import { dial, readKubeconfig } from '@/lib/cluster/bootstrap/connect';
import { parseCertificate, renderCertificate, renderKubeconfig } from '@/lib/cluster/bootstrap/kubeconfig';
import { controlPlaneManifests } from '@/lib/cluster/bootstrap/manifests';
import { parseTokenFile } from '@/lib/cluster/bootstrap/token-file';
import type { ApiRequest } from '@/lib/cluster/api';
import { memberOf } from '@/lib/cluster/etcd';
import { parse } from 'yaml';
import { freshCluster } from '../../support/template';

test('a kubeconfig says where the server is and who one is, by certificate or by token', () => {
  const subject = { commonName: 'kubernetes-admin', organizations: ['system:masters', 'dev'] };
  expect(readKubeconfig(renderKubeconfig({ server: 'https://172.18.0.2:6443', user: 'kubernetes-admin', subject }))).toMatchObject({
    server: 'https://172.18.0.2:6443',
    subject,
  });
  expect(readKubeconfig(renderKubeconfig({ server: 'http://127.0.0.1:1', user: 'me', token: 'secret' }))).toMatchObject({
    server: 'http://127.0.0.1:1',
    token: 'secret',
  });
  expect(readKubeconfig('a: [')).toBeUndefined();
  expect(readKubeconfig('{}')).toBeUndefined();
});

test('all that a request says reaches the server, and whoever has a certificate presents it', () => {
  const heard: ApiRequest[] = [];
  const network = { dialApi: () => (request: ApiRequest) => (heard.push(request), { status: 200, headers: {} }) };
  const place = { network, namespace: {}, files: { read: () => undefined } } as never;
  const [mine, theirs] = [
    { commonName: 'mine', organizations: [] },
    { commonName: 'theirs', organizations: [] },
  ];
  const request: Required<ApiRequest> = {
    method: 'POST',
    url: '/api',
    headers: { accept: 'application/json' },
    body: {},
    clientCertificate: theirs,
    withoutCertificate: false,
    actor: 'kubelet',
    isHeardInTrace: true,
  };
  const { withoutCertificate: _, ...sent } = request;
  dial(place, { server: 'https://a' })(request);
  dial(place, { server: 'https://a', subject: mine })(request);
  dial(place, { server: 'https://a', subject: mine })({ method: 'GET', url: '/', headers: {}, withoutCertificate: true });
  expect(heard).toEqual([sent, { ...sent, clientCertificate: mine }, { method: 'GET', url: '/', headers: {} }]);
});

test('who comes from outside with a certificate of his own is who it says', () => {
  const presented = { commonName: 'jane', organizations: [] };
  const { status, body } = freshCluster().api({ method: 'GET', url: '/api/v1/nodes', headers: {} }, { presented });
  expect([status, JSON.stringify(body)]).toEqual([403, expect.stringContaining('User \\"jane\\" cannot list resource')]);
});

test('a certificate that nobody here wrote names no subject', () => {
  expect(parseCertificate(renderCertificate({ commonName: 'a', organizations: [] }))).toEqual({ commonName: 'a', organizations: [] });
  expect(parseCertificate('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')).toBeUndefined();
});

test("a token file has kube-apiserver's own form", () => {
  expect(parseTokenFile('t1,admin,u1,"system:masters,dev"\n# note\nt2,alice,u2\n')).toEqual([
    { token: 't1', user: 'admin', uid: 'u1', groups: ['system:masters', 'dev'] },
    { token: 't2', user: 'alice', uid: 'u2', groups: [] },
  ]);
  expect(parseTokenFile('only,two\n')).toBe('line 1: token file needs at least 3 columns (token, user name, user uid), found 2');
  expect(parseTokenFile('a,b,c,"open\n')).toBe('line 1: a quote is not closed');
});

test("the control plane is four static Pods that share the node's network", () => {
  const manifests = Object.entries(
    controlPlaneManifests({ name: 'cp-1', ip: '172.18.0.2' }, [memberOf('cp-1', ['https://172.18.0.2:2380'])]),
  );
  expect(manifests.map(([name]) => name)).toEqual([
    'etcd.yaml',
    'kube-apiserver.yaml',
    'kube-controller-manager.yaml',
    'kube-scheduler.yaml',
  ]);
  for (const [, text] of manifests)
    expect(parse(text)).toMatchObject({
      kind: 'Pod',
      metadata: { namespace: 'kube-system' },
      spec: { hostNetwork: true, priorityClassName: 'system-node-critical' },
    });
});

test('a peer that is asked to promote what is no id knows no such member', () => {
  const { network } = freshCluster();
  const url = 'https://172.18.0.2:2380/members/promote/cp-1';
  const result = network.http(network.host('cp-1'), { method: 'POST', url, headers: {} });
  expect(result).toMatchObject({ type: 'response', response: { status: 404, body: 'member cp-1 not found in cluster\n' } });
});
