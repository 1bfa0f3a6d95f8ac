import { Cluster, viewOf, type TraceEntry } from '@/lib/cluster';
import { Session } from '@/lib/labs';
import { adminOf, deploymentOf, paths } from '@/tests/support/api-calls';
import { smallLab, testHost } from '@/tests/support/lab-folders';
import { freshCluster } from '@/tests/support/template';

/** `request kube-scheduler`, the newest first. */
function chain(cluster: Cluster, last: TraceEntry): string[] {
  return cluster.kernel.trace.causes(last.id).map(({ kind, actor }) => `${kind} ${actor}`);
}

function withoutHops(entries: readonly string[]): string[] {
  return entries.filter((entry) => !/^(entry|packet|cri) /.test(entry));
}

const write = (actor: string) => [`commit etcd/cp-1`, `proposal etcd/cp-1`, `request ${actor}`];

test('a container that started leads back, cause by cause, to what a person typed', async () => {
  const session = Session.create({ lab: smallLab(`- id: nothing\n  cel: 'true'`), seed: '1', host: testHost });
  await session.run('kubectl create deployment web --image=nginx');
  const { cluster } = session;
  cluster.kernel.runUntilIdle();
  const started = cluster.kernel.trace.since(0).find(({ kind, what }) => kind === 'cri' && what === 'StartContainer nginx') as TraceEntry;
  const worker = started.actor.replace('containerd/', 'kubelet/');
  expect(withoutHops(chain(cluster, started))).toEqual([
    `reconcile ${worker}`,
    `watch ${worker}`,
    ...write('kube-scheduler'),
    'reconcile kube-scheduler',
    'watch kube-scheduler',
    ...write('kube-controller-manager/replicaset-controller'),
    'reconcile kube-controller-manager/replicaset-controller',
    'watch kube-controller-manager',
    ...write('kube-controller-manager/deployment-controller'),
    'reconcile kube-controller-manager/deployment-controller',
    'watch kube-controller-manager',
    ...write('you'),
  ]);
  const typed = cluster.kernel.trace.causes(started.id).find(({ actor }) => actor === 'you') as TraceEntry;
  expect(typed).toMatchObject({ what: 'POST /apis/apps/v1/namespaces/default/deployments', object: 'Deployment/default/web' });
  expect(cluster.kernel.trace.effects(typed.id)).toContainEqual(started);
  session.stop();
});

test('of two Pods that are scheduled one after the other, each leads back to its own request', () => {
  const cluster = freshCluster();
  cluster.kernel.runFor(5_000);
  const admin = adminOf(cluster);
  admin.create(paths.deployments, deploymentOf('one', 1));
  admin.create(paths.deployments, deploymentOf('two', 1));
  const { trace } = cluster.kernel;
  const bindings = () => trace.since(0).filter(({ what, object }) => what.endsWith('/binding') && object);
  cluster.kernel.runUntilCondition(() => bindings().length === 2, { limitMs: 10_000 });
  for (const name of ['one', 'two']) {
    const bound = bindings().find(({ object }) => object?.startsWith(`Pod/default/${name}-`));
    const first = trace.causes(bound?.id ?? 0).find(({ actor }) => actor === 'test');
    expect(first?.object).toBe(`Deployment/default/${name}`);
  }
});

test('every request is in the trace, also one that reads and one that is refused, and a commit says what was written', () => {
  const cluster = freshCluster();
  const before = cluster.kernel.trace.lastId;
  const admin = adminOf(cluster);
  admin.get(paths.pods);
  expect(() => admin.create(paths.deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } })).toThrow('422');
  admin.create(paths.deployments, deploymentOf('web', 1));
  const made = cluster.kernel.trace.since(before).filter(({ kind }) => kind !== 'packet');
  expect(made.map(({ kind, what, object }) => [kind, what, object])).toEqual([
    ['request', `GET ${paths.pods}`, undefined],
    ['request', `POST ${paths.deployments}`, undefined],
    ['request', `POST ${paths.deployments}`, 'Deployment/default/web'],
    ['proposal', 'txn /registry/deployments/default/web', undefined],
    ['commit', 'put /registry/deployments/default/web', 'Deployment/default/web'],
  ]);
  expect(made.at(-1)?.revision).toBe(cluster.revision);
});

test('of three etcd members each commit leads back to the one proposal, and every delivery to a commit', () => {
  const cluster = Cluster.boot({ topology: { controlPlanes: 3, workers: 1 }, seed: 'trace' });
  cluster.kernel.runFor(5_000);
  const { trace } = cluster.kernel;
  const before = trace.lastId;
  adminOf(cluster).create(paths.deployments, deploymentOf('web', 1));
  const { revision } = cluster;
  cluster.kernel.runFor(1_000);
  const made = trace.since(before);
  const first = made.filter((entry) => entry.kind === 'commit' && entry.revision === revision);
  expect(first.map(({ actor }) => actor).sort()).toEqual(['etcd/cp-1', 'etcd/cp-2', 'etcd/cp-3']);
  expect(new Set(first.map(({ cause }) => cause)).size).toBe(1);
  expect(trace.find(first[0]?.cause ?? 0)).toMatchObject({ kind: 'proposal', what: 'txn /registry/deployments/default/web' });
  for (const { cause, kind } of made) if (kind === 'commit') expect(trace.find(cause ?? 0)?.kind).toBe('proposal');
  const deliveries = made.filter(({ kind }) => kind === 'watch');
  expect(deliveries.length).toBeGreaterThan(10);
  for (const { id } of deliveries) expect(trace.nearest('commit', id)).toBeDefined();
});

test('what a person who watches is told is in the trace, once, with the commit that it tells of', () => {
  const cluster = freshCluster();
  const { trace } = cluster.kernel;
  const { stream } = cluster.asAdmin('you')({ method: 'GET', url: `${paths.deployments}?watch=true`, headers: {} });
  const told: string[] = [];
  stream?.start({ write: (chunk) => void told.push((chunk as { type: string }).type), end() {} });
  const before = trace.lastId;
  adminOf(cluster).create(paths.deployments, deploymentOf('web', 0));
  const { revision } = cluster;
  cluster.kernel.runFor(0);
  const heard = trace.since(before).filter(({ kind, actor }) => kind === 'watch' && actor === 'you');
  expect(told).toEqual(['ADDED']);
  expect(heard).toEqual([expect.objectContaining({ what: 'ADDED Deployment/default/web', object: 'Deployment/default/web', revision })]);
  expect(trace.nearest('commit', heard[0]?.id)?.revision).toBe(revision);
});

test('a screen that looks at a cluster leaves no trace of it and changes nothing', () => {
  const [watched, alone] = [freshCluster({ seed: 'x' }), freshCluster({ seed: 'x' })];
  for (const cluster of [watched, alone]) {
    adminOf(cluster).create(paths.deployments, deploymentOf('web', 2));
    while (!cluster.kernel.isIdle) {
      cluster.kernel.step();
      if (cluster === watched) viewOf(cluster);
    }
  }
  expect(watched.kernel.trace.hash).toBe(alone.kernel.trace.hash);
  expect(watched.snapshot()).toEqual(alone.snapshot());
});
