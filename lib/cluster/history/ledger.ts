import {
  appended,
  borrowed,
  compareBytes,
  deepEqual,
  prefixEnd,
  roughBytes,
  SortedMap,
  type Growing,
  type Json,
  type JsonObject,
} from '@/lib/base';
import { MvccStore, type KeyValue, type WatchEvent } from '../etcd';
import type { Instant } from '../kernel';
import type { Change, ChangeCause } from './change';
import { goBack, goBackBefore, packed, tombstone, unpacked, type Present, type Segment } from './segment';

/** A moment: the state right after a revision, or the state at an instant of simulated time. */
export type Moment = { readonly revision: number } | { readonly at: number };

/** How far back one can look. */
export interface HistoryReach {
  /** The earliest state there is: after `revision`, made at `at`. Revision 1 and no instant: from the beginning. */
  readonly revision: number;
  readonly at: Instant | undefined;
  readonly isTrimmed: boolean;
  readonly bytes: number;
  readonly budgetBytes: number;
}

/** A ledger as plain data; the state it ends with is in the store of machine `source`. */
export interface LedgerSnapshot {
  readonly source: string;
  readonly lineage?: string;
  readonly segments: readonly Segment[];
  readonly trimmed?: { readonly revision: number; readonly at: number };
}

export interface LedgerOptions {
  readonly budgetBytes?: number | undefined;
  readonly segmentSize?: number;
  readonly snapshot?: LedgerSnapshot | undefined;
}

export interface Install {
  readonly at: Instant;
  readonly cause: ChangeCause | undefined;
  readonly before: MvccStore;
  readonly after: MvccStore;
  readonly others: ReadonlyMap<string, MvccStore>;
}

export class HistoryTrimmedError extends Error {
  override readonly name = 'HistoryTrimmedError';
}

/**
 * One to two times so many of the newest changes are kept as they are, sharing their values with the store; older ones are packed, and all of
 * them when they are large.
 */
const defaultSegmentSize = 256;

/** What changes that are not packed may hold before they are. */
const looseBytesMax = 2 * 2 ** 20;

/** Room for what a segment takes beside its text. */
const segmentOverheadBytes = 128;

export const defaultHistoryBytes = 8 * 2 ** 20;

/**
 * Every change of a cluster's keys since it was made, however often etcd was compacted: read backwards from what is there now, so that
 * the oldest can be dropped without a word to the rest. What does not fit the budget is dropped, oldest first. Forks share all of it.
 */
export class Ledger {
  readonly #budgetBytes: number;
  readonly #segmentSize: number;
  #segments: readonly Segment[];
  #recent: Growing<Change> = { items: [], length: 0 };
  /** About what the newest changes hold. */
  #looseBytes = 0;
  #bytes: number;
  #trimmed: { readonly revision: number; readonly at: number } | undefined;
  /** The member whose store is as it was after the newest change. */
  #source: string | undefined;
  /** Of that store: members of another one have nothing to say. */
  #lineage: string;
  #newest = 1;
  /** Told when something was dropped. */
  onTrim: ((reach: HistoryReach) => void) | undefined;

  constructor({ budgetBytes = defaultHistoryBytes, segmentSize = defaultSegmentSize, snapshot }: LedgerOptions = {}) {
    this.#budgetBytes = budgetBytes;
    this.#segmentSize = segmentSize;
    this.#segments = snapshot?.segments ?? [];
    this.#trimmed = snapshot?.trimmed;
    this.#source = snapshot?.source;
    this.#lineage = snapshot?.lineage ?? '';
    this.#bytes = this.#segments.reduce((total, segment) => total + bytesOf(segment), 0);
    this.#newest = this.#segments.at(-1)?.last.revision ?? this.#trimmed?.revision ?? 1;
    this.#trim();
  }

  /** The member whose store holds the state after the newest change. */
  get source(): string | undefined {
    return this.#source;
  }

  get revision(): number {
    return this.#newest;
  }

  get reach(): HistoryReach {
    return {
      revision: this.#trimmed?.revision ?? 1,
      at: this.#trimmed?.at as Instant | undefined,
      isTrimmed: this.#trimmed !== undefined,
      bytes: this.#bytes,
      budgetBytes: this.#budgetBytes,
    };
  }

  /** Whether a member's commit is news: of several members that apply the same revision the first one tells. */
  isNews(revision: number, { lineage }: MvccStore): boolean {
    return revision > this.#newest && lineage === this.#lineage;
  }

  record(source: string, change: Change): void {
    this.#source = source;
    this.#append(change);
  }

  recordPower(change: Pick<Change, 'at' | 'cause'> & Required<Pick<Change, 'power'>>): void {
    this.#append({ ...change, revision: this.#newest, events: [] });
  }

  #append(change: Change): void {
    this.#newest = change.revision;
    this.#recent = appended(this.#recent, change);
    this.#looseBytes += sizeOf(change);
    if (this.#looseBytes > looseBytesMax) this.#pack(this.#recent.length);
    else if (this.#recent.length >= 2 * this.#segmentSize) this.#pack(this.#segmentSize);
  }

  /**
   * A member's store became another one. Whether what clients see changed by it: it did where a new group begins, or where there is no other
   * member; elsewhere a member has lost what it had, or catches up. `others` are the stores of the other members.
   */
  maybeRecordInstall(member: string, install: Install): boolean {
    const { at, cause, before, after, others } = install;
    const rest = [...others].filter(([, store]) => store.lineage === this.#lineage && store.revision === this.#newest);
    const isNewGroup = after.lineage !== this.#lineage;
    if (!isNewGroup && rest.length > 0) {
      if (member === this.#source) this.#source = rest[0]?.[0];
      return false;
    }
    if (!isNewGroup && member !== this.#source) return false;
    const was = member === this.#source ? before : (others.get(this.#source ?? '') ?? before);
    const events = differences(was, after);
    this.#lineage = after.lineage;
    if (events.length === 0 && after.revision === this.#newest) {
      this.#source = member;
      return false;
    }
    this.record(member, { revision: after.revision, at, cause, events, isRestore: true });
    return true;
  }

  /** A ledger that shares all of this one and goes its own way. */
  fork(budgetBytes = this.#budgetBytes): Ledger {
    const fork = new Ledger({ budgetBytes, segmentSize: this.#segmentSize });
    fork.#segments = this.#segments;
    fork.#recent = borrowed(this.#recent);
    fork.#looseBytes = this.#looseBytes;
    fork.#bytes = this.#bytes;
    fork.#trimmed = this.#trimmed;
    fork.#source = this.#source;
    fork.#lineage = this.#lineage;
    fork.#newest = this.#newest;
    fork.#trim();
    return fork;
  }

  snapshot(): LedgerSnapshot | undefined {
    if (this.#source === undefined) return undefined;
    const recent = this.#recent.items.slice(0, this.#recent.length);
    return {
      source: this.#source,
      ...(this.#lineage ? { lineage: this.#lineage } : {}),
      segments: recent.length > 0 ? [...this.#segments, packed(recent)] : this.#segments,
      ...(this.#trimmed ? { trimmed: this.#trimmed } : {}),
    };
  }

  /** The keys as they were then. `present` is the store of `source` as it is now; what is written to it later does not show. */
  stateAt(moment: Moment, present: MvccStore): PastKeys {
    this.#assertReach(moment);
    const keys = new PastKeys(present.fork(), this.reach);
    this.#backwards(keys, moment, (change) => {
      if (isBy(change, moment)) {
        keys.revision = change.revision;
        keys.at = change.at;
        return false;
      }
      return true;
    });
    return keys;
  }

  /** The changes after `from` up to `to`, oldest first. */
  changes(from: Moment, to: Moment, present: MvccStore): Change[] {
    this.#assertReach(from);
    const found: Change[] = [];
    this.#backwards(new PastKeys(present.fork(), this.reach), to, (change) => {
      if (isBy(change, from)) return false;
      if (isBy(change, to)) found.push(change);
      return true;
    });
    return found.reverse();
  }

  /** Visits the changes up to a moment, and perhaps some later ones, from the newest back until told to stop, undoing each after it was visited. */
  #backwards(keys: Present, upTo: Moment, visit: (change: Change) => boolean): void {
    for (let index = this.#recent.length - 1; index >= 0; index--) {
      const change = this.#recent.items[index] as Change;
      if (!visit(change)) return;
      goBack(change, keys);
    }
    for (let index = this.#segments.length - 1; index >= 0; index--) {
      const segment = this.#segments[index] as Segment;
      if (!isBy(segment.first, upTo)) goBackBefore(segment, keys);
      else if (!unpacked(segment, keys, visit)) return;
    }
  }

  #assertReach(moment: Moment): void {
    if ('revision' in moment && moment.revision > this.#newest) throw new RangeError(`revision ${moment.revision} is yet to come`);
    if (!this.#trimmed) return;
    const isGone = 'revision' in moment ? moment.revision < this.#trimmed.revision : moment.at < this.#trimmed.at;
    if (isGone) throw new HistoryTrimmedError(trimmedMessage(this.reach));
  }

  #pack(count: number): void {
    const segment = packed(this.#recent.items.slice(0, count));
    this.#segments = [...this.#segments, segment];
    this.#bytes += bytesOf(segment);
    const rest = this.#recent.items.slice(count, this.#recent.length);
    this.#looseBytes *= rest.length / this.#recent.length;
    this.#recent = { items: rest, length: rest.length };
    this.#trim();
  }

  #trim(): void {
    if (this.#bytes <= this.#budgetBytes) return;
    let dropped = 0;
    while (this.#bytes > this.#budgetBytes && dropped < this.#segments.length) {
      const segment = this.#segments[dropped++] as Segment;
      this.#bytes -= bytesOf(segment);
      this.#trimmed = segment.last;
    }
    this.#segments = this.#segments.slice(dropped);
    this.onTrim?.(this.reach);
  }
}

/** What a learner reads when they look for what is no longer there. */
export function trimmedMessage({ at, budgetBytes }: HistoryReach): string {
  return `history before ${new Date(at ?? 0).toISOString().slice(11, 19)} was trimmed (${sizeText(budgetBytes)} budget)`;
}

function sizeText(bytes: number): string {
  return bytes >= 2 ** 20 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${Math.round(bytes / 2 ** 10)} KiB`;
}

/** A store's keys at an earlier moment: the store as it is, and over it what was different. */
export class PastKeys implements Present {
  readonly #present: MvccStore;
  readonly #different = new Map<string, KeyValue | undefined>();
  /** Of the machines whose power has changed since. */
  readonly power = new Map<string, boolean>();
  /** The newest change there was by then: the earliest that can be looked at, until a later one is found. */
  revision: number;
  at: Instant | undefined;

  constructor(present: MvccStore, { revision, at }: Pick<HistoryReach, 'revision' | 'at'>) {
    this.#present = present;
    this.revision = revision;
    this.at = at;
  }

  /** Before anything was written. */
  static none(): PastKeys {
    return new PastKeys(MvccStore.create(), { revision: 1, at: undefined });
  }

  get(key: string): KeyValue | undefined {
    return this.#different.has(key) ? this.#different.get(key) : this.#present.range(key).kvs[0];
  }

  set(key: string, kv: KeyValue | undefined): void {
    this.#different.set(key, kv);
  }

  setPower(machine: string, isUp: boolean): void {
    this.power.set(machine, isUp);
  }

  /** In order of keys, those that start with `prefix`. */
  list(prefix: string): KeyValue[] {
    const found = new SortedMap<KeyValue>();
    const end = prefixEnd(prefix) ?? '\0';
    for (const kv of this.#present.range(prefix, { end }).kvs) found.set(kv.key, kv);
    for (const [key, kv] of this.#different) {
      if (!key.startsWith(prefix)) continue;
      if (kv) found.set(key, kv);
      else found.delete(key);
    }
    return found.entries().map(([, kv]) => kv);
  }
}

function isBy({ revision, at }: Segment['first'], moment: Moment): boolean {
  return 'revision' in moment ? revision <= moment.revision : at <= moment.at;
}

function bytesOf({ text }: Segment): number {
  return text.length + segmentOverheadBytes;
}

/** About what a change keeps in memory: what was there and is not what is there now, as the metadata of a heartbeat is. */
function sizeOf({ events }: Change): number {
  let bytes = 0;
  for (const { kv, prevKv } of events) if (prevKv) bytes += keptBytes(prevKv.value, kv.value);
  return bytes;
}

function keptBytes(before: Json, after: Json): number {
  if (!isRecord(before) || !isRecord(after)) return roughBytes(before);
  let bytes = 0;
  for (const field in before) if (before[field] !== after[field]) bytes += roughBytes(before[field]);
  return bytes;
}

function isRecord(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What one store put in place of another changes, in order of keys. */
function differences(before: MvccStore, after: MvccStore): WatchEvent[] {
  const all = (store: MvccStore) => new Map(store.range('', { end: '\0' }).kvs.map((kv) => [kv.key, kv]));
  const [old, fresh] = [all(before), all(after)];
  const keys = [...new Set([...old.keys(), ...fresh.keys()])].sort(compareBytes);
  return keys.flatMap((key): WatchEvent[] => {
    const [prevKv, kv] = [old.get(key), fresh.get(key)];
    if (prevKv && kv && isSameVersion(prevKv, kv)) return [];
    if (kv) return [{ type: 'put', kv, ...(prevKv ? { prevKv } : {}) }];
    return [{ type: 'delete', kv: tombstone(key, after.revision), prevKv: prevKv as KeyValue }];
  });
}

function isSameVersion(a: KeyValue, b: KeyValue): boolean {
  return a.modRevision === b.modRevision && a.version === b.version && a.lease === b.lease && deepEqual(a.value, b.value);
}
