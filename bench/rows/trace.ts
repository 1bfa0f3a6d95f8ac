import type { Cluster } from '@/lib/cluster';
import { instant, Trace } from '@/lib/cluster/kernel';
import type { BenchRow } from '../row';
import { deploy, runUntilReady, sandbox } from '../support';

const entries = 1_000_000;

export const traceEntry: BenchRow = {
  key: 'traceEntryNs',
  title: 'Recording one entry in the trace',
  unit: 'ns',
  mark: { value: 200, of: 'our own' },
  measure() {
    const lines = Array.from({ length: 1_000 }, (_, index) => `MODIFIED Pod default/web-7d4b9c6f58-${index}`);
    const trace = new Trace();
    const fill = () => {
      for (let id = 1; id <= entries; id++) {
        const what = lines[id % lines.length] as string;
        trace.record({
          at: instant(id),
          cause: id - 1,
          kind: 'watch',
          actor: 'kube-scheduler',
          what,
          object: 'Pod/default/web',
          revision: id,
        });
      }
    };
    fill();
    return (timeOf(fill) / entries) * 1e6;
  },
};

/** With the trace and without, in turns, so that what else the machine does falls on both. */
export const traceCost: BenchRow = {
  key: 'traceCostRatio',
  title: 'A busy and then idle lab with the trace, over without',
  unit: '×',
  mark: { value: 1.15, of: 'our own' },
  measure() {
    const times = { on: 0, off: 0 };
    for (let round = 0; round < 8; round++) {
      for (const mode of round % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)) {
        const cluster = sandbox();
        cluster.kernel.trace.isOn = mode === 'on';
        const took = timeOf(() => work(cluster));
        if (round >= 2) times[mode] += took;
      }
    }
    return times.on / times.off;
  },
};

function work(cluster: Cluster): void {
  deploy(cluster, 'web', 20);
  runUntilReady(cluster, 'web', 20);
  cluster.kernel.runFor(3_600_000);
}

/** Of the processor, in milliseconds: what else the machine does does not count. */
function timeOf(body: () => void): number {
  const before = process.cpuUsage();
  body();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
