import { ApiBench, configMap, mediaTypes, podOf, serviceOf } from '../../support/api-server';

const maps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';
const services = '/api/v1/namespaces/default/services';
const tokens = [{ token: 'secret', user: 'alice', uid: 'u1', groups: ['dev'] }];

let api: ApiBench;
beforeEach(() => {
  api = new ApiBench({ tokens });
});

const outside = (url: string, headers: Record<string, string> = {}) => api.server.handle({ method: 'GET', url, headers });

test('a bearer token says who asks, a wrong one nobody', () => {
  expect(outside(maps, { authorization: 'Bearer secret' }).status).toBe(200);
  expect(outside(maps, { authorization: 'Bearer wrong' })).toMatchObject({
    status: 401,
    body: { message: 'Unauthorized', reason: 'Unauthorized' },
  });
});

test('who brings nothing may read the version and nothing else', () => {
  expect(outside('/version')).toMatchObject({ status: 200, body: { gitVersion: 'v1.36.0' } });
  expect(outside(pods).body).toMatchObject({
    code: 403,
    message: 'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default"',
  });
  expect(outside('/metrics').body).toMatchObject({ message: 'forbidden: User "system:anonymous" cannot get path "/metrics"' });
});

test('a client certificate names a user and groups', () => {
  const body = api.server.handle({
    method: 'POST',
    url: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    headers: {},
    body: {},
    clientCertificate: { commonName: 'system:node:worker-1', organizations: ['system:nodes'] },
  }).body;
  expect(body).toMatchObject({
    status: { userInfo: { username: 'system:node:worker-1', groups: ['system:nodes', 'system:authenticated'] } },
  });
});

test('a service account token is its account until it expires', () => {
  api.create('/api/v1/namespaces/default/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } });
  const { status } = api.create('/api/v1/namespaces/default/serviceaccounts/robot/token', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 600 },
  });
  const ask = () => outside(maps, { authorization: `Bearer ${status.token}` }).status;
  expect(ask()).toBe(200);
  api.kernel.runFor(601_000);
  expect(ask()).toBe(401);
});

test('unknown resources and groups are not found, each in its form', () => {
  expect(api.refusal('GET', '/api/v1/namespaces/default/widgets')).toBe('404 the server could not find the requested resource');
  expect(api.send('GET', '/apis/nope.example/v1/things')).toMatchObject({
    status: 404,
    body: '404 page not found\n',
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  });
  expect(api.refusal('PUT', maps, configMap('a'))).toBe('405 the server does not allow this method on the requested resource');
});

test('unknown fields warn, are refused, or are passed over, as asked', () => {
  const body = { ...configMap('a'), dtaa: { x: '1' } };
  expect(api.send('POST', `${maps}?dryRun=All`, body).headers['warning']).toBe('299 - "unknown field \\"dtaa\\""');
  expect(api.send('POST', `${maps}?dryRun=All&fieldValidation=Ignore`, body).headers['warning']).toBeUndefined();
  expect(api.refusal('POST', `${maps}?fieldValidation=Strict`, body)).toBe(
    '400 ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dtaa"',
  );
  const text = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","name":"b"},"dtaa":{}}';
  expect(api.refusal('POST', `${maps}?fieldValidation=Strict`, text)).toContain(
    'strict decoding error: duplicate field "metadata.name", unknown field "dtaa"',
  );
});

test('a body of another kind, or of none, is refused', () => {
  expect(api.refusal('POST', pods, serviceOf('x'))).toBe(
    '400 Service in version "v1" cannot be handled as a Pod: converting (v1.Service) to (core.Pod): unknown conversion',
  );
  expect(api.refusal('POST', maps, '{"a":')).toBe(
    `400 the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({"a":)`,
  );
  expect(api.refusal('POST', maps, 'x'.repeat(4_000_000))).toBe('413 Request entity too large: limit is 3145728');
  expect(api.refusal('POST', maps, '<a/>', { 'content-type': 'text/xml' })).toMatch(
    /^415 the body of the request was in an unknown format/,
  );
  expect(api.refusal('POST', maps, 'true')).toContain('json: cannot unmarshal bool into Go value of type struct');
});

test('YAML is read and written', () => {
  const response = api.send(
    'POST',
    maps,
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, annotations: {since: 2020-01-01}}\ndata: {a: "1"}\n',
    { 'content-type': 'application/yaml', accept: 'application/yaml' },
  );
  expect(response).toMatchObject({ status: 201, headers: { 'content-type': 'application/yaml' } });
  expect(response.body).toMatch(/^apiVersion: v1\ndata:\n {2}a: '1'\nkind: ConfigMap\nmetadata:\n/);
});

test('who asks for protobuf or JSON gets JSON, who takes neither nothing', () => {
  expect(
    api.send('GET', maps, undefined, { accept: 'application/vnd.kubernetes.protobuf, application/json' }).headers['content-type'],
  ).toBe('application/json');
  expect(api.send('GET', maps, undefined, { accept: 'text/plain' }).status).toBe(406);
});

test('a patch is refused in the words of upstream', () => {
  api.create(maps, configMap('a', { x: '1' }));
  const patch = (type: string, body: unknown) => api.refusal('PATCH', `${maps}/a`, body, { 'content-type': type });
  expect(patch(mediaTypes.json, {})).toBe('415 415: Unsupported Media Type');
  expect(patch(mediaTypes.jsonPatch, [{ op: 'test', path: '/data/x', value: '2' }])).toBe(
    '422 the server rejected our request due to an error in our request',
  );
  expect(patch(mediaTypes.merge, { metadata: { name: 'b' } })).toBe(
    '400 the name of the object (b) does not match the name on the URL (a)',
  );
  expect(patch(mediaTypes.merge, { metadata: { resourceVersion: '1' } })).toMatch(/^409 Operation cannot be fulfilled/);
});

test('admission completes a Pod', () => {
  const pod = api.create(pods, podOf('web'));
  expect(pod.spec).toMatchObject({ serviceAccountName: 'default', priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
  expect(pod.spec.tolerations.map((one: any) => `${one.key} ${one.tolerationSeconds}`)).toEqual([
    'node.kubernetes.io/not-ready 300',
    'node.kubernetes.io/unreachable 300',
  ]);
  expect(pod.spec.volumes[0].name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
  expect(pod.spec.containers[0].volumeMounts).toEqual([
    { name: pod.spec.volumes[0].name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
  ]);
});

test('admission refuses a Pod in no namespace, without its account, or with an unknown priority', () => {
  expect(api.refusal('POST', '/api/v1/namespaces/nope/pods', podOf('a'))).toBe('404 namespaces "nope" not found');
  expect(api.refusal('POST', pods, podOf('a', { serviceAccountName: 'robot' }))).toBe(
    '403 pods "a" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found',
  );
  expect(api.refusal('POST', pods, podOf('a', { priorityClassName: 'nope' }))).toBe(
    '403 pods "a" is forbidden: no PriorityClass with name nope was found',
  );
  expect(api.create(pods, podOf('b', { priorityClassName: 'system-node-critical' })).spec.priority).toBe(2_000_001_000);
});

test('an old namespace without its default account takes no Pods', () => {
  api.kernel.runFor(10_000);
  expect(api.refusal('POST', pods, podOf('a'))).toBe(
    '403 pods "a" is forbidden: error looking up service account default/default: serviceaccount "default" not found',
  );
});

test('a new Node takes no Pods yet, and the default namespace is never deleted', () => {
  expect(api.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } }).spec.taints).toEqual([
    { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
  ]);
  expect(api.refusal('DELETE', '/api/v1/namespaces/default')).toBe(
    '403 namespaces "default" is forbidden: this namespace may not be deleted',
  );
});

test('a Service gets an address and a node port nobody else has', () => {
  const first = api.create(services, serviceOf('a', { type: 'NodePort' })).spec;
  const second = api.create(services, serviceOf('b', { type: 'NodePort' })).spec;
  expect(first.clusterIP).toMatch(/^10\.96\.\d+\.\d+$/);
  expect(first.clusterIP).not.toBe(second.clusterIP);
  expect(first.ports[0].nodePort).toBeGreaterThanOrEqual(30_000);
  expect(first.ports[0].nodePort).not.toBe(second.ports[0].nodePort);
  expect(api.refusal('POST', services, serviceOf('c', { clusterIP: '10.96.0.1' }))).toBe(
    '422 Service "c" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.1"]: failed to allocate IP 10.96.0.1: provided IP is already allocated',
  );
  expect(
    api.refusal('POST', services, serviceOf('c', { type: 'NodePort', ports: [{ port: 1, nodePort: first.ports[0].nodePort }] })),
  ).toContain('provided port is already allocated');
});

test('logs come from the kubelet of the node, and its silence is told', () => {
  const logged: unknown[] = [];
  const notAsked = () => {
    throw new Error('not asked');
  };
  const kubelet = {
    logs: (node: string, _pod: unknown, options: object) => {
      logged.push([node, options]);
      return { body: 'hello\n' };
    },
    exec: notAsked,
    attach: notAsked,
    portForward: notAsked,
  };
  api = new ApiBench({ kubelet });
  api.create(pods, podOf('web'));
  expect(api.send('GET', `${pods}/web/log`).status).toBe(204);
  api.create(`${pods}/web/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'web' }, target: { name: 'n1' } });
  expect(api.send('GET', `${pods}/web/log?tailLines=5&timestamps=true`).body).toBe('hello\n');
  expect(logged).toEqual([['n1', { container: 'c', follow: false, previous: false, timestamps: true, tailLines: 5 }]]);
  expect(api.refusal('GET', `${pods}/web/log?container=x`)).toBe('400 container x is not valid for pod web');
});

test('an eviction deletes the Pod and says why', () => {
  api.create(pods, podOf('web', { terminationGracePeriodSeconds: 7 }));
  api.create(`${pods}/web/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'web' }, target: { name: 'n1' } });
  expect(api.send('POST', `${pods}/web/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web' } }).status).toBe(
    201,
  );
  expect(api.get(`${pods}/web`)).toMatchObject({
    metadata: { deletionGracePeriodSeconds: 7 },
    status: { conditions: [{ type: 'PodScheduled' }, { type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI' }] },
  });
});

test('discovery, legacy and aggregated, tells the same', () => {
  const legacy = (api.get('/api/v1') as any).resources.filter((one: any) => !one.name.includes('/')).map((one: any) => one.name);
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
  const aggregated = api.send('GET', '/api', undefined, { accept }).body as any;
  expect(aggregated.items[0].versions[0].resources.map((one: any) => one.resource)).toEqual(legacy);
  expect(api.get('/apis/apps')).toMatchObject({ kind: 'APIGroup', preferredVersion: { groupVersion: 'apps/v1' } });
});

test('OpenAPI carries what kubectl apply and explain look for', () => {
  const document = api.get('/openapi/v3/apis/apps/v1') as any;
  const patch = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch;
  expect(patch['x-kubernetes-group-version-kind']).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment' });
  expect(patch.parameters.map((one: any) => one.name)).toContain('fieldValidation');
  expect(document.components.schemas['io.k8s.api.core.v1.PodSpec'].properties.containers).toMatchObject({
    type: 'array',
    'x-kubernetes-patch-merge-key': 'name',
  });
});

test('a healthy server says so check by check', () => {
  expect(outside('/readyz')).toMatchObject({ status: 200, body: 'ok' });
  expect(String(outside('/readyz?verbose').body)).toMatch(/^\[\+\]ping ok\n[^]*readyz check passed\n$/);
});

test('a request that writes is in the trace with its object and revision, and its watch events come of it', () => {
  api.watch(`${maps}?watch=1&resourceVersion=${api.etcd.revision}`);
  api.create(maps, configMap('a'));
  const [request] = api.kernel.trace.about('ConfigMap/default/a');
  expect(request).toMatchObject({ kind: 'request', actor: 'test', what: `POST ${maps}`, revision: api.etcd.revision });
  api.kernel.runUntilIdle();
  expect(api.kernel.trace.causes(api.kernel.trace.lastId).map(({ id }) => id)).toContain(request?.id);
});
