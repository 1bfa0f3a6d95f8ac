import type { Brand } from '@/lib/base';

/** A moment of simulated time: whole milliseconds since the Unix epoch, on the cluster's own clock. */
export type Instant = Brand<number, 'Instant'>;

export function instant(ms: number): Instant {
  return Math.round(ms) as Instant;
}

/** `2026-01-01T08:00:00Z`: a `metav1.Time`, which has whole seconds. */
export function rfc3339(at: Instant): string {
  const seconds = Math.floor(at / 1000);
  if (seconds !== last.seconds) last = { seconds, text: `${new Date(seconds * 1000).toISOString().slice(0, -5)}Z` };
  return last.text;
}

/** Much happens within one second: its text is kept until another is asked for. */
let last = { seconds: NaN, text: '' };

/** `2026-01-01T08:00:00.123000Z`: a `metav1.MicroTime`. */
export function rfc3339Micro(at: Instant): string {
  const milliseconds = at - Math.floor(at / 1000) * 1000;
  return `${rfc3339(at).slice(0, -1)}.${String(milliseconds).padStart(3, '0')}000Z`;
}

export function parseInstant(text: string): Instant {
  return Date.parse(text) as Instant;
}
