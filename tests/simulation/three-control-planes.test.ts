import type { V1Endpoints } from '@/generated/kubernetes/types';
import { Cluster } from '@/lib/cluster';
import { adminOf, deploymentOf, paths } from '@/tests/support/api-calls';

let template: Cluster | undefined;

function highlyAvailable(seed: string): Cluster {
  template ??= Cluster.boot({ topology: { controlPlanes: 3, workers: 2 }, seed: 'template' });
  return template.fork({ seed });
}

const members = (cluster: Cluster) =>
  cluster.machines.flatMap(({ name, etcd, raft, isUp }) =>
    etcd && raft ? [{ name, isUp, revision: etcd.revision, hash: etcd.hashKv(), role: raft.session?.role }] : [],
  );
const leaderOf = (cluster: Cluster) => members(cluster).find(({ role, isUp }) => isUp && role === 'leader')?.name as string;

function readyReplicas(cluster: Cluster, name: string): number {
  return adminOf(cluster).get(`${paths.deployments}/${name}`).status?.readyReplicas ?? 0;
}

test('three control planes boot themselves, and every etcd member holds the same', () => {
  const cluster = highlyAvailable('same');
  adminOf(cluster).create(paths.deployments, deploymentOf('web', 3));
  cluster.kernel.runUntilIdle();
  expect(readyReplicas(cluster, 'web')).toBe(3);
  expect(new Set(members(cluster).map(({ revision, hash }) => `${revision} ${hash}`)).size).toBe(1);
  expect(
    members(cluster)
      .map(({ role }) => role)
      .sort(),
  ).toEqual(['follower', 'follower', 'leader']);
});

test('a fork serves at once, under the leader it had', () => {
  const cluster = highlyAvailable('at once');
  const leader = leaderOf(cluster);
  expect(adminOf(cluster).list('/api/v1/nodes')).toHaveLength(5);
  cluster.kernel.runFor(30_000);
  expect(leaderOf(cluster)).toBe(leader);
});

test('with one control plane lost the cluster goes on, and when it is back its etcd catches up', () => {
  const cluster = highlyAvailable('one lost');
  const lost = leaderOf(cluster) === 'cp-1' ? 'cp-3' : leaderOf(cluster);
  cluster.crash(lost);
  cluster.kernel.runFor(30_000);
  adminOf(cluster).create(paths.deployments, deploymentOf('web', 3));
  cluster.kernel.runFor(60_000);
  expect(readyReplicas(cluster, 'web')).toBe(3);
  expect(leaderOf(cluster)).not.toBe(lost);
  cluster.bootMachine(lost);
  cluster.kernel.runFor(120_000);
  expect(new Set(members(cluster).map(({ revision, hash }) => `${revision} ${hash}`)).size).toBe(1);
});

test('with two control planes lost nothing can be written or read, and their return mends it', () => {
  const cluster = highlyAvailable('two lost');
  cluster.crash('cp-2');
  cluster.crash('cp-3');
  cluster.kernel.runFor(10_000);
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const refused = cluster.asAdmin('test')({ method: 'POST', url: '/api/v1/namespaces', headers, body: { metadata: { name: 'lost' } } });
  expect(refused).toMatchObject({ status: 500, body: { message: 'etcdserver: request timed out' } });
  for (const url of ['/api/v1/nodes', '/api/v1/nodes/cp-1'])
    expect(cluster.asAdmin('test')({ method: 'GET', url, headers })).toMatchObject({ status: 500 });
  expect(cluster.asAdmin('test')({ method: 'GET', url: '/api/v1/nodes?resourceVersion=0', headers })).toMatchObject({ status: 200 });
  cluster.bootMachine('cp-2');
  cluster.kernel.runFor(120_000);
  adminOf(cluster).create('/api/v1/namespaces', { metadata: { name: 'found' } });
});

test('Service kubernetes leads to every API server that is alive', () => {
  const cluster = highlyAvailable('endpoints');
  const addresses = () =>
    (adminOf(cluster).get('/api/v1/namespaces/default/endpoints/kubernetes') as unknown as V1Endpoints).subsets?.[0]?.addresses?.map(
      ({ ip }) => ip,
    );
  cluster.kernel.runFor(30_000);
  expect(addresses()).toEqual(['172.18.0.2', '172.18.0.3', '172.18.0.4']);
  cluster.crash('cp-3');
  cluster.kernel.runFor(60_000);
  expect(addresses()).toEqual(['172.18.0.2', '172.18.0.3']);
});

test('a fork of three control planes runs as a restored snapshot does', () => {
  const original = highlyAvailable('restore');
  adminOf(original).create(paths.deployments, deploymentOf('web', 3));
  original.kernel.runFor(200);
  const [fork, restored] = [
    original.fork(),
    Cluster.restore(JSON.parse(JSON.stringify(original.snapshot())) as ReturnType<Cluster['snapshot']>),
  ];
  for (const cluster of [fork, restored]) {
    cluster.kernel.runUntilIdle();
    cluster.crash('cp-2');
    cluster.kernel.runFor(60_000);
  }
  expect(fork.kernel.trace.hash).toBe(restored.kernel.trace.hash);
});
