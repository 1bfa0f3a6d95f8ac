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
