import { ApiBench, configMap, deploymentOf, mediaTypes, podOf } from '../../support/api-server';

const maps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';
const deployments = '/apis/apps/v1/namespaces/default/deployments';

let api: ApiBench;
beforeEach(() => {
  api = new ApiBench();
});

test('a fresh API server has the system namespaces and Service kubernetes', () => {
  expect((api.get('/api/v1/namespaces') as any).items.map((one: any) => one.metadata.name)).toEqual([
    'default',
    'kube-node-lease',
    'kube-public',
    'kube-system',
  ]);
  expect(api.get('/api/v1/namespaces/default/services/kubernetes').spec.clusterIP).toBe('10.96.0.1');
});

test('a created object gets a uid, a creation time and the revision of its write', () => {
  const { metadata } = api.create(maps, configMap('a', { x: '1' }));
  expect(metadata).toMatchObject({
    namespace: 'default',
    creationTimestamp: '2026-01-05T08:00:00Z',
    resourceVersion: String(api.etcd.revision),
  });
  expect(metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
  expect(api.etcd.range('/registry/configmaps/default/a').count).toBe(1);
});

test('the same name twice is refused', () => {
  api.create(maps, configMap('a'));
  expect(api.refusal('POST', maps, configMap('a'))).toBe('409 configmaps "a" already exists');
});

test('generateName makes names of five more letters', () => {
  const names = [1, 2, 3].map(() => api.create(maps, { ...configMap(''), metadata: { generateName: 'web-' } }).metadata.name);
  for (const name of names) expect(name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  expect(new Set(names).size).toBe(3);
});

test('a dry run answers the object and writes nothing', () => {
  const { revision } = api.etcd;
  const made = api.create(`${maps}?dryRun=All`, configMap('a'));
  expect(made.metadata.resourceVersion).toBeUndefined();
  expect(api.etcd.revision).toBe(revision);
  expect(api.refusal('GET', `${maps}/a`)).toBe('404 configmaps "a" not found');
});

test('an update from an old state is a conflict', () => {
  const old = api.create(maps, configMap('a'));
  api.patch(`${maps}/a`, 'merge', { data: { x: '1' } });
  expect(api.refusal('PUT', `${maps}/a`, old)).toBe(
    '409 Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
  );
});

test('an update that changes nothing makes no revision', () => {
  const old = api.create(maps, configMap('a', { x: '1' }));
  const { revision } = api.etcd;
  expect(api.send('PUT', `${maps}/a`, old).body).toBe(old);
  expect(api.etcd.revision).toBe(revision);
});

test('a Lease must be updated with a resourceVersion and may be created by PUT', () => {
  const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec: {} };
  expect(api.send('PUT', `${leases}/l`, lease).status).toBe(201);
  expect(api.refusal('PUT', `${leases}/l`, lease)).toBe(
    '422 leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
  );
});

test('generation counts changes of spec and nothing else', () => {
  expect(api.create(deployments, deploymentOf('web')).metadata.generation).toBe(1);
  expect(api.patch(`${deployments}/web`, 'merge', { metadata: { labels: { a: 'b' } } }).metadata.generation).toBe(1);
  expect(api.patch(`${deployments}/web`, 'merge', { spec: { replicas: 3 } }).metadata.generation).toBe(2);
  expect(api.patch(`${deployments}/web/status`, 'merge', { status: { replicas: 3 } }).metadata.generation).toBe(2);
});

test('a status update changes the status alone, and an update leaves the status', () => {
  api.create(deployments, deploymentOf('web'));
  const updated = api.patch(`${deployments}/web/status`, 'merge', { spec: { replicas: 9 }, status: { replicas: 2 } });
  expect([updated.spec.replicas, updated.status.replicas]).toEqual([1, 2]);
  const patched = api.patch(`${deployments}/web`, 'merge', { spec: { replicas: 4 }, status: { replicas: 7 } });
  expect([patched.spec.replicas, patched.status.replicas]).toEqual([4, 2]);
});

test('scale shows and sets replicas', () => {
  api.create(deployments, deploymentOf('web', 2));
  expect(api.get(`${deployments}/web/scale`)).toMatchObject({
    kind: 'Scale',
    spec: { replicas: 2 },
    status: { replicas: 0, selector: 'app=web' },
  });
  expect(api.patch(`${deployments}/web/scale`, 'merge', { spec: { replicas: 5 } }).spec).toEqual({ replicas: 5 });
  expect(api.get(`${deployments}/web`)).toMatchObject({ spec: { replicas: 5 }, metadata: { generation: 2 } });
  expect(api.refusal('PATCH', `${deployments}/web/scale`, { spec: { replicas: -1 } }, { 'content-type': mediaTypes.merge })).toBe(
    '422 Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  );
});

test('an object with finalizers stays until the last one is gone', () => {
  api.create(maps, configMap('a', {}, { finalizers: ['x.y/z'] }));
  expect(api.send('DELETE', `${maps}/a`).body).toMatchObject({
    metadata: { deletionTimestamp: '2026-01-05T08:00:00Z', finalizers: ['x.y/z'] },
  });
  expect(api.get(`${maps}/a`).metadata.deletionGracePeriodSeconds).toBe(0);
  api.patch(`${maps}/a`, 'merge', { metadata: { finalizers: null } });
  expect(api.refusal('GET', `${maps}/a`)).toBe('404 configmaps "a" not found');
});

test('foreground deletion waits for the garbage collector, and orphaning too', () => {
  for (const [policy, finalizer] of [
    ['Foreground', 'foregroundDeletion'],
    ['Orphan', 'orphan'],
  ] as const) {
    api.create(deployments, deploymentOf('web'));
    expect(api.send('DELETE', `${deployments}/web?propagationPolicy=${policy}`).body).toMatchObject({
      metadata: { finalizers: [finalizer] },
    });
    api.patch(`${deployments}/web`, 'merge', { metadata: { finalizers: null } });
  }
});

test('a Pod on a node is deleted gracefully, and grace may only get shorter', () => {
  api.create(pods, podOf('web'));
  api.create(`${pods}/web/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'web' }, target: { kind: 'Node', name: 'n1' } });
  expect(api.send('DELETE', `${pods}/web`).body).toMatchObject({
    metadata: { deletionGracePeriodSeconds: 30, deletionTimestamp: '2026-01-05T08:00:30Z', generation: 2 },
  });
  expect(api.send('DELETE', `${pods}/web?gracePeriodSeconds=50`).body).toMatchObject({ metadata: { deletionGracePeriodSeconds: 30 } });
  expect(api.send('DELETE', `${pods}/web?gracePeriodSeconds=5`).body).toMatchObject({
    metadata: { deletionGracePeriodSeconds: 5, deletionTimestamp: '2026-01-05T08:00:05Z' },
  });
  api.send('DELETE', `${pods}/web?gracePeriodSeconds=0`);
  expect(api.refusal('GET', `${pods}/web`)).toBe('404 pods "web" not found');
});

test('a Pod that no node has goes at once', () => {
  api.create(pods, podOf('web'));
  api.send('DELETE', `${pods}/web`);
  expect(api.send('GET', `${pods}/web`).status).toBe(404);
});

test('a precondition on the uid protects a namesake', () => {
  const { uid } = api.create(maps, configMap('a')).metadata;
  expect(api.refusal('DELETE', `${maps}/a`, { preconditions: { uid: 'wrong' } })).toBe(
    `409 Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (wrong) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
  );
});

test('a Pod is bound once', () => {
  api.create(pods, podOf('web'));
  const bind = () =>
    api.refusal('POST', `${pods}/web/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'web' }, target: { name: 'n1' } });
  expect(bind()).toBe('201 undefined');
  expect(api.get(`${pods}/web`)).toMatchObject({
    spec: { nodeName: 'n1' },
    status: { conditions: [{ type: 'PodScheduled', status: 'True' }] },
  });
  expect(bind()).toBe('409 Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "n1"');
});

test('a deleted namespace is Terminating until its finalizer is taken off, and takes nothing new', () => {
  api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  expect(api.send('DELETE', '/api/v1/namespaces/shop').body).toMatchObject({ status: { phase: 'Terminating' } });
  expect(api.refusal('POST', '/api/v1/namespaces/shop/configmaps', configMap('a'))).toBe(
    '403 configmaps "a" is forbidden: unable to create new content in namespace shop because it is being terminated',
  );
  const namespace = api.get('/api/v1/namespaces/shop');
  api.send('PUT', '/api/v1/namespaces/shop/finalize', { ...namespace, spec: {} });
  expect(api.refusal('GET', '/api/v1/namespaces/shop')).toBe('404 namespaces "shop" not found');
});

test('what is read is frozen and shared, not copied', () => {
  api.create(maps, configMap('a', { x: '1' }));
  const first = api.get(`${maps}/a`);
  expect(Object.isFrozen(first.data)).toBe(true);
  expect((api.get(maps) as any).items.includes(first)).toBe(true);
});

test('the same objects are shared by a fork of the store', () => {
  api.create(maps, configMap('a'));
  const fork = new ApiBench({}, api.etcd.fork());
  expect(fork.get(`${maps}/a`)).toBe(api.get(`${maps}/a`));
});

test('an Event is one object in two API groups', () => {
  const event = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'e' },
    eventTime: '2026-01-05T08:00:00.000000Z',
    reason: 'Tested',
    action: 'Test',
    reportingController: 'test/one',
    reportingInstance: 'x',
    type: 'Normal',
    note: 'hello',
    regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
  };
  api.create('/apis/events.k8s.io/v1/namespaces/default/events', event);
  expect(api.get('/api/v1/namespaces/default/events/e')).toMatchObject({
    apiVersion: 'v1',
    message: 'hello',
    involvedObject: { name: 'p' },
  });
  expect(api.get('/apis/events.k8s.io/v1/namespaces/default/events/e')).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'hello' });
});
