import type { BenchRow } from '../row';
import { sandbox, template } from '../support';

const count = 100;

/** What a hundred idle sandboxes add to the heap, each having run for ten simulated seconds. */
export const heap: BenchRow = {
  key: 'heapPerClusterMiB',
  title: 'Heap of an idle sandbox, 100 in one process',
  unit: 'MiB',
  mark: { value: 1.05, of: 'webernetes 0.3.5' },
  measure() {
    template();
    const before = used();
    const kept = Array.from({ length: count }, () => {
      const cluster = sandbox();
      cluster.kernel.runFor(10_000);
      return cluster;
    });
    const perCluster = (used() - before) / count / 2 ** 20;
    if (kept.length !== count) throw new Error('a sandbox is missing');
    return perCluster;
  },
};

function used(): number {
  if (!globalThis.gc) throw new Error('run with --expose-gc');
  for (let round = 0; round < 4; round++) globalThis.gc();
  return process.memoryUsage().heapUsed;
}
