/** How much simulated time the timeline shows at a speed: three minutes in real time, more when it flies. */
export function windowMs(speed: number): number {
  return 180_000 * (speed >= 100 ? 40 : speed >= 10 ? 6 : 1);
}

const niceSteps = [5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400].map((seconds) => seconds * 1000);

export interface Tick {
  readonly at: number;
  readonly size: 'minor' | 'middle' | 'major';
}

/** Ticks of a scale from `from` to `to`, so that major ones, which carry a label, are at least `labelPx` apart. */
export function ticksOf({
  from,
  to,
  width,
  labelPx = 110,
}: {
  from: number;
  to: number;
  width: number;
  labelPx?: number;
}): readonly Tick[] {
  const perPx = (to - from) / Math.max(1, width);
  const major = niceSteps.find((step) => step / perPx >= labelPx) ?? (niceSteps.at(-1) as number);
  const minor = major / 10;
  const ticks: Tick[] = [];
  for (let number = Math.ceil(from / minor); number * minor <= to; number++)
    ticks.push({ at: number * minor, size: number % 10 === 0 ? 'major' : number % 5 === 0 ? 'middle' : 'minor' });
  return ticks;
}
