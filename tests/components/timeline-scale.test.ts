import { ticksOf, windowMs } from '@/app/workspace/timeline-scale';

test('labels of the timeline never run into one another', () => {
  for (const width of [390, 700, 1400]) {
    for (const speed of [1, 10, 100]) {
      const span = windowMs(speed);
      const majors = ticksOf({ from: 1_000_003, to: 1_000_003 + span, width }).filter((tick) => tick.size === 'major');
      for (const [index, tick] of majors.slice(1).entries())
        expect(((tick.at - (majors[index]?.at ?? 0)) / span) * width).toBeGreaterThanOrEqual(109);
    }
  }
});

test("a tick stands at a round time of the cluster's own clock", () => {
  for (const tick of ticksOf({ from: 0, to: 180_000, width: 1000 }).filter(({ size }) => size === 'major')) expect(tick.at % 5000).toBe(0);
});
