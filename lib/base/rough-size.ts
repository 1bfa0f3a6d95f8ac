import type { Json, JsonObject } from './json';

/** About as many bytes as a value's JSON has, without making that. */
export function roughBytes(value: Json | undefined): number {
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 3;
  if (Array.isArray(value)) {
    for (const item of value) bytes += roughBytes(item);
    return bytes;
  }
  const fields = value as JsonObject;
  for (const name in fields) bytes += name.length + 3 + roughBytes(fields[name]);
  return bytes;
}

/** One write in so many is looked at closely, where it stands for the others. */
export const sampled = 8;

/** Whether it is this one: no pattern in what is written is a pattern in this. */
export function isSampled(revision: number): boolean {
  return Math.imul(revision, 0x9e3779b1) >>> 29 === 0;
}
