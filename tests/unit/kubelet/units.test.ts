import { freshCluster } from '../../support/template';

test('a unit that was stopped by hand stays stopped in a copy of the cluster, and a boot starts it', () => {
  const cluster = freshCluster({ workers: 1 });
  const worker = cluster.machine('worker-1');
  worker.haltUnit('kubelet');
  const copy = cluster.fork();
  expect(copy.machine('worker-1').isRunning('kubelet')).toBe(false);
  expect(copy.machine('worker-1').isRunning('containerd')).toBe(true);
  copy.crash('worker-1');
  copy.bootMachine('worker-1');
  expect(copy.machine('worker-1').isRunning('kubelet')).toBe(true);
});

test('a unit that was stopped by hand and started again goes on in a copy of the cluster', () => {
  const cluster = freshCluster({ workers: 1 });
  const worker = cluster.machine('worker-1');
  worker.haltUnit('kubelet');
  worker.startUnit('kubelet');
  expect(cluster.fork().machine('worker-1').isRunning('kubelet')).toBe(true);
});
