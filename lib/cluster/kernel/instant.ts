import type { Brand } from '@/lib/base';

/** A moment of simulated time: whole milliseconds since the Unix epoch, on the cluster's own clock. */
export type Instant = Brand<number, 'Instant'>;

export function instant(ms: number): Instant {
  return Math.round(ms) as Instant;
}

/** `2026-01-01T08:00:00Z`: a `metav1.Time`, which has whole seconds. */
export function rfc3339(at: Instant): string {
  return minuteOf(at) + (secondEnds[secondOf(at)] as string);
}

/** `2026-01-01T08:00:00.123000Z`: a `metav1.MicroTime`. */
export function rfc3339Micro(at: Instant): string {
  return minuteOf(at) + (microSeconds[secondOf(at)] as string) + (milliEnds[at - Math.floor(at / 1000) * 1000] as string);
}

const minuteMs = 60_000;

/** Much happens within one minute: its text is kept until another is asked for. */
let last = { minute: NaN, text: '' };

/** `2026-01-01T08:00:` */
function minuteOf(at: Instant): string {
  const minute = Math.floor(at / minuteMs);
  if (minute !== last.minute) last = { minute, text: new Date(minute * minuteMs).toISOString().slice(0, 17) };
  return last.text;
}

function secondOf(at: Instant): number {
  return Math.floor((at - Math.floor(at / minuteMs) * minuteMs) / 1000);
}

const secondEnds = texts(60, 2, (second) => `${second}Z`);
const microSeconds = texts(60, 2, (second) => `${second}.`);
const milliEnds = texts(1000, 3, (milliseconds) => `${milliseconds}000Z`);

function texts(count: number, digits: number, text: (number: string) => string): readonly string[] {
  return Array.from({ length: count }, (_, number) => text(String(number).padStart(digits, '0')));
}

export function parseInstant(text: string): Instant {
  return Date.parse(text) as Instant;
}
