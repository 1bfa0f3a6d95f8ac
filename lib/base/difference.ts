import { assert } from './assert';
import type { Json } from './json';

/**
 * How to make one value of another, as plain data: `[value]` puts it in place of what is there, `[]` takes it away, and an object says
 * the same of fields, or of the items of a list of the same length. Undefined where there is nothing to do.
 */
export type Difference = readonly [] | readonly [Json] | { readonly [field: string]: Difference };

type Fields = Readonly<Record<string, Json | undefined>>;

export function differenceOf(from: Json, to: Json): Difference | undefined {
  if (from === to) return undefined;
  if (!isObject(from) || !isObject(to)) return [to];
  const [before, after] = [from as Fields, to as Fields];
  if (Array.isArray(from) || Array.isArray(to))
    return Array.isArray(from) && Array.isArray(to) && from.length === to.length ? differenceOfItems(from, to) : [to];
  const names = Object.keys(after);
  if (haveSameFields(before, names)) return changesOf(before, after, names);
  return keepsOrder(Object.keys(before), names) ? differenceOfFields(before, after) : [to];
}

function isObject(value: Json): value is object & Json {
  return typeof value === 'object' && value !== null;
}

/** `value` with the difference made. What is not concerned is shared; what is, is not frozen. Throws at what can be no difference from it. */
export function withDifference(value: Json, difference: Difference | undefined): Json {
  if (difference === undefined) return value;
  if (Array.isArray(difference)) return difference[0] as Json;
  const made = (Array.isArray(value) ? [...value] : { ...(value as Fields) }) as Record<string, Json>;
  for (const [field, inner] of Object.entries(difference as Record<string, Difference>)) {
    // People write snapshots too: a list of a thousand million items is a few letters here.
    assert(Array.isArray(value) ? Number(field) < value.length : field !== '__proto__', 'a difference concerns what is there');
    if (Array.isArray(inner) && inner.length === 0) delete made[field];
    else made[field] = withDifference(made[field] as Json, inner);
  }
  return made;
}

function differenceOfItems(from: readonly Json[], to: readonly Json[]): Difference | undefined {
  let made: Record<string, Difference> | undefined;
  for (const [index, before] of from.entries()) {
    const inner = differenceOf(before, to[index] as Json);
    if (inner !== undefined) (made ??= {})[index] = inner;
  }
  return made;
}

/** Of the fields that both have: most objects keep theirs, and of what changes for ever all do. */
function changesOf(from: Fields, to: Fields, names: readonly string[]): Difference | undefined {
  let made: Record<string, Difference> | undefined;
  for (const field of names) {
    const [before, after] = [from[field], to[field]];
    if (before === after) continue;
    // What is undefined has no place among the fields once it was written down.
    if (before === undefined) return [to as Json];
    const inner = after === undefined ? ([] as const) : differenceOf(before, after);
    if (inner !== undefined) (made ??= {})[field] = inner;
  }
  return made;
}

function differenceOfFields(from: Fields, to: Fields): Difference | undefined {
  const old = Object.keys(from);
  const changes = changesOf(
    from,
    to,
    old.filter((field) => Object.hasOwn(to, field)),
  );
  if (Array.isArray(changes)) return changes;
  const taken = old.filter((field) => from[field] !== undefined && !Object.hasOwn(to, field)).map((field) => [field, []]);
  const added = Object.entries(to).filter(([field, value]) => value !== undefined && !Object.hasOwn(from, field));
  const made = { ...changes, ...Object.fromEntries(taken), ...Object.fromEntries(added.map(([field, value]) => [field, [value]])) };
  return Object.keys(made).length > 0 ? made : undefined;
}

/** The same, in the same order, and none that means something else when it is assigned. */
function haveSameFields(object: Fields, names: readonly string[]): boolean {
  let index = 0;
  for (const field in object) if (field === '__proto__' || field !== names[index++]) return false;
  return index === names.length;
}

/** Whether one becomes the other, in its order, when fields are taken away and others added at the end. */
function keepsOrder(before: readonly string[], after: readonly string[]): boolean {
  // A field that means something else when it is assigned.
  if (before.includes('__proto__') || after.includes('__proto__')) return false;
  const [old, fresh] = [new Set(before), new Set(after)];
  const made = [...before.filter((field) => fresh.has(field)), ...after.filter((field) => !old.has(field))];
  return made.every((field, index) => field === after[index]);
}
