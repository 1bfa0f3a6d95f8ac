import { compareBytes, prefixEnd } from '@/lib/base';
import type { KeyValue, Revision, WatchEvent, WatchOptions, WatchResponse } from './kv';

export interface Watcher {
  readonly key: string;
  readonly options: WatchOptions;
  readonly onResponse: (response: WatchResponse) => void;
  /** Every revision before this one has been looked at for it. */
  next: number;
}

/** Most are watched by one. */
type Index = Map<string, readonly Watcher[]>;

/**
 * Who watches a store (`mvcc/watcher_group.go`): those of one key, those of all below a `/`, and those of other ranges, apart, so that a
 * write finds its own however many there are.
 */
export class Watchers {
  readonly #all = new Set<Watcher>();
  readonly #byKey: Index = new Map();
  readonly #byFolder: Index = new Map();
  /** Those of the two indexes, of keys that are written again and again, until somebody begins or ceases to watch. */
  readonly #ofKeys: Index = new Map();
  #ranges: readonly Watcher[] = [];

  add(watcher: Watcher): void {
    this.#all.add(watcher);
    this.#ofKeys.clear();
    const index = this.#indexOf(watcher);
    if (index) index.set(watcher.key, [...(index.get(watcher.key) ?? []), watcher]);
    else this.#ranges = [...this.#ranges, watcher];
  }

  /** Whether it was there. */
  delete(watcher: Watcher): boolean {
    this.#ofKeys.clear();
    const index = this.#indexOf(watcher);
    const left = ((index ? index.get(watcher.key) : this.#ranges) ?? []).filter((other) => other !== watcher);
    if (!index) this.#ranges = left;
    else if (left.length > 0) index.set(watcher.key, left);
    else index.delete(watcher.key);
    return this.#all.delete(watcher);
  }

  get all(): readonly Watcher[] {
    return [...this.#all];
  }

  /** Tells everybody who asked for it of one revision. A watcher may cancel itself or others while it is told. */
  notify(response: WatchResponse): void {
    const { events } = response;
    const [event] = events;
    if (event && events.length === 1) this.#notifyOfOne(response, event);
    else for (const watcher of this.#interested(events)) if (this.#all.has(watcher)) notify(watcher, response);
  }

  #notifyOfOne(response: WatchResponse, { kv }: WatchEvent): void {
    for (const watcher of this.#ranges) if (this.#all.has(watcher)) notify(watcher, response);
    for (const watcher of this.#indexed(kv)) if (this.#all.has(watcher)) tell(watcher, response, response.events);
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

  /** Undefined for a range that is no folder. */
  #indexOf({ key, options: { end } }: Watcher): Index | undefined {
    if (end === undefined) return this.#byKey;
    return key.endsWith('/') && end === prefixEnd(key) ? this.#byFolder : undefined;
  }

  #interested(events: readonly WatchEvent[]): ReadonlySet<Watcher> {
    return new Set([...this.#ranges, ...events.flatMap(({ kv }) => this.#indexed(kv))]);
  }

  /** Who watches this key, or a folder that it is in. */
  #indexed({ key, version }: KeyValue): readonly Watcher[] {
    if (this.#byFolder.size === 0 && this.#byKey.size === 0) return nobody;
    const known = this.#ofKeys.get(key);
    if (known) return known;
    const found: Watcher[] = [];
    for (let slash = key.indexOf('/'); slash >= 0 && this.#byFolder.size > 0; slash = key.indexOf('/', slash + 1))
      found.push(...(this.#byFolder.get(key.slice(0, slash + 1)) ?? []));
    found.push(...(this.#byKey.get(key) ?? []));
    if (version > oftenWritten) this.#remember(key, found);
    return found;
  }

  #remember(key: string, found: readonly Watcher[]): void {
    if (this.#ofKeys.size >= keysMax) this.#ofKeys.clear();
    this.#ofKeys.set(key, found);
  }
}

const nobody: readonly Watcher[] = [];

/** What was written more often than this will be again, as leases are. */
const oftenWritten = 16;
const keysMax = 64;

/** Hands a watcher its part of one revision, unless it has had it. */
export function notify(watcher: Watcher, response: WatchResponse): void {
  tell(
    watcher,
    response,
    response.events.filter((event) => covers(watcher, event.kv.key)),
  );
}

/** `events` are those of the revision that it watches. */
function tell(watcher: Watcher, { revision, events: all }: WatchResponse, events: readonly WatchEvent[]): void {
  if (revision < watcher.next) return;
  watcher.next = revision + 1;
  const { prevKv, filters } = watcher.options;
  const wanted = filters ? events.filter(({ type }) => !filters.includes(type === 'put' ? 'noput' : 'nodelete')) : events;
  if (wanted.length === 0) return;
  const told = wanted.length === all.length ? all : wanted;
  watcher.onResponse({ revision, events: prevKv ? told : told.map(({ type, kv }) => ({ type, kv })) });
}

function covers({ key, options: { end } }: Watcher, candidate: string): boolean {
  if (end === undefined) return candidate === key;
  return compareBytes(candidate, key) >= 0 && (end === '\0' || compareBytes(candidate, end) < 0);
}
