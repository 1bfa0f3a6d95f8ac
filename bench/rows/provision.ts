import type { BenchRow } from '../row';
import { medianMs } from '../row';
import { areNodesReady, sandbox, template } from '../support';

export const provision: BenchRow = {
  key: 'provisionMs',
  title: 'A fresh sandbox, 3 nodes Ready',
  unit: 'ms',
  mark: { value: 1_014, of: 'webernetes 0.3.5' },
  measure() {
    template();
    return medianMs(() => {
      const cluster = sandbox();
      if (!cluster.kernel.runUntilCondition(() => areNodesReady(cluster, 3), { limitMs: 60_000 }))
        throw new Error('the nodes are not Ready');
    });
  },
};
