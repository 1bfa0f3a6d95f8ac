import { ApiBench } from '../../support/api-server';

function metrics(bench: ApiBench): string[] {
  const { body, headers } = bench.send('GET', '/metrics');
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8; escaping=underscores');
  return String(body).split('\n');
}

test('every request is counted by what it asked and how it was answered', () => {
  const bench = new ApiBench();
  bench.send('GET', '/api/v1/namespaces/default/configmaps/absent');
  bench.send('GET', '/api/v1/namespaces/default/configmaps/other');
  bench.send('GET', '/api/v1/pods?limit=1');
  const lines = metrics(bench);
  expect(lines).toContain('# TYPE apiserver_request_total counter');
  expect(lines).toContain(
    'apiserver_request_total{code="404",component="apiserver",dry_run="",group="",resource="configmaps",scope="resource",subresource="",verb="GET",version="v1"} 2',
  );
  expect(lines).toContain(
    'apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="cluster",subresource="",verb="LIST",version="v1"} 1',
  );
  expect(lines).toContain(
    'apiserver_request_duration_seconds_bucket{component="apiserver",dry_run="",group="",le="+Inf",resource="configmaps",scope="resource",subresource="",verb="GET",version="v1"} 2',
  );
});

test('objects and watches are counted as they are', () => {
  const bench = new ApiBench();
  bench.create('/api/v1/namespaces/default/configmaps', { metadata: { name: 'a' } });
  bench.send('GET', '/api/v1/configmaps?watch=1').stream?.start({ write() {}, end() {} });
  const lines = metrics(bench);
  expect(lines).toContain('apiserver_storage_objects{resource="configmaps"} 1');
  expect(lines).toContain('apiserver_storage_objects{resource="namespaces"} 4');
  expect(lines).toContain(
    'apiserver_longrunning_requests{component="apiserver",group="",resource="configmaps",scope="cluster",subresource="",verb="WATCH",version="v1"} 1',
  );
});

test('paths that a client makes up do not grow without end', () => {
  const bench = new ApiBench();
  for (let path = 0; path < 6000; path++) bench.send('GET', `/made/up/${path}`);
  expect(metrics(bench).filter((line) => line.startsWith('apiserver_request_total{')).length).toBeLessThanOrEqual(5000);
});

test('health checks may be left out one by one', () => {
  const bench = new ApiBench();
  const lines = String(bench.send('GET', '/livez?verbose&exclude=etcd&exclude=unknown').body).split('\n');
  expect(lines).toContain('[+]etcd excluded: ok');
  expect(lines).toContain('warn: some health checks cannot be excluded: no matches for "unknown"');
  expect(lines).toContain('livez check passed');
  expect(bench.send('GET', '/livez/poststarthook/rbac/bootstrap-roles').body).toBe('ok');
  expect(String(bench.send('GET', '/metrics/slis').body)).toContain('kubernetes_healthcheck{name="ping",type="livez"} 1');
});

test('who may check service account tokens is told where', () => {
  const bench = new ApiBench();
  expect(bench.send('GET', '/.well-known/openid-configuration').body).toMatchObject({
    issuer: 'https://kubernetes.default.svc.cluster.local',
    jwks_uri: 'https://172.18.0.2:6443/openid/v1/jwks',
  });
  expect(bench.send('GET', '/openid/v1/jwks', undefined, { accept: 'application/json' }).status).toBe(406);
});
