import { deepFreeze, SortedMap, type Json } from '@/lib/base';

/** One write to a disk; `value` absent means the path was deleted. */
export interface DiskChange {
  readonly disk: string;
  readonly path: string;
  readonly value?: Json;
}

/**
 * What survives the crash of a simulated machine: paths to frozen plain data. Everything on it is part of the snapshot.
 * A fork is O(1) and shares structure.
 */
export class Disk {
  readonly name: string;
  readonly #map: SortedMap<Json>;
  /** Told of every write, in order; the sandbox's journal listens here. */
  onChange: ((change: DiskChange) => void) | undefined;
  #writes = 0;
  #watches: readonly { readonly prefix: string; readonly onChange: (path: string) => void }[] = [];

  constructor(name: string, entries: Iterable<readonly [string, Json]> = [], map = new SortedMap<Json>()) {
    this.name = name;
    this.#map = map;
    for (const [path, value] of entries) this.#map.set(path, deepFreeze(value));
  }

  /** How often it was written to since it was made: what was read at the same number is there still. A memory, not a part of the disk. */
  get writes(): number {
    return this.#writes;
  }

  get<T = Json>(path: string): T | undefined {
    return this.#map.get(path) as T | undefined;
  }

  has(path: string): boolean {
    return this.#map.has(path);
  }

  set(path: string, value: Json): void {
    this.#map.set(path, deepFreeze(value));
    this.#writes++;
    this.onChange?.({ disk: this.name, path, value });
    this.#notify(path);
  }

  /** Whether there was something to delete. */
  delete(path: string): boolean {
    const did = this.#map.delete(path);
    if (did) {
      this.#writes++;
      this.onChange?.({ disk: this.name, path });
      this.#notify(path);
    }
    return did;
  }

  /** inotify: calls back, inside the write, for each path under `prefix`. A watch is memory and is not forked. Returns the function that ends it. */
  watch(prefix: string, onChange: (path: string) => void): () => void {
    const watch = { prefix, onChange };
    this.#watches = [...this.#watches, watch];
    return () => {
      this.#watches = this.#watches.filter((one) => one !== watch);
    };
  }

  /** Everything under a prefix, in byte order. */
  list<T = Json>(prefix = ''): (readonly [string, T])[] {
    return this.#map.entries(prefix) as unknown as (readonly [string, T])[];
  }

  fork(): Disk {
    return new Disk(this.name, [], this.#map.clone());
  }

  #notify(path: string): void {
    for (const { prefix, onChange } of this.#watches) if (path.startsWith(prefix)) onChange(path);
  }

  /** Applies a change of the journal without telling anybody. */
  apply(change: DiskChange): void {
    this.#writes++;
    if (change.value === undefined) this.#map.delete(change.path);
    else this.#map.set(change.path, deepFreeze(change.value));
  }
}
