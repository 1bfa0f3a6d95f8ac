import { compareBytes, deepEqual } from '@/lib/base';
import { fieldFacts } from '@/lib/cluster';
import { definitions } from '@/generated/kubernetes/schema';

type Data = Record<string, unknown>;

/** Which half of a difference is wanted, and whether lists carry their order along (`strategicpatch.DiffOptions`). */
interface DiffOptions {
  readonly ignoresDeletions: boolean;
  readonly ignoresChanges: boolean;
  readonly setsOrder: boolean;
  readonly retainsKeys: boolean;
}

/**
 * The patch `apply` sends (`strategicpatch.CreateThreeWayMergePatch`): what the manifest changes or adds to the live object,
 * and what it no longer says since it was last applied. `kind` is a type of Kubernetes, whose merge keys are compiled into kubectl.
 */
export function threeWayMergePatch(original: Data, modified: Data, current: Data, definitionId: string): Data {
  const changes = diffMaps(current, modified, definitionId, {
    ignoresDeletions: true,
    ignoresChanges: false,
    setsOrder: true,
    retainsKeys: false,
  });
  const deletions = diffMaps(original, modified, definitionId, {
    ignoresDeletions: false,
    ignoresChanges: true,
    setsOrder: true,
    retainsKeys: false,
  });
  return mergePatches(deletions, changes, definitionId);
}

/** What turns `original` into `modified` (`CreateTwoWayMergePatch`): `edit`, `label`, `set image` send it. */
export function twoWayMergePatch(original: Data, modified: Data, definitionId: string): Data {
  return diffMaps(original, modified, definitionId, {
    ignoresDeletions: false,
    ignoresChanges: false,
    setsOrder: true,
    retainsKeys: false,
  });
}

/** The same for kinds whose types kubectl does not know: a JSON merge patch (`jsonmergepatch.CreateThreeWayJSONMergePatch`). */
export function threeWayJsonMergePatch(original: Data, modified: Data, current: Data): Data {
  return mergeObjects(keepNulls(jsonMergeDiff(original, modified)), dropNulls(jsonMergeDiff(current, modified)));
}

export function twoWayJsonMergePatch(original: Data, modified: Data): Data {
  return jsonMergeDiff(original, modified);
}

/** The schema id of a built-in kind, or undefined for what only the server knows. */
export function definitionOf(apiVersion: string, kind: string): string | undefined {
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
  definitionIds ??= new Map(
    Object.entries(definitions).flatMap(([id, { gvk }]) => (gvk ? [[`${gvk.group}/${gvk.version}/${gvk.kind}`, id] as const] : [])),
  );
  return definitionIds.get(`${group}/${version}/${kind}`);
}

let definitionIds: Map<string, string> | undefined;

function isMap(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function diffMaps(original: Data, modified: Data, definitionId: string | undefined, options: DiffOptions): Data {
  const patch: Data = {};
  for (const key of Object.keys(modified).sort(compareBytes)) {
    const next = modified[key];
    if (next === undefined) continue;
    if (original[key] === undefined) {
      if (!options.ignoresChanges) patch[key] = next;
    } else diffField(patch, key, original[key], next, definitionId, options);
  }
  if (!options.ignoresDeletions)
    for (const key of Object.keys(original)) if (original[key] !== undefined && modified[key] === undefined) patch[key] = null;
  if (options.retainsKeys && Object.keys(patch).length > 0) patch['$retainKeys'] = Object.keys(modified).sort(compareBytes);
  return patch;
}

function diffField(
  patch: Data,
  key: string,
  before: unknown,
  after: unknown,
  definitionId: string | undefined,
  options: DiffOptions,
): void {
  const { strategies, mergeKey, itemId, fieldId } = fieldOf(definitionId, key);
  const inner = { ...options, retainsKeys: strategies.includes('retainKeys') };
  if (isMap(before) && isMap(after) && !strategies.includes('replace')) {
    const found = diffMaps(before, after, fieldId, inner);
    if (Object.keys(found).length > 0) patch[key] = found;
  } else if (Array.isArray(before) && Array.isArray(after) && strategies.includes('merge')) {
    diffLists(patch, key, before, after, itemId, mergeKey, inner);
  } else if (!options.ignoresChanges && !deepEqual(before, after)) patch[key] = after;
}

interface FieldShape {
  readonly strategies: readonly string[];
  readonly mergeKey: string | undefined;
  /** The definition of the value, and of its items. */
  readonly fieldId: string | undefined;
  readonly itemId: string | undefined;
}

function fieldOf(definitionId: string | undefined, key: string): FieldShape {
  const schema = definitionId ? definitions[definitionId]?.properties?.[key] : undefined;
  const facts = definitionId ? fieldFacts(definitionId, key) : undefined;
  return { strategies: facts?.patchStrategies ?? [], mergeKey: facts?.patchMergeKey, fieldId: schema?.$ref, itemId: schema?.items?.$ref };
}

function diffLists(
  patch: Data,
  key: string,
  before: readonly unknown[],
  after: readonly unknown[],
  itemId: string | undefined,
  mergeKey: string | undefined,
  options: DiffOptions,
): void {
  if (before.length === 0) {
    if (after.length > 0 && !options.ignoresChanges) patch[key] = after;
    return;
  }
  if (mergeKey) diffKeyedLists(patch, key, before as Data[], after as Data[], itemId, mergeKey, options);
  else diffSets(patch, key, before, after, options);
}

function diffKeyedLists(
  patch: Data,
  key: string,
  before: readonly Data[],
  after: readonly Data[],
  itemId: string | undefined,
  mergeKey: string,
  options: DiffOptions,
): void {
  const items: Data[] = [];
  for (const item of after) {
    const old = before.find((one) => one[mergeKey] === item[mergeKey]);
    if (!old) {
      if (!options.ignoresChanges) items.push(item);
      continue;
    }
    const found = diffMaps(old, item, itemId, { ...options, retainsKeys: options.retainsKeys });
    if (Object.keys(found).length > 0) items.push({ ...found, [mergeKey]: item[mergeKey] });
  }
  const gone = options.ignoresDeletions ? [] : before.filter((old) => !after.some((item) => item[mergeKey] === old[mergeKey]));
  items.push(...gone.map((old) => ({ $patch: 'delete', [mergeKey]: old[mergeKey] })));
  const isOrderSame = before.length === after.length && after.every((item, index) => item[mergeKey] === before[index]?.[mergeKey]);
  if (items.length > 0) patch[key] = items;
  const isOrderDue = (!options.ignoresChanges && (items.length > 0 || !isOrderSame)) || (!options.ignoresDeletions && items.length > 0);
  if (options.setsOrder && isOrderDue) patch[`$setElementOrder/${key}`] = after.map((item) => ({ [mergeKey]: item[mergeKey] }));
}

function diffSets(patch: Data, key: string, before: readonly unknown[], after: readonly unknown[], options: DiffOptions): void {
  const added = options.ignoresChanges ? [] : after.filter((item) => !before.includes(item));
  const gone = options.ignoresDeletions ? [] : before.filter((item) => !after.includes(item));
  if (added.length > 0) patch[key] = added;
  if (gone.length > 0) patch[`$deleteFromPrimitiveList/${key}`] = gone;
  const isOrderDue = (!options.ignoresDeletions && gone.length > 0) || (!options.ignoresChanges && !deepEqual(before, after));
  if (options.setsOrder && isOrderDue) patch[`$setElementOrder/${key}`] = after;
}

/** Lays the patch `changes` over the patch `deletions`, keeping the directives of both. */
function mergePatches(deletions: Data, changes: Data, definitionId: string | undefined): Data {
  const merged: Data = { ...deletions };
  for (const [key, value] of Object.entries(changes)) {
    const other = merged[key];
    const { mergeKey, fieldId, itemId } = fieldOf(definitionId, key);
    if (isMap(value) && isMap(other)) merged[key] = mergePatches(other, value, fieldId);
    else if (Array.isArray(value) && Array.isArray(other) && mergeKey && !key.startsWith('$'))
      merged[key] = mergeItems(other as Data[], value as Data[], mergeKey, itemId);
    else merged[key] = value;
  }
  return merged;
}

function mergeItems(deletions: readonly Data[], changes: readonly Data[], mergeKey: string, itemId: string | undefined): Data[] {
  const merged = changes.map((item) => {
    const other = deletions.find((one) => one[mergeKey] === item[mergeKey]);
    return other && other['$patch'] !== 'delete' ? mergePatches(other, item, itemId) : item;
  });
  return [...merged, ...deletions.filter((one) => !changes.some((item) => item[mergeKey] === one[mergeKey]))];
}

function jsonMergeDiff(original: Data, modified: Data): Data {
  const patch: Data = {};
  for (const key of Object.keys(original)) if (original[key] !== undefined && modified[key] === undefined) patch[key] = null;
  for (const [key, next] of Object.entries(modified)) {
    const before = original[key];
    if (next === undefined || deepEqual(before, next)) continue;
    patch[key] = isMap(before) && isMap(next) ? jsonMergeDiff(before, next) : next;
  }
  return patch;
}

/** The deletions of a merge patch, at every depth. */
function keepNulls(patch: Data): Data {
  const entries = Object.entries(patch).flatMap(([key, value]): [string, unknown][] => {
    if (value === null) return [[key, null]];
    const inner = isMap(value) ? keepNulls(value) : {};
    return Object.keys(inner).length > 0 ? [[key, inner]] : [];
  });
  return Object.fromEntries(entries);
}

/** The changes and additions of a merge patch, at every depth. */
function dropNulls(patch: Data): Data {
  const entries = Object.entries(patch).flatMap(([key, value]): [string, unknown][] => {
    if (value === null) return [];
    if (!isMap(value)) return [[key, value]];
    const inner = dropNulls(value);
    return Object.keys(inner).length > 0 || Object.keys(value).length === 0 ? [[key, inner]] : [];
  });
  return Object.fromEntries(entries);
}

function mergeObjects(base: Data, over: Data): Data {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over))
    merged[key] = isMap(value) && isMap(merged[key]) ? mergeObjects(merged[key], value) : value;
  return merged;
}
