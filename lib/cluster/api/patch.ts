import { deepCopy } from '@/lib/base';
import { fieldFacts } from './schema-facts';
import { definitions, type FieldSchema } from '@/generated/kubernetes/schema';
import { define } from './json-reader';

type Fields = Record<string, any>;

/** RFC 7386: nulls delete, objects merge, anything else replaces. Returns a new value; neither argument changes. */
export function mergePatch(original: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return deepCopy(patch);
  const result: Fields = {};
  if (isFields(original)) for (const key of Object.keys(original)) define(result, key, original[key]);
  for (const key of Object.keys(patch)) {
    if (patch[key] === null) delete result[key];
    else define(result, key, mergePatch(Object.hasOwn(result, key) ? result[key] : undefined, patch[key]));
  }
  return result;
}

/** A patch that cannot be applied, with the sentence of `apimachinery/pkg/util/strategicpatch`. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}

/**
 * Applies a strategic merge patch to an object of type `definitionId`: lists merge by their patch merge key, and `$patch`,
 * `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…` are obeyed. Returns a new object; neither argument changes.
 */
export function strategicMergePatch<T extends object>(definitionId: string, original: T, patch: object): T {
  return mergeMap({ ...original }, { ...patch }, { $ref: definitionId }) as T;
}

const directive = '$patch';
const retainKeys = '$retainKeys';
const elementOrder = '$setElementOrder/';
const deleteList = '$deleteFromPrimitiveList/';

/** Changes `original` and `patch`, which are shallow copies already. */
function mergeMap(original: Fields, patch: Fields, schema: FieldSchema | undefined): Fields {
  if (Object.hasOwn(patch, directive)) return obeyDirective(patch);
  applyRetainKeys(original, patch);
  applyElementOrders(original, patch, schema);
  for (const key of Object.keys(patch)) {
    if (key.startsWith(deleteList)) deleteFromList(original, key.slice(deleteList.length), patch[key]);
    else if (patch[key] === null) delete original[key];
    else mergeField(original, key, patch[key], schema);
  }
  return original;
}

function obeyDirective(patch: Fields): Fields {
  if (patch[directive] === 'delete') return {};
  if (patch[directive] !== 'replace') throw badDirective(patch);
  const { [directive]: _, ...replacement } = patch;
  return replacement;
}

function badDirective(patch: Fields): PatchError {
  return new PatchError(`unknown patch type: ${String(patch[directive])} in map: ${goMap(patch)}`);
}

function mergeField(original: Fields, key: string, value: unknown, schema: FieldSchema | undefined): void {
  const current = Object.hasOwn(original, key) ? original[key] : undefined;
  const field = fieldOf(schema, key);
  if (isFields(current) && isFields(value))
    define(original, key, field.isReplaced ? value : mergeMap({ ...current }, { ...value }, field.schema));
  else if (Array.isArray(current) && Array.isArray(value)) define(original, key, field.isMerged ? mergeList(current, value, field) : value);
  else setClean(original, key, value);
}

function setClean(target: Fields, key: string, value: unknown): void {
  const clean = withoutDirectives(withoutNulls(value));
  if (clean === undefined) delete target[key];
  else define(target, key, clean);
}

interface MergeField {
  readonly schema: FieldSchema | undefined;
  readonly isMerged: boolean;
  readonly isReplaced: boolean;
  readonly mergeKey: string | undefined;
}

function fieldOf(schema: FieldSchema | undefined, key: string): MergeField {
  const id = schema?.$ref;
  const facts = id ? fieldFacts(id, key) : undefined;
  const own = id ? definitions[id]?.properties?.[key] : schema?.additionalProperties;
  const strategies = facts?.patchStrategies ?? [];
  return {
    schema: own,
    isMerged: strategies.includes('merge'),
    isReplaced: strategies.includes('replace'),
    mergeKey: facts?.patchMergeKey,
  };
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], field: MergeField): unknown[] {
  if (original.length === 0 && patch.length === 0) return [];
  if (!isFields(patch[0] ?? original[0])) return ordered([...new Set([...original, ...patch])], patch, original, undefined);
  const { mergeKey, schema } = field;
  if (![...original, ...patch].every(isFields)) throw new PatchError(`list element types are not identical: ${goValue([original, patch])}`);
  if (!mergeKey) throw new PatchError('cannot merge lists without merge key');
  const { kept, items } = applySpecialItems(original as Fields[], patch as Fields[], mergeKey);
  const merged = [...kept];
  const places = placesOf(merged.map((one) => one[mergeKey]));
  for (const item of items) {
    if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
    const at = places.get(item[mergeKey]);
    if (at !== undefined) merged[at] = mergeMap({ ...merged[at] }, { ...item }, schema?.items);
    else places.set(item[mergeKey], merged.push(withoutNulls(item) as Fields) - 1);
  }
  return ordered(merged, items, kept, mergeKey);
}

/** Items of the patch that say what to do with the list instead of what is in it. */
function applySpecialItems(
  original: readonly Fields[],
  patch: readonly Fields[],
  mergeKey: string,
): { kept: readonly Fields[]; items: readonly Fields[] } {
  const items: Fields[] = [];
  const deleted = new Set<unknown>();
  let isReplaced = false;
  for (const item of patch) {
    if (!Object.hasOwn(item, directive)) items.push(item);
    else if (item[directive] === 'replace') isReplaced = true;
    else if (item[directive] === 'delete') {
      if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
      deleted.add(item[mergeKey]);
    } else if (item[directive] === 'merge') throw new PatchError('merging lists cannot yet be specified in the patch');
    else throw badDirective(item);
  }
  return { kept: isReplaced ? [] : original.filter((one) => !deleted.has(one[mergeKey])), items };
}

/** Where each key stands first. */
function placesOf(keys: readonly unknown[]): Map<unknown, number> {
  const places = new Map<unknown, number>();
  keys.forEach((key, index) => void (places.has(key) || places.set(key, index)));
  return places;
}

function noMergeKey(item: Fields, mergeKey: string): PatchError {
  return new PatchError(`map: ${goMap(item)} does not contain declared merge key: ${mergeKey}`);
}

/** What the patch names stands in the patch's order; what only the server has stays where it was among them (`normalizeElementOrder`). */
function ordered(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const keyOf = (item: unknown) => (mergeKey === undefined || !isFields(item) ? item : item[mergeKey]);
  const inPatch = placesOf(patchOrder.map(keyOf));
  const inServer = placesOf(serverOrder.map(keyOf));
  const placeIn = (places: Map<unknown, number>, item: unknown) => places.get(keyOf(item)) ?? -1;
  const rank = (places: Map<unknown, number>) => (a: unknown, b: unknown) => placeIn(places, a) - placeIn(places, b);
  const named = merged.filter((item) => inPatch.has(keyOf(item))).sort(rank(inPatch));
  const serverOnly = merged.filter((item) => !inPatch.has(keyOf(item))).sort(rank(inServer));
  return interleave(serverOnly, named, (item) => placeIn(inServer, item));
}

function interleave(left: readonly unknown[], right: readonly unknown[], placeOf: (item: unknown) => number): unknown[] {
  const result: unknown[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const takesLeft =
      j >= right.length || (i < left.length && placeOf(left[i]) >= 0 && placeOf(right[j]) >= 0 && placeOf(left[i]) < placeOf(right[j]));
    result.push(takesLeft ? left[i++] : right[j++]);
  }
  return result;
}

function applyRetainKeys(original: Fields, patch: Fields): void {
  const keys = patch[retainKeys] as unknown;
  delete patch[retainKeys];
  if (keys === undefined) return;
  if (!Array.isArray(keys)) throw new PatchError('invalid patch format of $retainKeys');
  const retained = new Set<unknown>(keys);
  for (const key of Object.keys(patch)) {
    const isPlain = patch[key] !== null && !key.startsWith(deleteList) && !key.startsWith(elementOrder);
    if (isPlain && !retained.has(key)) throw new PatchError('invalid patch format of $retainKeys');
  }
  for (const key of Object.keys(original)) if (!retained.has(key)) delete original[key];
}

function applyElementOrders(original: Fields, patch: Fields, schema: FieldSchema | undefined): void {
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(elementOrder)) continue;
    const order = patch[key] as unknown;
    delete patch[key];
    if (!Array.isArray(order)) throw new PatchError('invalid patch format of $setElementOrder list');
    applyElementOrder(original, patch, key.slice(elementOrder.length), order, fieldOf(schema, key.slice(elementOrder.length)));
  }
}

function applyElementOrder(original: Fields, patch: Fields, name: string, order: readonly unknown[], field: MergeField): void {
  const current = listIn(original, name);
  const change = patch[name] === null ? null : listIn(patch, name);
  if (change === null || (!current && !change)) return;
  delete patch[name];
  if (change) checkOrder(change, order, field.mergeKey, name);
  const merged = !change
    ? (current as readonly unknown[])
    : !current
      ? (withoutDirectives(change) as unknown[])
      : field.isMerged
        ? mergeList(current, change, field)
        : change;
  define(original, name, ordered(merged, order, current ?? [], field.mergeKey));
}

function listIn(fields: Fields, name: string): readonly unknown[] | undefined {
  const value: unknown = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new PatchError(`unexpected type of ${name}: it is no list`);
  return value;
}

/** Everything the patch changes must be in the order it asks for, in that order. */
function checkOrder(change: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined, name: string): void {
  const keyOf = (item: unknown) => (mergeKey === undefined || !isFields(item) ? item : item[mergeKey]);
  const listed = placesOf(order.map(keyOf));
  const places = change.filter((item) => !isFields(item) || !Object.hasOwn(item, directive)).map((item) => listed.get(keyOf(item)) ?? -1);
  if (places.every((place, index) => place >= 0 && (index === 0 || place > (places[index - 1] as number)))) return;
  throw new PatchError(`The order in patch list:\n${goValue(change)}\n doesn't match ${elementOrder}${name} list:\n${goValue(order)}\n`);
}

function deleteFromList(original: Fields, name: string, values: unknown): void {
  if (!Array.isArray(values)) throw new PatchError('invalid patch format of $deleteFromPrimitiveList');
  const gone = new Set<unknown>(values);
  if (Object.hasOwn(original, name) && Array.isArray(original[name]))
    define(
      original,
      name,
      (original[name] as unknown[]).filter((item) => !gone.has(item)),
    );
}

/** Undefined when the value itself is nothing but a directive. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isFields(value)) return value;
  if (Object.hasOwn(value, directive)) return undefined;
  const clean: Fields = {};
  for (const key of Object.keys(value)) {
    const item = withoutDirectives(value[key]);
    if (item !== undefined) define(clean, key, item);
  }
  return clean;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isFields(value)) return value;
  const clean: Fields = {};
  for (const key of Object.keys(value)) if (value[key] !== null) define(clean, key, withoutNulls(value[key]));
  return clean;
}

/** How Go's `%v` prints what came out of JSON: `map[image:x:2 name:c]`. */
export function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (isFields(value)) return goMap(value);
  return value === null || value === undefined ? '<nil>' : String(value);
}

function goMap(map: Fields): string {
  return `map[${Object.keys(map)
    .sort()
    .map((key) => `${key}:${goValue(map[key])}`)
    .join(' ')}]`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
