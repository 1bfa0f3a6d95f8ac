import { instantOfKey, ticksOf, windowMs, windowStart } from '@/app/workspace/timeline-scale';

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

test('the arrow keys look back and forth, no further than the history reaches and never beyond now', () => {
  const scale = { at: 500_000, now: 600_000, from: 420_000, span: 180_000 };
  expect(['ArrowLeft', 'ArrowRight', 'PageDown', 'PageUp'].map((key) => instantOfKey(key, scale))).toEqual([
    497_000, 503_000, 470_000, 530_000,
  ]);
  expect(['Home', 'End', 'Escape', 'Tab'].map((key) => instantOfKey(key, scale))).toEqual([420_000, 600_000, 600_000, undefined]);
  expect(instantOfKey('PageDown', { ...scale, at: 430_000 })).toBe(420_000);
  expect(instantOfKey('PageUp', { ...scale, at: 599_000 })).toBe(600_000);
  expect(instantOfKey('End', { ...scale, now: 600_000.4 })).toBe(600_000.4);
});

test('what is looked back at is always on the timeline', () => {
  for (const past of [undefined, 599_000, 470_000, 100_000]) {
    const from = windowStart({ now: 600_000, span: 180_000, past });
    expect(past ?? 600_000).toBeGreaterThan(from);
    expect(past ?? 600_000).toBeLessThan(from + 180_000);
  }
});
