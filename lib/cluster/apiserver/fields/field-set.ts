/**
 * A set of field paths in the form `FieldsV1` gives it (`structured-merge-diff/fieldpath`): a tree of path elements, where `{}` is a
 * path of the set, `.` marks a path that has others below it, and anything else is only on the way to those:
 *
 *     { "f:metadata": { "f:labels": { ".": {}, "f:app": {} } } }     holds .metadata.labels and .metadata.labels.app
 *
 * Elements are `f:name`, `k:{"name":"c"}` for an item of a keyed list and `v:"x"` for one of a set. Nodes are never changed and are
 * shared wherever a result is the same as what it was made of. The empty set is undefined.
 */
export interface FieldNode {
  readonly [element: string]: FieldNode;
}
export type FieldSet = FieldNode | undefined;

type Building = Record<string, FieldNode>;

export const leaf: FieldNode = Object.freeze({});
const self = '.';

/** Whether the path that leads to `node` is in the set itself. */
export function isMember(node: FieldNode | undefined): boolean {
  if (node === undefined) return false;
  for (const element in node) return element === self || self in node;
  return true;
}

function hasChildren(node: FieldNode): boolean {
  for (const element in node) if (element !== self) return true;
  return false;
}

/** What `isSelf` and the children come to; undefined when that is nothing. */
export function nodeOf(isSelf: boolean, children: FieldNode): FieldSet {
  for (const _ in children) return isSelf ? { [self]: leaf, ...children } : children;
  return isSelf ? leaf : undefined;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || b === undefined) return a;
  if (a === undefined) return b;
  let merged: Building | undefined;
  for (const element in b) {
    if (element === self) continue;
    const together = union(a[element], b[element]) as FieldNode;
    if (together !== a[element]) (merged ??= childrenOf(a))[element] = together;
  }
  const isSelf = isMember(a) || isMember(b);
  if (!merged && isSelf === isMember(a)) return a;
  return nodeOf(isSelf, merged ?? childrenOf(a));
}

/** The paths of `a` that are not in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (a === undefined || b === undefined) return a;
  return without(a, b, isMember(a) && !isMember(b), difference);
}

/** The paths of `a` that are neither in `b` nor below a path of it (`RecursiveDifference`). */
export function exclude(a: FieldSet, b: FieldSet): FieldSet {
  if (a === undefined || b === undefined) return a;
  return isMember(b) ? undefined : without(a, b, isMember(a), exclude);
}

function without(a: FieldNode, b: FieldNode, isSelf: boolean, subtract: typeof difference): FieldSet {
  let left: Building | undefined;
  for (const element in b) {
    if (element === self || !(element in a)) continue;
    const rest = subtract(a[element], b[element]);
    if (rest === a[element]) continue;
    left ??= childrenOf(a);
    if (rest === undefined) delete left[element];
    else left[element] = rest;
  }
  if (!left && isSelf === isMember(a)) return a;
  return nodeOf(isSelf, left ?? childrenOf(a));
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (a === undefined || b === undefined) return undefined;
  const common: Building = {};
  for (const element in a) {
    if (element === self) continue;
    const both = intersection(a[element], b[element]);
    if (both !== undefined) common[element] = both;
  }
  return nodeOf(isMember(a) && isMember(b), common);
}

export function hasPath(set: FieldSet, path: readonly string[]): boolean {
  return isMember(path.reduce<FieldSet>((node, element) => node?.[element], set));
}

export function setOfPath(path: readonly string[]): FieldNode {
  return path.reduceRight<FieldNode>((below, element) => ({ [element]: below }), leaf);
}

function childrenOf(node: FieldNode): Building {
  const { [self]: _, ...children } = node;
  return children;
}

/** Collects paths one by one; none leads through another. */
export class FieldSetBuilder {
  #root: Building | undefined;

  /** `node` is what is owned at the end of the path: just that, or a node with all below it. */
  insert(path: readonly string[], node = leaf): void {
    let parent = (this.#root ??= {});
    for (let index = 0; index < path.length - 1; index++) parent = (parent[path[index] as string] ??= {}) as Building;
    parent[path.at(-1) as string] = node;
  }

  build(): FieldSet {
    return this.#root;
  }
}

/** Every path, members of a node before what is below them, in order (`Set.Iterate`). */
export function pathsOf(set: FieldSet, prefix: readonly string[] = []): string[][] {
  if (set === undefined) return [];
  const elements = Object.keys(set)
    .filter((element) => element !== self)
    .sort(compareElements);
  const members = elements.filter((element) => isMember(set[element])).map((element) => [...prefix, element]);
  return [
    ...members,
    ...elements
      .filter((element) => hasChildren(set[element] as FieldNode))
      .flatMap((element) => pathsOf(set[element], [...prefix, element])),
  ];
}

/** `.spec.containers[name="c"].image` */
export function renderFieldPath(path: readonly string[]): string {
  return path.map(renderElement).join('');
}

export function renderElement(element: string): string {
  const rest = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${rest}`;
    case 'v':
      return `[=${rest}]`;
    case 'k':
      return `[${Object.entries(JSON.parse(rest) as object)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(',')}]`;
    default:
      return `[${rest}]`;
  }
}

/** Field names, then keys, then values, then indexes. */
function compareElements(a: string, b: string): number {
  const [left, right] = [order.indexOf(a[0] as string), order.indexOf(b[0] as string)];
  return left !== right ? left - right : a < b ? -1 : a > b ? 1 : 0;
}

const order = ['.', 'f', 'k', 'v', 'i'];

/** As it is stored: frozen and in order, `.` first. What is frozen has been through here before. */
export function orderedSet(set: FieldNode): FieldNode {
  if (Object.isFrozen(set)) return set;
  const inOrder: Building = {};
  for (const element of Object.keys(set).sort()) inOrder[element] = orderedSet(set[element] as FieldNode);
  return Object.freeze(inOrder);
}

const elements = /^(\.|f:[^]*|[kv]:[^]+|i:\d+)$/;

/** Whether data from outside is a set. */
export function isFieldSet(value: unknown): value is FieldNode {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([element, node]) => elements.test(element) && isReadable(element) && isFieldSet(node));
}

function isReadable(element: string): boolean {
  if (element[0] !== 'k' && element[0] !== 'v') return true;
  try {
    const value: unknown = JSON.parse(element.slice(2));
    return element[0] === 'v' || (typeof value === 'object' && value !== null && !Array.isArray(value));
  } catch {
    return false;
  }
}
