import { pastViewOf, type Cluster } from '@/lib/cluster';
import { medianMs, type BenchRow } from '../row';
import { sandbox } from '../support';

const hourMs = 3_600_000;

function afterAnHour(): Cluster {
  const cluster = sandbox();
  cluster.kernel.runFor(hourMs);
  return cluster;
}

export const historySize: BenchRow = {
  key: 'historyPerHourKiB',
  title: 'What an idle hour of history takes, 3 nodes',
  unit: 'KiB',
  mark: { value: 1_024, of: 'our own' },
  measure() {
    const cluster = sandbox();
    const before = JSON.stringify(cluster.snapshot().history).length;
    cluster.kernel.runFor(hourMs);
    return (JSON.stringify(cluster.snapshot().history).length - before) / 1024;
  },
};

export const lookingBack: BenchRow = {
  key: 'lookBackMs',
  title: 'Drawing a cluster as it was an hour ago',
  unit: 'ms',
  mark: { value: 50, of: 'our own' },
  measure() {
    const cluster = afterAnHour();
    const at = cluster.now - hourMs;
    return medianMs(() => void pastViewOf(cluster, at), { runs: 9, warmUps: 3 });
  },
};
