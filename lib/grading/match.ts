import type { Json } from '@/lib/base';

/** Where a partial object and a real one part, and how much of the partial one was there. */
export interface Comparison {
  readonly mismatch: Mismatch | undefined;
  /** Leaves of the partial object that the real one has. */
  readonly matched: number;
}

export interface Mismatch {
  /** `spec.template.spec.containers[0].image` */
  readonly path: string;
  readonly expected: Json;
  /** Absent where there is nothing at the path. */
  readonly actual?: Json;
}

/**
 * Whether `actual` contains everything `partial` says: of an object the fields named, of a list an item for each item named,
 * whatever their order and whatever else there is.
 */
export function compare(partial: Json, actual: Json | undefined, path = ''): Comparison {
  if (Array.isArray(partial)) return Array.isArray(actual) ? compareLists(partial, actual, path) : missing(partial, actual, path);
  if (typeof partial === 'object' && partial !== null)
    return isObject(actual) ? compareObjects(partial as Fields, actual, path) : missing(partial, actual, path);
  return partial === actual ? { mismatch: undefined, matched: 1 } : missing(partial, actual, path);
}

type Fields = Readonly<Record<string, Json | undefined>>;

function compareObjects(partial: Fields, actual: Fields, path: string): Comparison {
  let mismatch: Mismatch | undefined;
  let matched = 0;
  for (const [name, expected] of Object.entries(partial)) {
    if (expected === undefined) continue;
    const field = compare(expected, actual[name], join(path, name));
    mismatch ??= field.mismatch;
    matched += field.matched;
  }
  return { mismatch, matched };
}

/** Each named item takes the item that is nearest to it among those nobody took. */
function compareLists(partial: readonly Json[], actual: readonly Json[], path: string): Comparison {
  const free = new Set(actual.keys());
  let mismatch: Mismatch | undefined;
  let matched = 0;
  for (const expected of partial) {
    const candidates = [...free].map((index) => ({ index, ...compare(expected, actual[index], `${path}[${index}]`) }));
    const best = candidates.find((one) => !one.mismatch) ?? candidates.sort((a, b) => b.matched - a.matched)[0];
    if (!best || (best.mismatch && best.matched === 0 && actual.length > 1)) {
      mismatch ??= { path, expected, ...(actual.length > 0 ? { actual: actual as Json } : {}) };
      continue;
    }
    free.delete(best.index);
    mismatch ??= best.mismatch;
    matched += best.matched;
  }
  return { mismatch, matched };
}

function missing(expected: Json, actual: Json | undefined, path: string): Comparison {
  return { mismatch: { path, expected, ...(actual === undefined ? {} : { actual }) }, matched: 0 };
}

function isObject(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function join(path: string, name: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path ? `${path}.${name}` : name;
}
