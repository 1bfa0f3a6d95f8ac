import { deepFreeze, own, type Json } from '@/lib/base';

/**
 * How to make one value of another, as plain data: `[value]` puts it in place of what is there, `[]` takes it away, and an object says
 * the same of fields, or of the items of a list of the same length. Undefined where there is nothing to do.
 */
export type Difference = readonly [] | readonly [Json] | { readonly [field: string]: Difference };

type Fields = Readonly<Record<string, Json | undefined>>;

export function differenceOf(from: Json, to: Json): Difference | undefined {
  if (from === to) return undefined;
  return areAlike(from, to) ? differenceOfFields(from as Fields, to as Fields) : [to];
}

/** `value` with the difference made, frozen. What is not concerned is shared. */
export function withDifference(value: Json, difference: Difference | undefined): Json {
  if (difference === undefined) return value;
  if (Array.isArray(difference)) return deepFreeze(difference[0] as Json);
  const made = (Array.isArray(value) ? [...value] : { ...(value as Fields) }) as Record<string, Json>;
  for (const [field, inner] of Object.entries(difference as Record<string, Difference>)) {
    if (Array.isArray(inner) && inner.length === 0) delete made[field];
    else made[field] = withDifference(made[field] as Json, inner);
  }
  return Object.freeze(made);
}

function differenceOfFields(from: Fields, to: Fields): Difference | undefined {
  let made: Record<string, Difference> | undefined;
  for (const field in from) {
    const before = from[field];
    if (before === to[field]) continue;
    const after = own(to, field);
    const inner = after === undefined ? [] : before === undefined ? ([after] as const) : differenceOf(before, after);
    if (inner !== undefined) (made ??= {})[field] = inner as Difference;
  }
  for (const field in to) {
    const value = to[field];
    if (value !== undefined && from[field] !== value && !Object.hasOwn(from, field)) (made ??= {})[field] = [value];
  }
  return made;
}

/** Lists of the same length, or objects of which one becomes the other, in its order, when fields are taken away and others added at the end. */
function areAlike(from: Json, to: Json): boolean {
  if (typeof from !== 'object' || typeof to !== 'object' || from === null || to === null) return false;
  if (Array.isArray(from) || Array.isArray(to)) return Array.isArray(from) && Array.isArray(to) && from.length === to.length;
  const after = Object.keys(to);
  let index = 0;
  for (const field in from as Fields) if (field === '__proto__' || field !== after[index++]) return keepsOrder(Object.keys(from), after);
  return index === after.length || keepsOrder(Object.keys(from), after);
}

function keepsOrder(before: readonly string[], after: readonly string[]): boolean {
  // A field that means something else when it is assigned.
  if (before.includes('__proto__') || after.includes('__proto__')) return false;
  const [old, fresh] = [new Set(before), new Set(after)];
  const made = [...before.filter((field) => fresh.has(field)), ...after.filter((field) => !old.has(field))];
  return made.every((field, index) => field === after[index]);
}
