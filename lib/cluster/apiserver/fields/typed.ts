import { leaf, nodeOf, renderElement, isMember, type FieldNode, type FieldSet } from './field-set';
import { elementOf, ElementError, settledType, typeOfMapField, type FieldType, type ListType, type MapType } from './field-type';
import { define } from '../../api';
import { isEmptyList, isEmptyMap, ownOf } from './compare';

type Fields = Record<string, unknown>;

/** The fields a configuration has an opinion about (`typed/tofieldset.go`). */
export function fieldSetOf(type: FieldType, value: unknown): FieldSet {
  const node = nodeFor(type, value);
  return node === leaf ? undefined : node;
}

/** The node of a value, as a member or not; undefined where nothing in it is owned. */
function nodeFor(given: FieldType, value: unknown): FieldNode | undefined {
  const type = settledType(given, value);
  switch (type.kind) {
    case 'map':
      return type.isAtomic ? leaf : entriesNode(type, value);
    case 'list':
      return type.relation === 'atomic' ? leaf : itemsNode(type, value);
    default:
      return leaf;
  }
}

function entriesNode(type: MapType, value: unknown): FieldNode | undefined {
  const children: Record<string, FieldNode> = {};
  if (isFields(value))
    for (const name in value) {
      const field = typeOfMapField(type, name);
      if (!field || value[name] === undefined) continue;
      const below = nodeFor(field, value[name]);
      const isOwned = value[name] === null || (isFields(value[name]) && isEmptyMap(value[name])) || !type.fields;
      const node = isOwned ? owned(below) : below;
      if (node) children[`f:${name}`] = node;
    }
  return nodeOf(false, children);
}

function itemsNode(type: ListType, value: unknown): FieldNode | undefined {
  const children: Record<string, FieldNode> = {};
  if (Array.isArray(value)) for (const item of value) children[elementOf(type, item)] = owned(nodeFor(type.item, item));
  return nodeOf(false, children);
}

function owned(node: FieldNode | undefined): FieldNode {
  return node === undefined || isMember(node) ? (node ?? leaf) : (nodeOf(true, node) as FieldNode);
}

/** `config` laid over `live`: fields it does not name stay, keyed items are merged, what it names comes in its order (`typed/merge.go`). */
export function mergeTyped(given: FieldType, live: unknown, config: unknown): unknown {
  const type = settledType(given, live, config);
  const laid = config !== undefined ? config : live;
  switch (type.kind) {
    case 'list':
      return type.relation === 'atomic' || (isEmptyList(live) && isEmptyList(config))
        ? laid
        : mergeItems(type, listOf(live), listOf(config));
    case 'map':
      return type.isAtomic || (isEmptyMap(live) && isEmptyMap(config)) ? laid : mergeEntries(type, fieldsOf(live), fieldsOf(config));
    default:
      return laid;
  }
}

function mergeEntries(type: MapType, live: Fields, config: Fields): Fields {
  const merged: Fields = {};
  for (const name of new Set([...Object.keys(live), ...Object.keys(config)])) {
    const field = typeOfMapField(type, name);
    const [own, asked] = [ownOf(live, name), ownOf(config, name)];
    const value = field ? mergeTyped(field, own, asked) : (asked ?? own);
    if (value !== undefined) define(merged, name, value);
  }
  return merged;
}

/** Items of both stand in the order of `config`; those only `live` has keep their place among them. */
function mergeItems(type: ListType, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const left = live.map((item) => elementOf(type, item));
  const right = config.map((item) => elementOf(type, item));
  const liveItems = firstItems(left, live);
  const configItems = firstItems(right, config);
  const shared = right.filter((element) => liveItems.has(element));
  const done = new Set<string>();
  const merged: unknown[] = [];
  const take = (element: string, liveItem: unknown, configItem: unknown) => void merged.push(mergeTyped(type.item, liveItem, configItem));
  let next = shared.shift();
  for (let l = 0, r = 0; l < left.length || r < right.length;) {
    const element = left[l] as string;
    if (l < left.length && r < right.length) {
      if (element === right[r]) {
        done.add(element);
        take(element, liveItems.get(element), configItems.get(element));
        [l, r, next] = [l + 1, r + 1, shared.shift()];
        continue;
      }
      if (configItems.has(element) && next !== undefined && next !== element) {
        l++;
        continue;
      }
    }
    if (l < left.length) {
      if (!configItems.has(element)) {
        take(element, live[l], undefined);
        l++;
        continue;
      }
      if (done.has(element)) l++;
    }
    if (r < right.length) {
      const wanted = right[r] as string;
      done.add(wanted);
      take(wanted, liveItems.get(wanted), configItems.get(wanted));
      r++;
      if (next === wanted) next = shared.shift();
    }
  }
  return merged;
}

function firstItems(elements: readonly string[], items: readonly unknown[]): Map<string, unknown> {
  const found = new Map<string, unknown>();
  elements.forEach((element, index) => void (found.has(element) || found.set(element, items[index])));
  return found;
}

/** `value` without the fields and items of `set`; what is empty afterwards is null (`typed/remove.go`). */
export function removeItems(given: FieldType, value: unknown, set: FieldSet): unknown {
  if (set === undefined) return value;
  const type = settledType(given, value);
  switch (type.kind) {
    case 'map':
      return isFields(value) && !type.isAtomic ? removeEntries(type, value, set) : null;
    case 'list':
      return Array.isArray(value) && type.relation !== 'atomic' ? removeListItems(type, value, set) : null;
    default:
      return value;
  }
}

function removeEntries(type: MapType, value: Fields, set: FieldNode): Fields | null {
  const left: Fields = {};
  for (const name of Object.keys(value)) {
    const node = set[`f:${name}`];
    if (isMember(node)) continue;
    const field = typeOfMapField(type, name);
    define(left, name, node && field ? removeItems(field, value[name], node) : value[name]);
  }
  return isEmptyMap(left) ? null : left;
}

function removeListItems(type: ListType, value: readonly unknown[], set: FieldNode): unknown[] | null {
  const left: unknown[] = [];
  for (const item of value) {
    const node = set[elementOf(type, item)];
    if (!isMember(node)) left.push(node ? removeItems(type.item, item, node) : item);
  }
  return left.length > 0 ? left : null;
}

/** The set with the named fields on the way to its paths as members too (`Set.EnsureNamedFieldsAreMembers`). */
export function withNamedFields(type: FieldType | undefined, set: FieldSet): FieldSet {
  return set && nodeOf(isMember(set), namedChildren(type, set));
}

function namedChildren(type: FieldType | undefined, set: FieldNode): FieldNode {
  const children: Record<string, FieldNode> = {};
  for (const element in set) {
    if (element === '.') continue;
    const isField = element.startsWith('f:') && type?.kind === 'map';
    const below = isField
      ? typeOfMapField(type, element.slice(2))
      : type?.kind === 'list' && element.startsWith('k:')
        ? type.item
        : undefined;
    const node = withNamedFields(below, set[element]) as FieldNode;
    children[element] = isField && type.fields?.has(element.slice(2)) ? owned(node) : node;
  }
  return children;
}

interface TypedError {
  readonly path: string;
  readonly message: string;
}

/** What of a configuration the schema does not know (`typed/validate.go`), in one text, or undefined. */
export function typedProblem(type: FieldType, value: unknown): string | undefined {
  const lines = validate(type, value).map(({ path, message }) => (path ? `${path}: ${message}` : message));
  return lines.length < 2 ? lines[0] : ['errors:', ...lines.map((line) => `  ${line}`)].join('\n');
}

function validate(given: FieldType, value: unknown): TypedError[] {
  const type = settledType(given, value);
  if (value === null || value === undefined) return [];
  switch (type.kind) {
    case 'scalar':
      return validateScalar(type.scalar, value);
    case 'list':
      return Array.isArray(value) ? validateItems(type, value) : [problem(`expected list, got ${goPrinted(value)}`)];
    case 'map':
      return isFields(value) ? validateEntries(type, value) : [problem(`expected map, got ${goPrinted(value)}`)];
    case 'untyped':
      return [];
  }
}

function validateScalar(scalar: 'string' | 'numeric' | 'boolean' | 'untyped', value: unknown): TypedError[] {
  const is = typeof value;
  switch (scalar) {
    case 'numeric':
      return is === 'number' ? [] : [problem(`expected numeric (int or float), got ${goType(value)}`)];
    case 'string':
      return is === 'string' ? [] : [problem(`expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`)];
    case 'boolean':
      return is === 'boolean' ? [] : [problem(`expected boolean, got ${goPrinted(value)}`)];
    case 'untyped':
      return is !== 'object' ? [] : [problem(`expected any scalar, got ${goPrinted(value)}`)];
  }
}

function validateEntries(type: MapType, value: Fields): TypedError[] {
  return Object.keys(value).flatMap((name) => {
    const field = typeOfMapField(type, name);
    return within(`.${name}`, field ? validate(field, value[name]) : [problem('field not declared in schema')]);
  });
}

function validateItems(type: ListType, items: readonly unknown[]): TypedError[] {
  const errors: TypedError[] = [];
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const element = type.relation === 'atomic' ? `i:${index}` : elementOrProblem(type, item);
    if (typeof element !== 'string') return [...errors, problem(`element ${index}: ${element.message}`)];
    if (seen.has(element)) errors.push(problem(`duplicate entries for key ${renderElement(element)}`));
    seen.add(element);
    errors.push(...within(renderElement(element), validate(type.item, item)));
  }
  return errors;
}

function elementOrProblem(type: ListType, item: unknown): string | ElementError {
  try {
    return elementOf(type, item);
  } catch (error) {
    if (error instanceof ElementError) return error;
    throw error;
  }
}

function problem(message: string): TypedError {
  return { path: '', message };
}

function within(prefix: string, errors: readonly TypedError[]): TypedError[] {
  return errors.map(({ path, message }) => ({ path: prefix + path, message }));
}

/** `%T` of what JSON decodes to. */
function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isFields(value)) return 'map[string]interface {}';
  return typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : typeof value === 'boolean' ? 'bool' : 'string';
}

/** `%#v` of the same. */
function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (isFields(value))
    return `map[string]interface {}{${Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`)
      .join(', ')}}`;
  return value === null ? 'interface {}(nil)' : JSON.stringify(value);
}

/** `%v` of a value as the library prints itself. */
function goPrinted(value: unknown): string {
  return `&{${Array.isArray(value) || isFields(value) ? goPlain(value) : String(value)}}`;
}

function goPlain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goPlain).join(' ')}]`;
  if (isFields(value))
    return `map[${Object.keys(value)
      .sort()
      .map((key) => `${key}:${goPlain(value[key])}`)
      .join(' ')}]`;
  return value === null ? '<nil>' : String(value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
