import { Cluster } from '@/lib/cluster';
import { medianMs, type BenchRow } from '../row';

export const boot: BenchRow = {
  key: 'bootMs',
  title: 'A control plane booting itself from static Pods, 3 nodes Ready',
  unit: 'ms',
  mark: { value: 1_014, of: 'webernetes 0.3.5' },
  measure: () => medianMs(() => void Cluster.boot({ topology: { controlPlanes: 1, workers: 2 }, seed: 1 }), { runs: 3, warmUps: 1 }),
};
