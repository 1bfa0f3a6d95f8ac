import { medianMs, type BenchRow } from '../row';
import { sandbox } from '../support';

const dayMs = 24 * 60 * 60 * 1000;

export const day: BenchRow = {
  key: 'dayMs',
  title: 'An idle simulated day, 3 nodes',
  unit: 'ms',
  mark: { value: 3_000, of: 'issue 3' },
  measure: () => medianMs(() => void sandbox().kernel.runFor(dayMs), { runs: 1, warmUps: 0 }),
};
