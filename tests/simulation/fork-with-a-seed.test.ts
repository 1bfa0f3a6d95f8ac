import { Cluster, viewOf } from '@/lib/cluster';

test('the Pods of a fork with a seed of its own are still who they were: CoreDNS stays ready', () => {
  const template = Cluster.boot({ topology: { controlPlanes: 1, workers: 2 }, seed: 'template' });
  const fork = template.fork({ seed: 'learner' });
  fork.kernel.runFor(60_000);
  expect(
    viewOf(fork)
      .pods.filter((pod) => pod.name.startsWith('coredns-'))
      .map((pod) => pod.ready),
  ).toEqual(['1/1', '1/1']);
});

test('taking up a snapshot is no event: nothing but leases is written, and nobody is restarted', () => {
  const template = Cluster.boot({ topology: { controlPlanes: 1, workers: 2 }, seed: 'template' });
  const before = template.machine('cp-1').etcd?.revision as number;
  const fork = template.fork({ seed: 'learner' });
  fork.kernel.runFor(9_000);
  const written = new Set<string>();
  fork.machine('cp-1').etcd?.watch('', { end: '\0', startRevision: before + 1 }, ({ events }) => {
    for (const { kv } of events) written.add(kv.key.split('/').slice(0, 3).join('/'));
  });
  expect([...written]).toEqual(['/registry/leases']);
});
