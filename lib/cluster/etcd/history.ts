import { appended, borrowed, deepFreeze, type Growing } from '@/lib/base';
import type { KeyValue, WatchEvent } from './kv';

/** A key's kept versions, oldest first; those of version 0 are tombstones (`mvcc/key_index.go`). Never changed: appending makes another. */
export type KeyHistory = Growing<KeyValue>;

export const noHistory: KeyHistory = Object.freeze({ items: [], length: 0 });

export function historyOf(versions: readonly KeyValue[]): KeyHistory {
  return { items: [...versions], length: versions.length };
}

export function withVersion(history: KeyHistory, kv: KeyValue): KeyHistory {
  return history.length === 0 ? { items: [kv], length: 1 } : appended(history, kv);
}

export function versionsOf({ items, length }: KeyHistory): readonly KeyValue[] {
  return items.length === length ? items : items.slice(0, length);
}

/** The newest version, unless it is a tombstone. */
export function aliveNow(history: KeyHistory): KeyValue | undefined {
  return alive(newest(history));
}

/** The newest version, which may be a tombstone and not frozen yet. */
export function newest({ items, length }: KeyHistory): KeyValue | undefined {
  return items[length - 1];
}

/** The version that was current at `revision`, unless there was none. */
export function aliveAt(history: KeyHistory | undefined, revision: number): KeyValue | undefined {
  if (!history) return undefined;
  const last = history.items[history.length - 1];
  if (last && last.modRevision <= revision) return alive(last);
  return alive(history.items[countUntil(history, revision) - 1]);
}

/** How many versions were made at or before `revision`. */
export function countUntil({ items, length }: KeyHistory, revision: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle] as KeyValue).modRevision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What comes from a snapshot is frozen when it is first asked for: most of it is history that nobody asks for. */
export function alive(kv: KeyValue | undefined): KeyValue | undefined {
  return kv && kv.version > 0 ? deepFreeze(kv) : undefined;
}

type Events = readonly WatchEvent[];

/** Revisions in one chunk; a fork copies the list of chunks, and writing after it at most one chunk. */
const chunkSize = 512;

/** The events of each revision from `first` on. Every write makes one revision, so there are no gaps. */
export class RevisionLog {
  #first: number;
  /** Each but the last is full. */
  #chunks: Growing<Events>[];

  private constructor(first: number, chunks: readonly Growing<Events>[]) {
    this.#first = first;
    this.#chunks = [...chunks];
  }

  /** A log that goes on after `revision`, of which it knows nothing yet. */
  static after(revision: number): RevisionLog {
    return new RevisionLog(revision, [{ items: [[]], length: 1 }]);
  }

  clone(): RevisionLog {
    const clone = new RevisionLog(this.#first, this.#chunks);
    const last = clone.#chunks.pop();
    if (last) clone.#chunks.push(borrowed(last));
    return clone;
  }

  get next(): number {
    const last = this.#chunks.at(-1);
    return this.#first + (last ? (this.#chunks.length - 1) * chunkSize + last.length : 0);
  }

  push(events: Events): void {
    const at = this.#chunks.length - 1;
    const last = this.#chunks[at];
    if (last && last.length < chunkSize) this.#chunks[at] = appended(last, events);
    else this.#chunks.push({ items: [events], length: 1 });
  }

  /** Says what the revision that this log goes on after did, as far as that is kept. */
  fill(events: Events): void {
    this.#chunks[0] = { items: [events], length: 1 };
  }

  /** In order, the events of revision `from` and later ones. */
  forEach(from: number, visit: (events: Events, revision: number) => void, until = this.next): void {
    for (let revision = Math.max(from, this.#first); revision < until; revision++) {
      const index = revision - this.#first;
      visit((this.#chunks[Math.floor(index / chunkSize)] as Growing<Events>).items[index % chunkSize] as Events, revision);
    }
  }

  /** Forgets what was before `revision`; what that one put and deleted is kept (`mvcc/key_index.go`, compact). Before what it holds there is nothing to forget. */
  compact(revision: number): void {
    if (revision < this.#first) return;
    const kept: Events[] = [];
    this.forEach(revision, (events) => void kept.push(events));
    kept[0] = (kept[0] ?? []).map(({ type, kv }) => ({ type, kv }));
    this.#first = revision;
    this.#chunks = [];
    for (let start = 0; start < kept.length; start += chunkSize) {
      const items = kept.slice(start, start + chunkSize);
      this.#chunks.push({ items, length: items.length });
    }
  }
}
