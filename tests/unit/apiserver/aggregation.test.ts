import type { HttpRequest, HttpResult } from '@/lib/cluster/network/types';
import { ApiBench } from '../../support/api-server';

const services = '/apis/apiregistration.k8s.io/v1/apiservices';
const metrics = '/apis/metrics.example.com/v1beta1';

const apiService = {
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: 'v1beta1.metrics.example.com' },
  spec: {
    group: 'metrics.example.com',
    version: 'v1beta1',
    groupPriorityMinimum: 100,
    versionPriority: 100,
    insecureSkipTLSVerify: true,
    service: { name: 'metrics', namespace: 'default' },
  },
};

const resources = [{ name: 'nodes', singularName: 'node', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] }];

/** A server behind the Service: it says what it serves, and who asked. */
function dial({ url, headers }: HttpRequest): HttpResult {
  const body = url.endsWith(metrics)
    ? { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'metrics.example.com/v1beta1', resources }
    : { kind: 'NodeMetricsList', items: [], asked: url, user: headers['x-remote-user'], headers };
  return {
    type: 'response',
    response: { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), tookMs: 0 },
    tookMs: 0,
    remoteIp: '10.244.1.5',
  } as HttpResult;
}

function bench(): ApiBench {
  const api = new ApiBench({ dial });
  api.kernel.runUntilIdle();
  return api;
}

function serve(api: ApiBench): void {
  api.create('/api/v1/namespaces/default/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'metrics' },
    spec: { clusterIP: '10.96.0.77', ports: [{ port: 443, targetPort: 4443 }] },
  });
  api.create('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'metrics-1', labels: { 'kubernetes.io/service-name': 'metrics' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.1.5'], conditions: { ready: true } }],
    ports: [{ name: '', port: 4443, protocol: 'TCP' }],
  });
  api.kernel.runUntilIdle();
}

const condition = (api: ApiBench) => api.get(`${services}/v1beta1.metrics.example.com`).status.conditions[0];

test('an aggregated API without its Service is not available, and says so', () => {
  const api = bench();
  api.create(services, apiService);
  api.kernel.runUntilIdle();
  expect(condition(api)).toMatchObject({
    status: 'False',
    reason: 'ServiceNotFound',
    message: 'service/metrics in "default" is not present',
  });
  expect(api.send('GET', `${metrics}/nodes`)).toMatchObject({ status: 503, body: 'service unavailable\n' });
});

test('an aggregated API is asked at its Service, in the name of who asked, as soon as that is there', () => {
  const api = bench();
  api.create(services, apiService);
  serve(api);
  expect(condition(api)).toMatchObject({ status: 'True', reason: 'Passed', message: 'all checks passed' });
  const answer = JSON.parse(api.send('GET', `${metrics}/nodes`).body as string);
  expect(answer).toMatchObject({ asked: `https://10.96.0.77:443${metrics}/nodes`, user: expect.any(String) });
});

test('nobody is another to an aggregated API by saying so in a header', () => {
  const api = bench();
  api.create(services, apiService);
  serve(api);
  const said = { 'x-remote-user': 'root', 'x-remote-group': 'system:masters', 'x-remote-uid': '0', 'x-remote-extra-scopes': 'all' };
  const { headers } = JSON.parse(api.send('GET', `${metrics}/nodes`, undefined, { ...said, 'x-other': 'kept' }).body as string);
  expect(headers).toMatchObject({ 'x-other': 'kept' });
  for (const [name, value] of Object.entries(said)) expect(headers[name]).not.toBe(value);
});

test('discovery tells of an aggregated API for as long as it is available', () => {
  const api = bench();
  serve(api);
  api.create(services, apiService);
  api.kernel.runUntilIdle();
  expect((api.send('GET', metrics).body as any).resources).toEqual(resources);
  api.send('DELETE', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/metrics-1');
  api.kernel.runUntilIdle();
  expect(condition(api)).toMatchObject({ status: 'False', reason: 'EndpointsNotFound' });
  expect((api.send('GET', '/apis').body as any).groups.map((one: any) => one.name)).not.toContain('metrics.example.com');
});

test('an API server that starts later goes on asking', () => {
  const first = bench();
  first.create(services, apiService);
  first.kernel.runUntilIdle();
  const second = new ApiBench({ dial }, first.etcd);
  serve(second);
  expect(condition(second).status).toBe('True');
});
