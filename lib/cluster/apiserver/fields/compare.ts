import { deepEqual } from '@/lib/base';
import { FieldSetBuilder, leaf, nodeOf, type FieldNode, type FieldSet } from './field-set';
import {
  elementOf,
  haveSameKeys,
  keyedElement,
  settledType,
  typeOfMapField,
  type FieldType,
  type ListType,
  type MapType,
} from './field-type';

/** Up to so many differing items are looked for one by one. */
const fewItems = 64;

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Which fields of `before` and `after` differ (`structured-merge-diff/typed/compare.go`). Undefined when none does. */
export function compareFields(type: FieldType, before: unknown, after: unknown): Comparison | undefined {
  const walk = new CompareWalk();
  walk.compare(type, before, after);
  return walk.result();
}

class CompareWalk {
  readonly #path: string[] = [];
  readonly #added = new FieldSetBuilder();
  readonly #modified = new FieldSetBuilder();
  readonly #removed = new FieldSetBuilder();
  #isSame = true;

  result(): Comparison | undefined {
    if (this.#isSame) return undefined;
    return { added: this.#added.build(), modified: this.#modified.build(), removed: this.#removed.build() };
  }

  compare(given: FieldType, before: unknown, after: unknown): void {
    if (before === after) return;
    const type = settledType(given, before, after);
    if (before === undefined) return this.#note(this.#added, wholeNode(type, after));
    if (after === undefined) return this.#note(this.#removed, wholeNode(type, before));
    if (this.#comparesWhole(type, before, after)) {
      if (!deepEqual(before, after)) this.#note(this.#modified);
    } else if (type.kind === 'list') this.#compareItems(type, listOf(before), listOf(after));
    else this.#compareEntries(type as MapType, fieldsOf(before), fieldsOf(after));
  }

  /** Leaves, what is atomic, and two that are empty, so that an empty one is told from none. */
  #comparesWhole(type: FieldType, before: unknown, after: unknown): boolean {
    switch (type.kind) {
      case 'list':
        return type.relation === 'atomic' || (isEmptyList(before) && isEmptyList(after));
      case 'map':
        return type.isAtomic || (isEmptyMap(before) && isEmptyMap(after));
      default:
        return true;
    }
  }

  #note(set: FieldSetBuilder, node?: FieldNode, path: readonly string[] = this.#path): void {
    set.insert(path, node);
    this.#isSame = false;
  }

  #within(element: string, type: FieldType, before: unknown, after: unknown): void {
    this.#path.push(element);
    this.compare(type, before, after);
    this.#path.pop();
  }

  #compareEntries(type: MapType, before: Fields, after: Fields): void {
    for (const name in before) this.#compareEntry(type, name, before[name], ownOf(after, name));
    for (const name in after) if (ownOf(before, name) === undefined) this.#compareEntry(type, name, undefined, after[name]);
  }

  #compareEntry(type: MapType, name: string, before: unknown, after: unknown): void {
    if (before === after) return;
    const field = typeOfMapField(type, name);
    if (field) this.#within(`f:${name}`, field, before, after);
  }

  #compareItems(type: ListType, before: readonly unknown[], after: readonly unknown[]): void {
    if (this.#compareInPlace(type, before, after)) return;
    const left = itemsByElement(type, before);
    const right = itemsByElement(type, after);
    for (const [element, items] of left) this.#compareItem(type, element, items, right.get(element) ?? []);
    for (const [element, items] of right) if (!left.has(element)) this.#compareItem(type, element, [], items);
  }

  /** Lists whose items keep their places, as conditions do: only those that differ are looked at. False when they are not such lists. */
  #compareInPlace({ relation, keys, item }: ListType, before: readonly unknown[], after: readonly unknown[]): boolean {
    if (before.length !== after.length) return false;
    const differing: number[] = [];
    for (let index = 0; index < before.length; index++) {
      if (deepEqual(before[index], after[index])) continue;
      if (relation !== 'map' || !haveSameKeys(keys, before[index], after[index])) return false;
      if (differing.push(index) > fewItems) return false;
    }
    if (differing.some((index) => after.some((other, at) => at !== index && haveSameKeys(keys, after[index], other)))) return false;
    for (const index of differing) this.#within(keyedElement(keys, after[index]), item, before[index], after[index]);
    return true;
  }

  /** Items that repeat an element are one whole. */
  #compareItem({ item }: ListType, element: string, before: readonly unknown[], after: readonly unknown[]): void {
    if (before.length < 2 && after.length < 2) return this.#within(element, item, before[0], after[0]);
    const path = [...this.#path, element];
    if (before.length >= 2 && after.length >= 2) {
      if (!deepEqual(before, after)) this.#note(this.#modified, leaf, path);
    } else if (before.length >= 2) {
      if (after.length > 0) this.#within(element, item, undefined, after[0]);
      this.#note(this.#removed, leaf, path);
    } else {
      if (before.length > 0) this.#within(element, item, before[0], undefined);
      this.#note(this.#added, leaf, path);
    }
  }
}

/** What every object has by its nature is no field of it. */
export function ownOf(fields: Fields, name: string): unknown {
  const value = fields[name];
  return value === undefined || Object.hasOwn(fields, name) ? value : undefined;
}

type Fields = Readonly<Record<string, unknown>>;
const none: Fields = {};

/** A value that appears or goes, with everything in it. */
function wholeNode(given: FieldType, value: unknown): FieldNode {
  const type = settledType(given, value);
  const children: Record<string, FieldNode> = {};
  if (type.kind === 'map' && !type.isAtomic) {
    const fields = fieldsOf(value);
    for (const name in fields) {
      const field = typeOfMapField(type, name);
      if (field && fields[name] !== undefined) children[`f:${name}`] = wholeNode(field, fields[name]);
    }
  } else if (type.kind === 'list' && type.relation !== 'atomic') {
    for (const [element, items] of itemsByElement(type, listOf(value)))
      children[element] = items.length > 1 ? leaf : wholeNode(type.item, items[0]);
  }
  return nodeOf(true, children) as FieldNode;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldsOf(value: unknown): Fields {
  return isEmptyMap(value) ? none : (value as Fields);
}

function itemsByElement(type: ListType, items: readonly unknown[]): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of items) {
    const element = elementOf(type, item);
    const same = found.get(element);
    if (same) same.push(item);
    else found.set(element, [item]);
  }
  return found;
}

export function isEmptyList(value: unknown): boolean {
  return !Array.isArray(value) || value.length === 0;
}

export function isEmptyMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  for (const name in value) if ((value as Fields)[name] !== undefined) return false;
  return true;
}
