import type { Cluster } from '@/lib/cluster';
import { adminOf } from '../support/api-calls';
import { collectGarbage } from '../support/garbage';
import { freshCluster } from '../support/template';

const configMaps = '/api/v1/namespaces/default/configmaps';

test('what was written in a fork goes with it, however long what it was forked from is kept', async () => {
  const original = freshCluster();
  const written = writtenInAFork(original);
  await collectGarbage();
  expect(written.filter((ref) => ref.deref() !== undefined)).toEqual([]);
  expect(original.kernel.now).toBeGreaterThan(0);
});

/** What a fork's etcd and its watch caches held, and those of a fork of it. */
function writtenInAFork(original: Cluster): WeakRef<object>[] {
  const fork = original.fork();
  const admin = adminOf(fork);
  const created = admin.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'notes' }, data: { a: 'b' } });
  const changed = admin.merge('/api/v1/namespaces/default', { metadata: { labels: { by: 'the-fork' } } });
  fork.kernel.runFor(30_000);
  const again = adminOf(fork.fork());
  const listed = [...again.list(configMaps), ...admin.list(configMaps)].filter(({ metadata }) => metadata.name === 'notes');
  return [created, changed, ...listed].map((object) => new WeakRef<object>(object));
}
