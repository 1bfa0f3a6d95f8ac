import BTreeModule from 'sorted-btree';
import { compareBytes } from './compare';

// The package is CommonJS: depending on the loader the class is the default export or a property of it.
const BTree = (
  'default' in BTreeModule ? (BTreeModule as unknown as { default: typeof BTreeModule }).default : BTreeModule
) as typeof BTreeModule;

/** Strings to values in byte order. `clone` is O(1): both copies share structure until one of them writes. */
export class SortedMap<V> {
  readonly #tree: InstanceType<typeof BTreeModule<string, V>>;

  constructor(entries: Iterable<readonly [string, V]> = [], tree?: InstanceType<typeof BTreeModule<string, V>>) {
    this.#tree = tree ?? new BTree<string, V>(undefined, compareBytes);
    for (const [key, value] of entries) this.#tree.set(key, value);
  }

  get size(): number {
    return this.#tree.size;
  }

  get(key: string): V | undefined {
    return this.#tree.get(key);
  }

  has(key: string): boolean {
    return this.#tree.has(key);
  }

  set(key: string, value: V): void {
    this.#tree.set(key, value);
  }

  /** Whether there was something to delete. */
  delete(key: string): boolean {
    return this.#tree.delete(key);
  }

  clone(): SortedMap<V> {
    return new SortedMap<V>([], this.#tree.clone());
  }

  /** Calls `visit` for each key in [from, to) in order, until it returns false. `to` absent means to the end. */
  forRange(from: string, to: string | undefined, visit: (value: V, key: string) => boolean | void): void {
    const end = to ?? this.#tree.maxKey();
    if (end !== undefined)
      this.#tree.forRange(from, end, to === undefined, (key, value) => (visit(value, key) === false ? stop : undefined));
  }

  /** The entries whose key starts with `prefix`, in order. */
  entries(prefix = ''): (readonly [string, V])[] {
    const found: (readonly [string, V])[] = [];
    this.forRange(prefix, prefixEnd(prefix), (value, key) => void found.push([key, value]));
    return found;
  }
}

const stop = { break: true };

/** The end of the half-open range of all keys that start with `prefix` (`clientv3.GetPrefixRangeEnd`). */
export function prefixEnd(prefix: string): string | undefined {
  if (prefix === '') return undefined;
  const last = prefix.charCodeAt(prefix.length - 1);
  return prefix.slice(0, -1) + String.fromCharCode(last + 1);
}
