import { CelMessage } from '../../../api/cel';

/** What an expression made, as plain data: messages become objects, whole numbers numbers again. */
export function plainOf(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof CelMessage) return plainOf(value.fields);
  if (Array.isArray(value)) return value.map(plainOf);
  if (value instanceof Map) return plainOf(Object.fromEntries(value));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]): [string, unknown][] => (one === undefined ? [] : [[name, plainOf(one)]])),
  );
}
