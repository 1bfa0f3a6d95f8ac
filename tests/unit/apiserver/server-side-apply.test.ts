import { ApiBench, configMap, deploymentOf, mediaTypes, podOf } from '../../support/api-server';

const maps = '/api/v1/namespaces/default/configmaps';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const services = '/api/v1/namespaces/default/services';
const applyHeaders = { 'content-type': 'application/apply-patch+yaml' };

let api: ApiBench;
beforeEach(() => {
  api = new ApiBench();
});

const apply = (url: string, manager: string, body: object, query = '') =>
  api.send('PATCH', `${url}?fieldManager=${manager}${query}`, body, applyHeaders);
const applied = (url: string, manager: string, body: object, query = '') => {
  const { status, body: answer } = apply(url, manager, body, query);
  if (status >= 400) throw new Error((answer as { message: string }).message);
  return answer as any;
};
const conflict = (url: string, manager: string, body: object) => (apply(url, manager, body).body as { message: string }).message;
const map = (data: object, metadata: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', ...metadata }, data });
const ownersOf = (object: any) =>
  (object.metadata.managedFields ?? []).map(({ manager, operation, subresource = '', fieldsV1 }: any) => [
    manager,
    operation,
    subresource,
    fieldsV1,
  ]);

test('a create gives every field it sets to the user agent that sent it', () => {
  const made = api.send('POST', maps, configMap('c', { a: '1' }, { labels: { l: 'x' } }), { 'user-agent': 'kubectl/v1.36.0 (linux/amd64)' })
    .body as any;
  expect(made.metadata.managedFields).toEqual([
    {
      manager: 'kubectl',
      operation: 'Update',
      apiVersion: 'v1',
      time: '2026-01-05T08:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { '.': {}, 'f:a': {} }, 'f:metadata': { 'f:labels': { '.': {}, 'f:l': {} } } },
    },
  ]);
});

test('an update gives a field to its writer and takes it from whoever had it', () => {
  api.create(`${maps}?fieldManager=one`, configMap('c', { a: '1', b: '2' }));
  const changed = api.patch(`${maps}/c?fieldManager=two`, 'merge', { data: { a: '9' } });
  expect(ownersOf(changed)).toEqual([
    ['one', 'Update', '', { 'f:data': { '.': {}, 'f:b': {} } }],
    ['two', 'Update', '', { 'f:data': { 'f:a': {} } }],
  ]);
});

test('a write that changes nothing changes no owner, no time and no revision', () => {
  api.create(`${maps}?fieldManager=one`, configMap('c', { a: '1' }));
  api.kernel.runFor(5_000);
  const { revision } = api.etcd;
  api.patch(`${maps}/c?fieldManager=two`, 'merge', { data: { a: '1' } });
  applied(`${maps}/c`, 'three', map({ a: '1' }));
  const once = api.etcd.revision;
  expect(once).toBe(revision + 1);
  api.kernel.runFor(5_000);
  applied(`${maps}/c`, 'three', map({ a: '1' }));
  expect(api.etcd.revision).toBe(once);
});

test('what a status update writes is owned with its subresource, and what it may not write is not', () => {
  const pod = api.create('/api/v1/namespaces/default/pods?fieldManager=user', podOf('p'));
  const { body } = api.send(
    'PUT',
    '/api/v1/namespaces/default/pods/p/status',
    { ...pod, spec: { ...pod.spec, containers: [], schedulerName: 'mine' }, status: { ...pod.status, message: 'hello' } },
    { 'user-agent': 'kubelet/v1.36.0' },
  );
  expect(ownersOf(body)[0]).toEqual(['kubelet', 'Update', 'status', { 'f:status': { 'f:message': {} } }]);
  expect(ownersOf(body)[1][3]['f:spec']).toMatchObject({ 'f:containers': {}, 'f:schedulerName': {} });
});

test('an apply that says the same in other words is no write', () => {
  const deployment = deploymentOf('d');
  Object.assign(deployment.spec.template.spec.containers[0]!, { resources: { requests: { cpu: '1000m' } } });
  applied(`${deployments}/d`, 'm1', deployment);
  const { revision } = api.etcd;
  api.kernel.runFor(5_000);
  expect(applied(`${deployments}/d`, 'm1', deployment).spec.template.spec.containers[0].resources.requests.cpu).toBe('1');
  expect(api.etcd.revision).toBe(revision);
});

test('an applied configuration creates what is not there and owns just what it names', () => {
  const { status, body } = apply(`${maps}/c`, 'm1', map({ a: '1' }));
  expect(status).toBe(201);
  expect(ownersOf(body)).toEqual([['m1', 'Apply', '', { 'f:data': { 'f:a': {} } }]]);
});

test('a field that is no longer applied goes, unless somebody else owns it', () => {
  applied(`${maps}/c`, 'm1', map({ a: '1', b: '2' }));
  applied(`${maps}/c`, 'm2', map({ b: '2' }));
  expect(applied(`${maps}/c`, 'm1', map({}))).toMatchObject({ data: { b: '2' } });
  expect(api.get(`${maps}/c`).data).toEqual({ b: '2' });
});

test('a conflict names managers and fields, and force takes the fields over', () => {
  applied(`${maps}/c`, 'm1', map({ a: '1', b: '1' }));
  api.patch(`${maps}/c?fieldManager=edit`, 'merge', { data: { b: '2' } });
  expect(conflict(`${maps}/c`, 'm2', map({ a: '9' }))).toBe('Apply failed with 1 conflict: conflict with "m1": .data.a');
  expect(conflict(`${maps}/c`, 'm2', map({ a: '9', b: '9' }))).toBe(
    'Apply failed with 2 conflicts: conflicts with "edit" using v1:\n- .data.b\nconflicts with "m1":\n- .data.a',
  );
  expect(ownersOf(applied(`${maps}/c`, 'm2', map({ a: '9', b: '9' }), '&force=true'))).toEqual([
    ['m2', 'Apply', '', { 'f:data': { 'f:a': {}, 'f:b': {} } }],
  ]);
});

test('the same value may be applied by many', () => {
  applied(`${maps}/c`, 'm1', map({ a: '1' }));
  expect(
    ownersOf(applied(`${maps}/c`, 'm2', map({ a: '1' })))
      .map(([manager]: string[]) => manager)
      .sort(),
  ).toEqual(['m1', 'm2']);
});

test('items of keyed lists are merged and owned one by one, keys with a default need not be named', () => {
  const service = (ports: object[]) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports } });
  applied(`${services}/s`, 'm1', service([{ name: 'a', port: 80 }]));
  const both = applied(`${services}/s`, 'm2', service([{ name: 'b', port: 81, protocol: 'TCP' }]));
  expect(both.spec.ports.map(({ name }: { name: string }) => name)).toEqual(['a', 'b']);
  expect(ownersOf(both)[0][3]).toEqual({
    'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} } } },
  });
  expect(applied(`${services}/s`, 'm1', { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } }).spec.ports).toHaveLength(1);
});

test('items of a set are owned one by one', () => {
  const finalized = (...finalizers: string[]) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', finalizers } });
  applied(`${maps}/c`, 'm1', finalized('a.b/1', 'a.b/2'));
  applied(`${maps}/c`, 'm2', finalized('a.b/3'));
  expect(applied(`${maps}/c`, 'm1', finalized('a.b/2')).metadata.finalizers).toEqual(['a.b/2', 'a.b/3']);
});

test('what is atomic has one owner', () => {
  const service = (selector: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { selector } });
  applied(`${services}/s`, 'm1', { ...service({ a: 'b' }), spec: { selector: { a: 'b' }, ports: [{ port: 80 }] } });
  expect(conflict(`${services}/s`, 'm2', service({ c: 'd' }))).toBe('Apply failed with 1 conflict: conflict with "m1": .spec.selector');
  expect(applied(`${services}/s`, 'm2', service({ c: 'd' }), '&force=true').spec.selector).toEqual({ c: 'd' });
  const running = (...args: string[]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'nginx', args }] },
  });
  applied('/api/v1/namespaces/default/pods/p', 'm1', running('a', 'b'));
  expect(conflict('/api/v1/namespaces/default/pods/p', 'm2', running('a'))).toBe(
    'Apply failed with 1 conflict: conflict with "m1": .spec.containers[name="c"].args',
  );
});

test('a field the schema does not have, a repeated item and a missing manager are refused', () => {
  expect(conflict(`${maps}/c`, 'm1', { ...map({}), bogus: 1 })).toBe(
    'failed to create typed patch object (/c; /v1, Kind=ConfigMap): .bogus: field not declared in schema',
  );
  expect(conflict(`${maps}/c`, 'm1', map({}, { finalizers: ['a.b/2', 'a.b/2'] }))).toBe(
    'failed to create typed patch object (/c; /v1, Kind=ConfigMap): .metadata.finalizers: duplicate entries for key [="a.b/2"]',
  );
  expect(api.refusal('PATCH', `${maps}/c`, map({}), applyHeaders)).toBe(
    '422 PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  );
});

test('kubectl takes over on the server what it applied on the client', () => {
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(map({ a: '1' })) };
  api.create(`${maps}?fieldManager=kubectl-client-side-apply`, map({ a: '1' }, { annotations }));
  const upgraded = applied(`${maps}/c`, 'kubectl', map({ a: '2' }));
  expect(upgraded.data).toEqual({ a: '2' });
  expect(JSON.parse(upgraded.metadata.annotations['kubectl.kubernetes.io/last-applied-configuration']).data).toEqual({ a: '2' });
});

test("an object whose ownership was cleared is taken for one writer's at the first apply", () => {
  api.create(`${maps}?fieldManager=one`, configMap('c', { a: '1' }));
  expect(api.patch(`${maps}/c`, 'merge', { metadata: { managedFields: [{}] } }).metadata.managedFields).toBeUndefined();
  expect(api.patch(`${maps}/c`, 'merge', { data: { b: '1' } }).metadata.managedFields).toBeUndefined();
  expect(ownersOf(applied(`${maps}/c`, 'm1', map({ c: '1' }))).map(([manager]: string[]) => manager)).toEqual(['m1', 'before-first-apply']);
});

test('of more than ten updaters the oldest become one', () => {
  api.create(`${maps}?fieldManager=m0`, configMap('c', { k0: '0' }));
  for (let index = 1; index <= 12; index++) {
    api.kernel.runFor(1_000);
    api.patch(`${maps}/c?fieldManager=m${index}`, 'merge', { data: { [`k${index}`]: '1' } });
  }
  const managers = ownersOf(api.get(`${maps}/c`));
  expect(managers).toHaveLength(10);
  expect(managers[0][0]).toBe('ancient-changes');
  expect(managers[0][3]).toEqual({ 'f:data': { '.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {}, 'f:k3': {} } });
});

test('scaling gives the replicas to who scales', () => {
  api.create(`${deployments}?fieldManager=user`, deploymentOf('d', 2));
  api.send('PATCH', `${deployments}/d/scale?fieldManager=kubectl`, { spec: { replicas: 3 } }, { 'content-type': mediaTypes.merge });
  const [user, scaler] = ownersOf(api.get(`${deployments}/d`)).sort(([a]: string[], [b]: string[]) => (a! < b! ? 1 : -1));
  expect(user[3]['f:spec']['f:replicas']).toBeUndefined();
  expect(scaler).toEqual(['kubectl', 'Update', 'scale', { 'f:spec': { 'f:replicas': {} } }]);
});

test('Service kubernetes and system namespaces come back when they are deleted', () => {
  const { uid } = api.get('/api/v1/namespaces/default/services/kubernetes').metadata;
  api.send('DELETE', '/api/v1/namespaces/default/services/kubernetes');
  api.kernel.runFor(10_000);
  const again = api.get('/api/v1/namespaces/default/services/kubernetes');
  expect(again.spec.clusterIP).toBe('10.96.0.1');
  expect(again.metadata.uid).not.toBe(uid);
});

test('a ConfigMap update tells what is wrong with its metadata as often as upstream checks it', () => {
  api.create(maps, configMap('c'));
  const { body } = api.send('PATCH', `${maps}/c`, { metadata: { labels: { 'a b': 'x' } } }, { 'content-type': mediaTypes.merge });
  const { message, details } = body as { message: string; details: { causes: object[] } };
  expect(details.causes).toHaveLength(4);
  expect(message.match(/metadata\.labels/g)).toHaveLength(1);
});
