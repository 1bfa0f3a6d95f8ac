import { assert } from '@/lib/base';
import type { Entry, SnapshotPoint } from './types';

/**
 * A member's log as it knows it (`raft/log.go`): a snapshot point, then entries without gaps.
 *
 *     snapshot ≤ applied ≤ committed ≤ last,   stable ≤ last
 */
export class RaftLog<D> {
  #point: Pick<SnapshotPoint, 'index' | 'term'>;
  #entries: Entry<D>[];
  committed: number;
  applied: number;
  /** The last entry known to be on disk. */
  stable: number;

  constructor(point: Pick<SnapshotPoint, 'index' | 'term'>, entries: readonly Entry<D>[], committed: number, applied: number) {
    this.#point = { index: point.index, term: point.term };
    this.#entries = [...entries];
    this.committed = Math.max(committed, point.index);
    this.applied = Math.max(applied, point.index);
    this.stable = this.lastIndex;
  }

  get firstIndex(): number {
    return this.#point.index + 1;
  }

  get lastIndex(): number {
    return this.#point.index + this.#entries.length;
  }

  get lastTerm(): number {
    return this.#entries.at(-1)?.term ?? this.#point.term;
  }

  /** Undefined when the index is before the snapshot or beyond the end. */
  findTerm(index: number): number | undefined {
    if (index === this.#point.index) return this.#point.term;
    return this.#entries[index - this.firstIndex]?.term;
  }

  matches(index: number, term: number): boolean {
    return this.findTerm(index) === term;
  }

  /** Entries from `from` up to and including `to`, at most `max` of them. */
  slice(from: number, to = this.lastIndex, max = Infinity): Entry<D>[] {
    assert(from >= this.firstIndex, () => `entries from ${from} of a log that begins at ${this.firstIndex}`);
    const start = from - this.firstIndex;
    return this.#entries.slice(start, Math.min(to - this.firstIndex + 1, start + max));
  }

  /** Appends at the end; a leader only ever does this. */
  push(entry: Entry<D>): void {
    assert(entry.index === this.lastIndex + 1, () => `entry ${entry.index} after ${this.lastIndex}`);
    this.#entries.push(entry);
  }

  /** A follower's append: undefined when the entry before is not here, otherwise the last new index. Only a conflict cuts the log. */
  maybeAppend(previousIndex: number, previousTerm: number, entries: readonly Entry<D>[]): number | undefined {
    if (!this.matches(previousIndex, previousTerm)) return undefined;
    const conflict = entries.findIndex(({ index, term }) => !this.matches(index, term));
    if (conflict >= 0) {
      const first = (entries[conflict] as Entry<D>).index;
      assert(first > this.committed, () => `entry ${first} conflicts with committed entry ${this.committed}`);
      this.#entries.length = first - this.firstIndex;
      this.stable = Math.min(this.stable, first - 1);
      for (const entry of entries.slice(conflict)) this.#entries.push(entry);
    }
    return previousIndex + entries.length;
  }

  commitTo(index: number): void {
    if (index <= this.committed) return;
    assert(index <= this.lastIndex, () => `commit ${index} of a log that ends at ${this.lastIndex}`);
    this.committed = index;
  }

  /** Whether a log that ends so is at least as new as this one (the paper's section 5.4.1). */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }

  /** The newest index at or before `index` whose term is at most `term`: what two logs may still have in common. */
  findConflictByTerm(index: number, term: number): { index: number; term: number } {
    for (let at = Math.min(index, this.lastIndex); at > 0; at--) {
      const here = this.findTerm(at);
      if (here === undefined) return { index: at, term: 0 };
      if (here <= term) return { index: at, term: here };
    }
    return { index: 0, term: 0 };
  }

  /** Forgets everything: from now on the log begins after `point`. */
  restore(point: Pick<SnapshotPoint, 'index' | 'term'>): void {
    this.#point = { index: point.index, term: point.term };
    this.#entries = [];
    this.committed = point.index;
    this.applied = point.index;
    this.stable = point.index;
  }

  /** Forgets entries up to and including `index`, which must be applied. */
  compact(index: number): void {
    if (index <= this.#point.index) return;
    assert(index <= this.applied, () => `compaction at ${index}, applied ${this.applied}`);
    const term = this.findTerm(index) as number;
    this.#entries.splice(0, index - this.#point.index);
    this.#point = { index, term };
  }
}
