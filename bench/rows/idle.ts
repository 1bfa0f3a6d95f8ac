import { medianMs, type BenchRow } from '../row';
import { sandbox, served } from '../support';

export const idle: BenchRow = {
  key: 'idle5mMs',
  title: 'Five idle simulated minutes, 3 nodes',
  unit: 'ms',
  mark: { value: 10, of: 'issue 3' },
  measure() {
    const cluster = sandbox();
    return medianMs(() => void cluster.kernel.runFor(300_000), { runs: 25, warmUps: served });
  },
};

/** The work of one idle simulated second, as a share of a real one. */
export const idleCpu: BenchRow = {
  key: 'idleCpuPercent',
  title: 'An idle sandbox in real time, of one core',
  unit: '%',
  mark: { value: 0.125, of: 'webernetes 0.3.5' },
  measure() {
    const cluster = sandbox();
    cluster.kernel.runFor(60_000);
    const seconds = 600;
    const start = process.cpuUsage();
    for (let second = 0; second < seconds; second++) cluster.kernel.runFor(1_000);
    const { user, system } = process.cpuUsage(start);
    return ((user + system) / 1e6 / seconds) * 100;
  },
};
