import type { Brand } from '@/lib/base';

/** A moment of simulated time: whole milliseconds since the Unix epoch, on the cluster's own clock. */
export type Instant = Brand<number, 'Instant'>;

export function instant(ms: number): Instant {
  return Math.round(ms) as Instant;
}

/** `2026-01-01T08:00:00Z`: a `metav1.Time`, which has whole seconds. */
export function rfc3339(at: Instant): string {
  return new Date(Math.floor(at / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

/** `2026-01-01T08:00:00.123000Z`: a `metav1.MicroTime`. */
export function rfc3339Micro(at: Instant): string {
  return new Date(at).toISOString().replace('Z', '000Z');
}

export function parseInstant(text: string): Instant {
  return Date.parse(text) as Instant;
}
