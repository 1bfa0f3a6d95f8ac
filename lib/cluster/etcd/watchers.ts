import { compareBytes } from '@/lib/base';
import type { Revision, WatchEvent, WatchOptions, WatchResponse } from './kv';

export interface Watcher {
  readonly key: string;
  readonly options: WatchOptions;
  readonly onResponse: (response: WatchResponse) => void;
  /** Every revision before this one has been looked at for it. */
  next: number;
}

/** Who watches a store: those of one key apart from those of ranges, so that a write finds its own quickly (`mvcc/watcher_group.go`). */
export class Watchers {
  readonly #byKey = new Map<string, Set<Watcher>>();
  readonly #ranges = new Set<Watcher>();

  add(watcher: Watcher): void {
    if (watcher.options.end !== undefined) return void this.#ranges.add(watcher);
    const set = this.#byKey.get(watcher.key) ?? new Set();
    this.#byKey.set(watcher.key, set.add(watcher));
  }

  /** Whether it was there. */
  delete(watcher: Watcher): boolean {
    if (watcher.options.end !== undefined) return this.#ranges.delete(watcher);
    const set = this.#byKey.get(watcher.key);
    const did = set?.delete(watcher) ?? false;
    if (set?.size === 0) this.#byKey.delete(watcher.key);
    return did;
  }

  has(watcher: Watcher): boolean {
    return watcher.options.end !== undefined ? this.#ranges.has(watcher) : (this.#byKey.get(watcher.key)?.has(watcher) ?? false);
  }

  get all(): readonly Watcher[] {
    return [...this.#ranges, ...[...this.#byKey.values()].flatMap((set) => [...set])];
  }

  /** Tells everybody who asked for it of one revision. A watcher may cancel itself or others while it is told. */
  notify(response: WatchResponse): void {
    for (const watcher of this.#interested(response.events)) if (this.has(watcher)) notify(watcher, response);
  }

  /** Tells those who want to hear it that nothing is missing up to `revision`. */
  progress(revision: Revision): void {
    this.synced(revision);
    for (const watcher of this.all)
      if (watcher.options.progressNotify && watcher.next === revision + 1) watcher.onResponse({ revision, events: [] });
  }

  /** Everybody has heard of everything up to `revision`: those it was nothing for did not notice. */
  synced(revision: Revision): void {
    for (const watcher of this.all) watcher.next = Math.max(watcher.next, revision + 1);
  }

  #interested(events: readonly WatchEvent[]): readonly Watcher[] {
    if (this.#byKey.size === 0) return [...this.#ranges];
    const keys = new Set(events.map(({ kv }) => kv.key));
    return [...this.#ranges, ...[...keys].flatMap((key) => [...(this.#byKey.get(key) ?? [])])];
  }
}

/** Hands a watcher its part of one revision, unless it has had it. */
export function notify(watcher: Watcher, { revision, events }: WatchResponse): void {
  if (revision < watcher.next) return;
  watcher.next = revision + 1;
  const { prevKv, filters } = watcher.options;
  const wanted = events.filter((event) => covers(watcher, event.kv.key) && !filters?.includes(event.type === 'put' ? 'noput' : 'nodelete'));
  if (wanted.length === 0) return;
  watcher.onResponse({ revision, events: prevKv ? wanted : wanted.map(({ type, kv }) => ({ type, kv })) });
}

function covers({ key, options: { end } }: Watcher, candidate: string): boolean {
  if (end === undefined) return candidate === key;
  return compareBytes(candidate, key) >= 0 && (end === '\0' || compareBytes(candidate, end) < 0);
}
