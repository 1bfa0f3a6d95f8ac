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

/** Where now stands on the timeline, and the instant that is looked back at when it would lie beyond the left edge. */
const nowShare = 0.78;
const pastShare = 0.25;

/** The instant at the left edge. */
export function windowStart({ now, span, past }: { now: number; span: number; past: number | undefined }): number {
  const usual = now - span * nowShare;
  return past !== undefined && past < usual + span * 0.05 ? past - span * pastShare : usual;
}

interface Scale {
  readonly at: number;
  readonly now: number;
  /** How far back one can look. */
  readonly from: number;
  readonly span: number;
}

/** Where a key takes whoever looks back; undefined when it says nothing about time. */
export function instantOfKey(key: string, { at, now, from, span }: Scale): number | undefined {
  const small = span / 60;
  const moves: Record<string, number> = {
    ArrowLeft: at - small,
    ArrowDown: at - small,
    ArrowRight: at + small,
    ArrowUp: at + small,
    PageDown: at - small * 10,
    PageUp: at + small * 10,
    Home: from,
    End: now,
    Escape: now,
  };
  const to = moves[key];
  if (to === undefined) return undefined;
  return to >= now ? now : Math.max(from, Math.round(to));
}
