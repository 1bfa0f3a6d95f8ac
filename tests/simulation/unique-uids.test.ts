import { Cluster } from '@/lib/cluster';
import { adminOf } from '@/tests/support/api-calls';

/** Every uid in etcd, with the keys that have it. */
function shared(cluster: Cluster): string[] {
  const keys = new Map<string, string>();
  const twice: string[] = [];
  for (const { key, value } of cluster.machine('cp-1').etcd?.range('/registry/', { end: '/registry0' }).kvs ?? []) {
    const { uid } = (value as { metadata?: { uid?: string } }).metadata ?? {};
    if (uid === undefined) continue;
    const first = keys.get(uid);
    if (first) twice.push(`${first} and ${key}`);
    keys.set(uid, key);
  }
  return twice;
}

test('no two objects have the same uid, whichever API server made them', () => {
  expect(shared(Cluster.boot({ topology: { controlPlanes: 3, workers: 0 }, seed: 'template' }))).toEqual([]);
});

test('no two objects have the same uid or the same generated name, whenever their API server was started', () => {
  const cluster = Cluster.boot({ topology: { controlPlanes: 1, workers: 0 }, seed: 'restarts' });
  const names: string[] = [];
  for (let start = 0; start < 3; start++) {
    for (let count = 0; count < 5; count++)
      names.push(adminOf(cluster).create('/api/v1/namespaces/default/configmaps', { metadata: { generateName: 'made-' } }).metadata.name);
    cluster.crash('cp-1');
    cluster.kernel.runFor(1_000);
    cluster.bootMachine('cp-1');
    cluster.kernel.runFor(120_000);
  }
  expect(new Set(names).size).toBe(15);
  expect(shared(cluster)).toEqual([]);
});
