import type { Cluster } from '@/lib/cluster';
import { medianMs, type BenchRow } from '../row';
import { sandbox, served, template } from '../support';

/** From the fork until a controller of its own has looked at an object. */
export const fork: BenchRow = {
  key: 'forkMs',
  title: 'A fork of a cluster until its first reconcile',
  unit: 'ms',
  mark: { value: 5, of: 'our own' },
  measure() {
    template();
    return medianMs(
      () => {
        const cluster = sandbox();
        if (!cluster.kernel.runUntilCondition(() => hasReconciled(cluster), { limitMs: 1_000 })) throw new Error('nothing was reconciled');
      },
      { runs: 51, warmUps: served },
    );
  },
};

function hasReconciled({ kernel: { trace } }: Cluster): boolean {
  return trace.nearest('reconcile', trace.lastId)?.what.startsWith('reconcile ') ?? false;
}
