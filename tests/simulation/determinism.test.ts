import { Cluster } from '@/lib/cluster';
import { adminOf, deploymentOf, paths } from '@/tests/support/api-calls';
import { freshCluster } from '@/tests/support/template';

function work(cluster: Cluster): void {
  const admin = adminOf(cluster);
  admin.create(paths.deployments, deploymentOf('web', 4));
  cluster.kernel.runFor(3_000);
  admin.merge(`${paths.deployments}/web`, { spec: { replicas: 2 } });
  cluster.crash('worker-2');
  cluster.kernel.runFor(400_000);
}

test('two boots of one seed are the same, entry for entry', () => {
  const options = { topology: { controlPlanes: 1, workers: 2 }, seed: 3 } as const;
  expect(Cluster.boot(options).kernel.trace.hash).toBe(Cluster.boot(options).kernel.trace.hash);
});

test('a cluster is not changed by another one that runs in between', () => {
  const alone = freshCluster({ seed: 'a' });
  work(alone);
  const [one, other] = [freshCluster({ seed: 'a' }), freshCluster({ seed: 'b' })];
  const [first, second] = [one, other].map((cluster) => adminOf(cluster));
  first?.create(paths.deployments, deploymentOf('web', 4));
  second?.create(paths.deployments, deploymentOf('web', 4));
  const until = one.kernel.now + 3_000;
  while ((one.kernel.peek()?.at ?? Infinity) <= until) {
    one.kernel.step();
    other.kernel.step();
  }
  one.kernel.runUntil(until as typeof one.kernel.now);
  first?.merge(`${paths.deployments}/web`, { spec: { replicas: 2 } });
  one.crash('worker-2');
  one.kernel.runFor(400_000);
  expect(one.kernel.trace.hash).toBe(alone.kernel.trace.hash);
  expect(other.kernel.trace.hash).not.toBe(alone.kernel.trace.hash);
});

test('a fork runs as a restored snapshot does, and the original does not notice either', () => {
  const original = freshCluster({ seed: 'fork' });
  adminOf(original).create(paths.deployments, deploymentOf('web', 3));
  original.kernel.runFor(200);
  const snapshot = JSON.parse(JSON.stringify(original.snapshot())) as ReturnType<Cluster['snapshot']>;
  const untouched = JSON.stringify(original.snapshot());
  const [fork, restored] = [original.fork(), Cluster.restore(snapshot)];
  for (const cluster of [fork, restored]) work2(cluster);
  expect(fork.kernel.trace.hash).toBe(restored.kernel.trace.hash);
  expect(JSON.stringify(original.snapshot())).toBe(untouched);
});

test('forks of a moment run as a fork made then does, whatever became of the original and of the other forks', () => {
  const original = freshCluster({ seed: 'fork' });
  adminOf(original).create(paths.deployments, deploymentOf('web', 3));
  original.kernel.runFor(200);
  const [then, moment] = [original.fork(), original.moment()];
  work2(original);
  const forks = [moment.fork(), moment.fork()];
  for (const cluster of [then, ...forks]) work2(cluster);
  expect(forks.map(({ kernel }) => kernel.trace.hash)).toEqual([then.kernel.trace.hash, then.kernel.trace.hash]);
});

function work2(cluster: Cluster): void {
  cluster.kernel.runUntilIdle();
  adminOf(cluster).merge(`${paths.deployments}/web`, { spec: { replicas: 5 } });
  cluster.crash('worker-1');
  cluster.kernel.runFor(600_000);
}

test('a journal replayed onto a snapshot is the cluster as it was', () => {
  const cluster = freshCluster({ seed: 'journal' });
  const snapshot = cluster.snapshot();
  const changes: Parameters<NonNullable<Cluster['onChange']>>[0][] = [];
  cluster.onChange = (change) => changes.push(change);
  adminOf(cluster).create(paths.deployments, deploymentOf('web', 3));
  cluster.kernel.runUntilIdle();
  cluster.crash('worker-1');
  cluster.kernel.runFor(60_000);
  const restored = Cluster.restore(snapshot, changes);
  const stores = (one: Cluster) => one.machines.map(({ etcd }) => etcd?.snapshot());
  expect(stores(restored)).toEqual(stores(cluster));
  expect(restored.machine('worker-1').isUp).toBe(false);
});
