import type { ApiRequest, ApiResponse } from '@/lib/cluster';
import { rewrittenPage, rewrittenUrl } from '@/lib/cluster/apiserver/proxy/rewriting';
import { freshCluster } from '../../support/template';
import { PodLab } from '../../support/pods';

let pods: PodLab;

beforeAll(() => {
  pods = new PodLab(freshCluster());
  pods.create('web', { containers: [{ image: 'nginx:1.27', ports: [{ containerPort: 80 }] }] }, { labels: { app: 'web' } });
  pods.create('echo', { containers: [{ image: 'registry.k8s.io/e2e-test-images/agnhost:2.53', args: ['netexec'] }] });
  const service = (name: string, ports: object[], selector = { app: name }) =>
    pods.admin.create('/api/v1/namespaces/default/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { selector, ports },
    });
  service('web', [{ name: 'http', port: 8080, targetPort: 80 }]);
  service('idle', [{ port: 80 }]);
  service('two', [{ name: 'a', port: 80 }, { name: 'b', port: 81, targetPort: 80 }], { app: 'web' }); // prettier-ignore
  pods.run(30_000);
});

function ask(path: string, request: Partial<ApiRequest> = {}): ApiResponse & { message: string } {
  const response = pods.admin.transport({ method: 'GET', url: `/api/v1/${path}`, headers: {}, ...request });
  return { ...response, message: (response.body as { message?: string })?.message ?? '' };
}

const inDefault = (path: string, request?: Partial<ApiRequest>) => ask(`namespaces/default/${path}`, request);

test.each([
  'pods/web/proxy/',
  'pods/web:80/proxy/',
  'pods/http:web:80/proxy/',
  'services/web/proxy/',
  'services/web:http/proxy/',
  'services/web:8080/proxy/',
  'services/two:b/proxy/',
])('a request to %s reaches the process in the Pod', (path) => {
  const { status, headers, body } = inDefault(path);
  expect([status, headers['content-type']]).toEqual([200, 'text/html']);
  expect(body).toContain('Welcome to nginx!');
});

test('a node stands for its kubelet, or for another port of the machine', () => {
  expect(ask('nodes/worker-1/proxy/healthz')).toMatchObject({ status: 200, body: 'ok' });
  expect(ask('nodes/worker-1:10255/proxy/healthz').message).toMatch(
    /^error trying to reach service: dial tcp 172\.18\.0\.\d+:10255: connect: connection refused$/,
  );
});

test('the path is kept as it is, the query with it, and who asks stays unknown', () => {
  inDefault('pods/web/proxy/a%20b/?x=1&y', { headers: { authorization: 'Bearer x', 'user-agent': 'me' }, clientCertificate: { commonName: 'a', organizations: ['system:masters'] } }); // prettier-ignore
  expect(pods.logs('web')).toMatch(/"GET \/a%20b\/\?x=1&y HTTP\/1\.1" 404 \d+ "-" "me"/);
});

test('what the server says goes through: its status, and its headers but those of the connection', () => {
  expect(inDefault('pods/web/proxy/nowhere').status).toBe(404);
  const head = inDefault('pods/web/proxy/', { method: 'HEAD' });
  expect(head.status).toBe(200);
  expect(head.headers['server']).toMatch(/^nginx/);
  expect(head.headers).not.toHaveProperty('connection');
  expect(inDefault('pods/web/proxy/', { method: 'POST', body: 'x' }).status).toBe(405);
});

test('without a slash at its end a page would not find what belongs to it', () => {
  expect(inDefault('pods/web/proxy?x=1')).toMatchObject({
    status: 301,
    headers: { location: '/api/v1/namespaces/default/pods/web/proxy/?x=1' },
  });
});

test.each([
  ['pods/none/proxy/', 404, 'pods "none" not found'],
  ['pods/a:b:c:d/proxy/', 400, 'invalid pod request "a:b:c:d"'],
  ['pods/ftp:web:80/proxy/', 400, 'invalid pod request "ftp:web:80"'],
  ['services/none/proxy/', 404, 'services "none" not found'],
  ['services/web:99/proxy/', 503, 'no service port 99 found for service "web"'],
  ['services/idle/proxy/', 503, 'no endpoints available for service "idle"'],
  ['services/two/proxy/', 503, 'no endpoints available for service "two"'],
])('%s is refused with %i', (path, status, message) => {
  expect(inDefault(path)).toMatchObject({ status, message });
});

test('links and redirects lead back through the proxy, others do not change', () => {
  const passage = { prefix: '/p/proxy', host: '10.0.0.1:80', askedHost: 'api' };
  expect(
    ['/a', '/', 'b', 'http://10.0.0.1:80/c', 'http://api/d', 'https://else/e', '/p/proxy/f', '#g'].map((url) => rewrittenUrl(url, passage)),
  ).toEqual(['/p/proxy/a', '/p/proxy/', 'b', '/p/proxy/c', '/p/proxy/d', 'https://else/e', '/p/proxy/f', '#g']);
  expect(rewrittenPage(`<a href="/x" title='/x'>/x</a><IMG src=/y><p cite="/z">`, passage)).toBe(
    `<a href="/p/proxy/x" title='/x'>/x</a><IMG src=/p/proxy/y><p cite="/z">`,
  );
});
