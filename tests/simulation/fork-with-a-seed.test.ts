import { Cluster, viewOf } from '@/lib/cluster';

test('the Pods of a fork with a seed of its own are still who they were: CoreDNS stays ready', () => {
  const template = Cluster.boot({ topology: { controlPlanes: 1, workers: 2 }, seed: 'template' });
  const fork = template.fork({ seed: 'learner' });
  fork.kernel.runFor(60_000);
  expect(viewOf(fork).pods.filter((pod) => pod.name.startsWith('coredns-')).map((pod) => pod.ready)).toEqual(['1/1', '1/1']);
});
