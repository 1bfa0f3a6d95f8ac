import { Cluster } from '@/lib/cluster';
import { medianMs, type BenchRow } from '../row';
import { deploy, runUntilReady, sandbox } from '../support';

/** A lab in the middle of its work. */
function busy(): Cluster {
  const cluster = sandbox();
  for (const name of ['web', 'api', 'db']) {
    deploy(cluster, name, 4);
    runUntilReady(cluster, name, 4);
  }
  return cluster;
}

export const snapshotSize: BenchRow = {
  key: 'snapshotKiB',
  title: 'Snapshot of a busy lab cluster, as JSON',
  unit: 'KiB',
  measure: () => JSON.stringify(busy().snapshot()).length / 1024,
};

export const snapshotRestore: BenchRow = {
  key: 'restoreMs',
  title: 'Restoring a busy lab cluster from its snapshot',
  unit: 'ms',
  mark: { value: 20, of: 'our own' },
  measure() {
    const text = JSON.stringify(busy().snapshot());
    return medianMs(() => void Cluster.restore(JSON.parse(text) as ReturnType<Cluster['snapshot']>), { runs: 21, warmUps: 10 });
  },
};
