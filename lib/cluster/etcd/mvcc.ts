import { assert, compareBytes, deepEqual, deepFreeze, SortedMap, unreachable, type Json } from '@/lib/base';
import {
  EtcdError,
  type Compare,
  type Etcd,
  type KeyValue,
  type Operation,
  type OperationResponse,
  type RangeOptions,
  type RangeResponse,
  type Revision,
  type Txn,
  type TxnResponse,
  type WatchEvent,
  type WatchOptions,
  type WatchResponse,
} from './kv';

/** A key's kept history, oldest first; `null` values with version 0 are tombstones (`mvcc/key_index.go`). */
type KeyHistory = readonly KeyValue[];

/** A store as plain data. */
export interface MvccSnapshot {
  readonly revision: number;
  readonly compactedRevision: number;
  /** Every kept version, tombstones included, in order of revision. */
  readonly versions: readonly KeyValue[];
}

/** What one write transaction changed: a row of the journal. */
export interface MvccCommit {
  readonly revision: Revision;
  readonly events: readonly WatchEvent[];
}

interface Watcher {
  readonly key: string;
  readonly end: string | undefined;
  readonly prevKv: boolean;
  readonly onResponse: (response: WatchResponse) => void;
}

/**
 * etcd's multi-version store (`etcd/server/storage/mvcc`): every write makes a new revision, old ones stay readable until compacted.
 * Values are immutable and shared, so `fork` is O(1).
 */
export class MvccStore implements Etcd {
  #histories: SortedMap<KeyHistory>;
  /** Events by revision, zero-padded so that byte order is revision order. */
  #log: SortedMap<readonly WatchEvent[]>;
  #revision: Revision;
  #compacted: Revision;
  readonly #watchers = new Set<Watcher>();
  /** Told of every commit before the watchers are; the sandbox's journal listens here. */
  onCommit: ((commit: MvccCommit) => void) | undefined;

  private constructor(histories: SortedMap<KeyHistory>, log: SortedMap<readonly WatchEvent[]>, revision: number, compacted: number) {
    this.#histories = histories;
    this.#log = log;
    this.#revision = revision as Revision;
    this.#compacted = compacted as Revision;
  }

  static create(): MvccStore {
    return new MvccStore(new SortedMap(), new SortedMap(), 1, 0);
  }

  static restore(snapshot: MvccSnapshot): MvccStore {
    const store = new MvccStore(new SortedMap(), new SortedMap(), snapshot.revision, snapshot.compactedRevision);
    for (const kv of snapshot.versions) store.#replay(deepFreeze(kv));
    return store;
  }

  get revision(): Revision {
    return this.#revision;
  }

  get compactedRevision(): Revision {
    return this.#compacted;
  }

  range(key: string, options: RangeOptions = {}): RangeResponse {
    const at = options.revision || this.#revision;
    if (at > this.#revision) throw new EtcdError('OutOfRange', 'etcdserver: mvcc: required revision is a future revision');
    if (at < this.#compacted) throw compactedError();
    const kvs: KeyValue[] = [];
    const limit = options.countOnly ? 0 : options.limit || Infinity;
    let count = 0;
    const add = (kv: KeyValue | undefined) => {
      if (!kv) return;
      count++;
      if (options.order === 'descend' || kvs.length < limit) kvs.push(options.keysOnly ? { ...kv, value: null } : kv);
    };
    if (options.end === undefined) add(aliveAt(this.#histories.get(key), at));
    else this.#histories.forRange(key, options.end === '\0' ? undefined : options.end, (history) => add(aliveAt(history, at)));
    const ordered = options.order === 'descend' ? kvs.reverse().slice(0, limit) : kvs;
    const answered = options.countOnly ? [] : ordered;
    return { kvs: answered, count, more: !options.countOnly && count > answered.length, revision: this.#revision };
  }

  put(key: string, value: Json, { lease = 0 }: { lease?: number } = {}): { revision: Revision } {
    return this.txn({ compare: [], success: [{ type: 'put', key, value, lease }], failure: [] });
  }

  deleteRange(key: string, { end }: { end?: string } = {}): { deleted: number; revision: Revision } {
    const { responses, revision } = this.txn({ compare: [], success: [{ type: 'delete-range', key, ...(end === undefined ? {} : { end }) }], failure: [] });
    const response = responses[0];
    assert(response?.type === 'delete-range', 'a delete answers a delete');
    return { deleted: response.deleted, revision };
  }

  txn(txn: Txn): TxnResponse {
    assertNoDuplicatePuts(txn);
    const events: WatchEvent[] = [];
    const next = (this.#revision + 1) as Revision;
    const result = this.#apply(txn, next, events);
    if (events.length > 0) this.#commit({ revision: next, events });
    return { ...result, revision: this.#revision };
  }

  compact(revision: number): void {
    if (revision <= this.#compacted) throw compactedError();
    if (revision > this.#revision) throw new EtcdError('OutOfRange', 'etcdserver: mvcc: required revision is a future revision');
    const touched = new Set<string>();
    const dropped: string[] = [];
    this.#log.forRange('', logKey(revision + 1), (events, at) => {
      for (const { kv } of events) touched.add(kv.key);
      dropped.push(at);
    });
    for (const at of dropped) this.#log.delete(at);
    for (const key of touched) this.#compactKey(key, revision);
    this.#compacted = revision as Revision;
  }

  watch(key: string, options: WatchOptions, onResponse: (response: WatchResponse) => void): () => void {
    const start = options.startRevision || this.#revision + 1;
    if (start <= this.#compacted) throw compactedError();
    const watcher: Watcher = { key, end: options.end, prevKv: options.prevKv ?? false, onResponse };
    if (start <= this.#revision) {
      const past: WatchResponse[] = [];
      this.#log.forRange(logKey(start), undefined, (events, at) => void past.push({ revision: Number(at) as Revision, events }));
      for (const response of past) notify(watcher, response);
    }
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** A store that shares everything up to here and nothing after; nobody watches it yet. */
  fork(): MvccStore {
    return new MvccStore(this.#histories.clone(), this.#log.clone(), this.#revision, this.#compacted);
  }

  snapshot(): MvccSnapshot {
    const versions: KeyValue[] = [];
    this.#histories.forRange('', undefined, (history) => void versions.push(...history));
    versions.sort((a, b) => a.modRevision - b.modRevision || compareBytes(a.key, b.key));
    return { revision: this.#revision, compactedRevision: this.#compacted, versions };
  }

  /** Applies a journal row: the same change again, on a restored store. */
  replay(commit: MvccCommit): void {
    assert(commit.revision > this.#revision, `replay of revision ${commit.revision} at ${this.#revision}`);
    for (const event of commit.events) this.#replay(deepFreeze(event.kv));
    this.#revision = commit.revision;
  }

  #apply(txn: Txn, next: Revision, events: WatchEvent[]): Omit<TxnResponse, 'revision'> {
    const succeeded = txn.compare.every((compare) => this.#holds(compare));
    const operations = succeeded ? txn.success : txn.failure;
    return { succeeded, responses: operations.map((operation) => this.#operate(operation, next, events)) };
  }

  #operate(operation: Operation, next: Revision, events: WatchEvent[]): OperationResponse {
    switch (operation.type) {
      case 'range':
        return { type: 'range', ...this.range(operation.key, operation) };
      case 'put': {
        const prevKv = this.#put(operation.key, operation.value, operation.lease ?? 0, next, events);
        return { type: 'put', ...(operation.prevKv && prevKv ? { prevKv } : {}) };
      }
      case 'delete-range': {
        const doomed = this.range(operation.key, operation.end === undefined ? {} : { end: operation.end }).kvs;
        for (const kv of doomed) this.#bury(kv, next, events);
        return { type: 'delete-range', deleted: doomed.length, prevKvs: operation.prevKv ? doomed : [] };
      }
      case 'txn': {
        const nested = this.#apply(operation.txn, next, events);
        return { type: 'txn', ...nested, revision: next };
      }
      default:
        return unreachable(operation);
    }
  }

  #put(key: string, value: Json, lease: number, next: Revision, events: WatchEvent[]): KeyValue | undefined {
    const history = this.#histories.get(key) ?? [];
    const prevKv = alive(history.at(-1));
    const kv = deepFreeze({
      key, value, lease, modRevision: next,
      createRevision: prevKv?.createRevision ?? next,
      version: (prevKv?.version ?? 0) + 1,
    });
    this.#histories.set(key, [...history, kv]);
    events.push({ type: 'put', kv, ...(prevKv ? { prevKv } : {}) });
    return prevKv;
  }

  #bury(prevKv: KeyValue, next: Revision, events: WatchEvent[]): void {
    const kv = deepFreeze({ key: prevKv.key, value: null, createRevision: 0 as Revision, modRevision: next, version: 0, lease: 0 });
    this.#histories.set(kv.key, [...(this.#histories.get(kv.key) ?? []), kv]);
    events.push({ type: 'delete', kv, prevKv });
  }

  #commit(commit: MvccCommit): void {
    this.#revision = commit.revision;
    this.#log.set(logKey(commit.revision), commit.events);
    this.onCommit?.(commit);
    for (const watcher of [...this.#watchers]) if (this.#watchers.has(watcher)) notify(watcher, commit);
  }

  #replay(kv: KeyValue): void {
    const history = this.#histories.get(kv.key) ?? [];
    const prevKv = alive(history.at(-1));
    this.#histories.set(kv.key, [...history, kv]);
    if (kv.modRevision <= this.#compacted) return;
    const at = logKey(kv.modRevision);
    const event: WatchEvent = { type: kv.version === 0 ? 'delete' : 'put', kv, ...(prevKv ? { prevKv } : {}) };
    this.#log.set(at, [...(this.#log.get(at) ?? []), event]);
  }

  /** Keeps the newest version at or before `revision`, unless it is a tombstone, and all later ones. */
  #compactKey(key: string, revision: number): void {
    const history = this.#histories.get(key) ?? [];
    const first = history.findLastIndex((kv) => kv.modRevision <= revision);
    if (first < 0) return;
    const kept = history.slice(alive(history[first]) ? first : first + 1);
    if (kept.length > 0) this.#histories.set(key, kept);
    else this.#histories.delete(key);
  }

  #holds({ key, end, target, result, operand }: Compare): boolean {
    const found = this.range(key, end === undefined ? {} : { end }).kvs;
    const kvs = found.length > 0 || end !== undefined ? found : [undefined];
    return kvs.every((kv) => compares(targetOf(kv, target), result, operand));
  }
}

function targetOf(kv: KeyValue | undefined, target: Compare['target']): Json {
  switch (target) {
    case 'version': return kv?.version ?? 0;
    case 'create': return kv?.createRevision ?? 0;
    case 'mod': return kv?.modRevision ?? 0;
    case 'lease': return kv?.lease ?? 0;
    case 'value': return kv?.value ?? null;
    default: return unreachable(target);
  }
}

function compares(actual: Json, result: Compare['result'], operand: Json): boolean {
  if (result === '=') return deepEqual(actual, operand);
  if (result === '!=') return !deepEqual(actual, operand);
  const order = typeof actual === 'number' && typeof operand === 'number' ? actual - operand : compareBytes(String(actual), String(operand));
  return result === '>' ? order > 0 : order < 0;
}

function alive(kv: KeyValue | undefined): KeyValue | undefined {
  return kv && kv.version > 0 ? kv : undefined;
}

function aliveAt(history: KeyHistory | undefined, revision: number): KeyValue | undefined {
  if (!history) return undefined;
  const last = history[history.length - 1];
  if (last && last.modRevision <= revision) return alive(last);
  return alive(history.findLast((kv) => kv.modRevision <= revision));
}

function notify(watcher: Watcher, { revision, events }: WatchResponse): void {
  const wanted = events.filter(({ kv }) => covers(watcher, kv.key));
  if (wanted.length === 0) return;
  watcher.onResponse({ revision, events: watcher.prevKv ? wanted : wanted.map(({ type, kv }) => ({ type, kv })) });
}

function covers({ key, end }: Watcher, candidate: string): boolean {
  if (end === undefined) return candidate === key;
  return compareBytes(candidate, key) >= 0 && (end === '\0' || compareBytes(candidate, end) < 0);
}

function logKey(revision: number): string {
  return String(revision).padStart(16, '0');
}

function compactedError(): EtcdError {
  return new EtcdError('OutOfRange', 'etcdserver: mvcc: required revision has been compacted');
}

function assertNoDuplicatePuts({ success, failure }: Txn): void {
  for (const branch of [success, failure]) {
    const keys = branch.flatMap((operation) => (operation.type === 'put' ? [operation.key] : []));
    if (new Set(keys).size < keys.length) throw new EtcdError('InvalidArgument', 'etcdserver: duplicate key given in txn request');
  }
}
