import { Cluster, type ClusterSnapshot, type KubeObject, type StoreChange } from '@/lib/cluster';
import { HistoryTrimmedError } from '@/lib/cluster/history';
import { ConfigMap, Deployment, Namespace, Pod } from '@/lib/cluster/resources';
import { adminOf, deploymentOf, paths } from '@/tests/support/api-calls';
import { inEtcd } from '@/tests/support/etcd-pods';
import { freshCluster } from '@/tests/support/template';

/** What anybody who asks is answered, at the revision at which they ask. */
function look(cluster: Cluster): { revision: number; at: number; answers: unknown } {
  const admin = adminOf(cluster);
  return {
    revision: cluster.revision,
    at: cluster.now,
    answers: [paths.pods, paths.deployments, paths.replicaSets].map((path) => admin.list(path)),
  };
}

function lookBack(cluster: Cluster, revision: number): unknown {
  const { api } = cluster.history.at({ revision });
  const list = (url: string) =>
    (api({ method: 'GET', url, headers: { accept: 'application/json' } }).body as { items: KubeObject[] }).items;
  return [paths.pods, paths.deployments, paths.replicaSets].map(list);
}

/** A lab's worth of changes, looked at after every entry that made one. */
function live(cluster: Cluster): ReturnType<typeof look>[] {
  const admin = adminOf(cluster);
  cluster.kernel.runUntilIdle();
  admin.create(paths.deployments, deploymentOf('web', 3));
  const seen = [look(cluster)];
  const run = (ms: number) => {
    const until = cluster.now + ms;
    while ((cluster.kernel.peek()?.at ?? Infinity) <= until) {
      const before = cluster.revision;
      cluster.kernel.step();
      if (cluster.revision > before) seen.push(look(cluster));
    }
  };
  run(4_000);
  admin.merge(`${paths.deployments}/web`, { spec: { replicas: 1 } });
  run(40_000);
  admin.remove(`${paths.deployments}/web`);
  run(40_000);
  return seen;
}

test('at every revision the past answers what the API server answered then', () => {
  const cluster = freshCluster();
  const seen = live(cluster);
  expect(seen.length).toBeGreaterThan(40);
  for (const { revision, answers } of seen) expect(lookBack(cluster, revision)).toEqual(answers);
});

test('looking back reaches behind compactions that make the API answer 410 Gone', () => {
  const cluster = Cluster.boot({ topology: { controlPlanes: 1, workers: 1 }, seed: 1, etcdCompactionIntervalMs: 20_000 });
  const seen = live(cluster);
  const [first] = seen;
  const gone = adminOf(cluster).transport({
    method: 'GET',
    url: `${paths.pods}?resourceVersion=${first?.revision}&resourceVersionMatch=Exact`,
    headers: { accept: 'application/json' },
  });
  expect(gone).toMatchObject({ status: 410, body: { reason: 'Expired' } });
  for (const { revision, answers } of seen) expect(lookBack(cluster, revision)).toEqual(answers);
});

test('an object is found as it was, by revision and by instant, and selectors choose among those there were', () => {
  const cluster = freshCluster();
  const admin = adminOf(cluster);
  cluster.kernel.runFor(5_000);
  admin.create('/api/v1/namespaces/default/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', labels: { app: 'x' } },
    data: { k: '1' },
  });
  const [made, at] = [cluster.revision, cluster.now];
  cluster.kernel.runFor(1_000);
  admin.merge('/api/v1/namespaces/default/configmaps/a', { data: { k: '2' }, metadata: { labels: { app: 'y' } } });
  cluster.kernel.runFor(1_000);
  admin.remove('/api/v1/namespaces/default/configmaps/a');
  const name = { namespace: 'default', name: 'a' };
  expect(cluster.history.at({ revision: made }).find(ConfigMap, name)).toMatchObject({
    data: { k: '1' },
    metadata: { resourceVersion: String(made) },
  });
  expect(cluster.history.at({ at: at + 999 }).find(ConfigMap, name)).toMatchObject({ data: { k: '1' } });
  expect(cluster.history.at({ at: at + 1_000 }).list(ConfigMap, { labelSelector: 'app=y' })).toMatchObject([{ data: { k: '2' } }]);
  expect(cluster.history.at({ at: at + 1_000 }).list(ConfigMap, { labelSelector: 'app=x' })).toEqual([]);
  expect(cluster.history.at({ revision: made - 1 }).find(ConfigMap, name)).toBeUndefined();
  expect(cluster.history.at({ at: cluster.now }).find(ConfigMap, name)).toBeUndefined();
  expect(() => cluster.history.at({ revision: cluster.revision + 1 })).toThrow('is yet to come');
});

test('the past cannot be changed and is not waited for', () => {
  const cluster = freshCluster();
  const { api } = cluster.history.at({ revision: cluster.revision });
  const ask = (method: 'DELETE' | 'GET', url: string) => api({ method, url, headers: { accept: 'application/json' } });
  expect(ask('DELETE', `${paths.nodes}/worker-1`)).toMatchObject({
    status: 405,
    body: { reason: 'MethodNotAllowed', message: 'the past cannot be changed' },
  });
  expect(ask('GET', `${paths.nodes}?watch=true`)).toMatchObject({ status: 405 });
  expect(adminOf(cluster).list(paths.nodes)).toHaveLength(3);
});

test('each change names its revision, instant, object, operation, what was there and what caused it', () => {
  const cluster = freshCluster();
  const admin = adminOf(cluster);
  cluster.kernel.runFor(5_000);
  const from = cluster.revision;
  admin.create(paths.deployments, deploymentOf('web', 1));
  const [made, at] = [cluster.revision, cluster.now];
  cluster.kernel.runFor(3_000);
  // Long enough for the trace to have forgotten it.
  cluster.kernel.runFor(3_600_000);
  expect(cluster.kernel.trace.about('Deployment/default/web')).toEqual([]);
  const changes = cluster.history.changes({
    from: { revision: from },
    to: { revision: cluster.revision },
    object: 'Deployment/default/web',
  });
  expect(changes[0]).toMatchObject({
    revision: made,
    at,
    operation: 'create',
    before: undefined,
    after: { metadata: { name: 'web', resourceVersion: String(made) } },
    cause: { kind: 'request', actor: 'test', what: `POST ${paths.deployments}` },
  });
  expect(changes[1]).toMatchObject({
    operation: 'update',
    cause: { actor: 'kube-controller-manager/deployment-controller', what: `PUT ${paths.deployments}/web/status` },
  });
  expect(changes[1]?.before).toEqual(changes[0]?.after);
});

test('a machine that lost its power is a change too, and the past knows that it was up', () => {
  const cluster = freshCluster();
  cluster.kernel.runFor(5_000);
  const before = cluster.now;
  cluster.kernel.runFor(1_000);
  cluster.crash('worker-1');
  cluster.kernel.runFor(1_000);
  cluster.bootMachine('worker-1');
  expect(cluster.history.at({ at: before }).wasUp('worker-1')).toBe(true);
  expect(cluster.history.at({ at: before + 1_500 }).wasUp('worker-1')).toBe(false);
  expect(cluster.history.at({ at: cluster.now }).wasUp('worker-1')).toBeUndefined();
});

test('a fork and a restored cluster look back at the same past, and go their own ways', () => {
  const cluster = freshCluster();
  const changes: StoreChange[] = [];
  const snapshot = JSON.parse(JSON.stringify(cluster.snapshot())) as ClusterSnapshot;
  cluster.onChange = (change) => void changes.push(JSON.parse(JSON.stringify(change)) as StoreChange);
  const seen = live(cluster);
  const feed = (one: Cluster) => one.history.changes({ from: { revision: 1 }, to: { revision: seen.at(-1)?.revision as number } });
  const expected = feed(cluster);
  const journalled = Cluster.restore(snapshot, changes);
  const again = Cluster.restore(JSON.parse(JSON.stringify(journalled.snapshot())) as ClusterSnapshot);
  for (const one of [cluster.fork(), journalled, again]) {
    adminOf(one).create(paths.deployments, deploymentOf('other', 1));
    for (const { revision, answers } of seen.filter((_, index) => index % 5 === 0)) expect(lookBack(one, revision)).toEqual(answers);
    expect(feed(one)).toEqual(expected);
  }
  expect(cluster.history.at({ revision: cluster.revision }).find(Deployment, { namespace: 'default', name: 'other' })).toBeUndefined();
});

test('a history that is full says from when on it can be looked at', () => {
  const cluster = Cluster.boot({ topology: { controlPlanes: 1, workers: 1 }, seed: 1, historyBytes: 60_000 });
  const told: number[] = [];
  cluster.history.onTrim = ({ bytes }) => void told.push(bytes);
  const early = cluster.revision;
  cluster.kernel.runFor(3_600_000);
  const { reach } = cluster.history;
  expect(told.length).toBeGreaterThan(0);
  expect(reach).toMatchObject({ isTrimmed: true, budgetBytes: 60_000 });
  expect(Math.max(...told, reach.bytes)).toBeLessThanOrEqual(60_000);
  expect(() => cluster.history.at({ revision: early })).toThrow(HistoryTrimmedError);
  expect(() => cluster.history.at({ revision: early })).toThrow(/^history before \d\d:\d\d:\d\d was trimmed \(59 KiB budget\)$/);
  expect(cluster.history.at({ revision: reach.revision }).list(Pod).length).toBeGreaterThan(5);
});

function namespaces(cluster: Cluster, at: number): string[] {
  return cluster.history
    .at({ at })
    .list(Namespace)
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.startsWith('x-'));
}

test('a restore from a backup of etcd is one change, and what it took away can still be looked at', () => {
  const cluster = Cluster.boot({ topology: { controlPlanes: 1, workers: 1 }, seed: 'restore' });
  const create = (name: string) => adminOf(cluster).create('/api/v1/namespaces', { metadata: { name } });
  const manifest = (name: string, text?: string) => {
    const { disk } = cluster.machine('cp-1');
    const before = disk.get<string>(`/etc/kubernetes/manifests/${name}.yaml`) ?? '';
    if (text === undefined) disk.delete(`/etc/kubernetes/manifests/${name}.yaml`);
    else disk.set(`/etc/kubernetes/manifests/${name}.yaml`, text);
    return before;
  };
  create('x-kept');
  inEtcd(cluster, 'cp-1', ['etcdctl', 'snapshot', 'save', '/var/lib/etcd/snapshot.db']);
  create('x-late');
  cluster.kernel.runFor(5_000);
  const [late, lateRevision] = [cluster.now, cluster.revision];
  inEtcd(cluster, 'cp-1', ['etcdutl', 'snapshot', 'restore', '/var/lib/etcd/snapshot.db', '--data-dir=/var/lib/etcd/restored']);
  const [apiServer, etcd] = [manifest('kube-apiserver'), manifest('etcd')];
  cluster.kernel.runFor(60_000);
  manifest('etcd', etcd.replace('--data-dir=/var/lib/etcd', '--data-dir=/var/lib/etcd/restored'));
  manifest('kube-apiserver', apiServer);
  cluster.kernel.runFor(120_000);
  create('x-later');
  const again = Cluster.restore(JSON.parse(JSON.stringify(cluster.snapshot())) as ClusterSnapshot);
  for (const one of [cluster, again]) {
    expect(namespaces(one, late)).toEqual(['x-kept', 'x-late']);
    expect(namespaces(one, cluster.now)).toEqual(['x-kept', 'x-later']);
    const lost = one.history.changes({ from: { at: late }, to: { at: cluster.now }, object: 'Namespace/x-late' });
    expect(lost).toMatchObject([{ operation: 'delete', before: { metadata: { name: 'x-late' } } }]);
    expect(lost[0]?.revision).toBeLessThan(lateRevision);
  }
});

test('of several etcd members the history is one, whichever of them is lost, wiped or behind', () => {
  const cluster = Cluster.boot({ topology: { controlPlanes: 3, workers: 1 }, seed: 'members' });
  const create = (name: string) => adminOf(cluster).create('/api/v1/namespaces', { metadata: { name } });
  const moments: (readonly [number, readonly string[]])[] = [];
  const names: string[] = [];
  const make = (name: string) => {
    create(name);
    names.push(name);
    cluster.kernel.runFor(10_000);
    moments.push([cluster.now, [...names]]);
  };
  make('x-a');
  for (const lost of ['cp-3', 'cp-2']) {
    cluster.crash(lost);
    cluster.kernel.runFor(30_000);
    make(`x-without-${lost}`);
    cluster.bootMachine(lost);
    cluster.kernel.runFor(60_000);
    make(`x-with-${lost}`);
  }
  for (const one of [cluster, cluster.fork()])
    for (const [at, expected] of moments) expect(namespaces(one, at)).toEqual([...expected].sort());
  const seen = cluster.history.changes({ from: { revision: 1 }, to: { revision: cluster.revision } }).map(({ revision }) => revision);
  expect(new Set(seen).size).toBe(cluster.revision - 1);
});
