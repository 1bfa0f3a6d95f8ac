import { assert, borrowed, compareBytes, deepEqual, deepFreeze, hash32, SortedMap, unreachable, type Json } from '@/lib/base';
import { deleteThrough, putThrough } from './calls';
import {
  EtcdError,
  type Alarm,
  type Compare,
  type Etcd,
  type KeyValue,
  type Operation,
  type OperationResponse,
  type PutOptions,
  type RaisedAlarm,
  type RangeOptions,
  type RangeResponse,
  type Revision,
  type Txn,
  type TxnResponse,
  type WatchEvent,
  type WatchOptions,
  type WatchResponse,
} from './kv';
import { noAuth, type AuthState } from './auth';
import {
  alive,
  aliveAt,
  aliveNow,
  countUntil,
  historyOf,
  newest,
  noHistory,
  RevisionLog,
  versionsOf,
  withVersion,
  type KeyHistory,
} from './history';
import { keptVersions, wholeVersion, type KeptVersion } from './kept-version';
import { checkTransaction } from './transaction-check';
import { notify, Watchers, type Watcher } from './watchers';

/** The last entry of the group's log that a store contains (etcd's consistent index). */
export interface AppliedPoint {
  readonly index: number;
  readonly term: number;
}

/** A store as plain data. */
export interface MvccSnapshot {
  readonly revision: number;
  /** -1 before the first compaction, which may be at revision 0. */
  readonly compactedRevision: number;
  /** Every kept version, tombstones included, in order of revision. */
  readonly versions: readonly KeptVersion[];
  readonly leases?: readonly { readonly lease: number; readonly ttl: number }[];
  readonly alarms?: readonly RaisedAlarm[];
  readonly auth?: AuthState;
  readonly applied?: AppliedPoint;
  /** Of which beginning this is a continuation; absent for the cluster's own. */
  readonly lineage?: string;
}

/** What one write transaction changed: a row of the journal. */
export interface MvccCommit {
  readonly revision: Revision;
  readonly events: readonly WatchEvent[];
  readonly applied?: AppliedPoint;
}

/** A change of a store that is no change of a key: a row of the journal too. */
export type MvccEdit = (
  | { readonly type: 'compact'; readonly revision: number }
  | { readonly type: 'lease-grant'; readonly lease: number; readonly ttl: number }
  | { readonly type: 'lease-revoke'; readonly lease: number }
  | { readonly type: 'alarm'; readonly member: string; readonly alarm: Alarm; readonly isRaised: boolean }
  | { readonly type: 'auth'; readonly auth: AuthState }
  | { readonly type: 'install'; readonly snapshot: MvccSnapshot }
) & { readonly applied?: AppliedPoint };

/** Where a key's history is kept. A store writes into the cells that it made since it was last forked; those of before are shared, and replaced. */
interface Cell {
  readonly owner: object;
  history: KeyHistory;
}

/** All that a store is, shared by its forks until one of them writes. */
interface State {
  readonly cells: SortedMap<Cell>;
  readonly log: RevisionLog;
  /** Seconds each lease was granted for. */
  readonly leases: ReadonlyMap<number, number>;
  /** `lease/key` for each key that lives by a lease. */
  readonly attached: SortedMap<true>;
  readonly alarms: readonly RaisedAlarm[];
  readonly auth: AuthState;
  readonly revision: Revision;
  readonly compacted: Revision;
  readonly applied: AppliedPoint | undefined;
  readonly lineage: string;
}

/** What a store begins with (`mvcc/kvstore.go`, compactMainRev). */
const neverCompacted = -1 as Revision;

const noState = (): State => ({
  cells: new SortedMap(),
  log: RevisionLog.after(1),
  leases: new Map(),
  attached: new SortedMap(),
  alarms: [],
  auth: noAuth,
  revision: 1 as Revision,
  compacted: neverCompacted,
  applied: undefined,
  lineage: '',
});

/**
 * etcd's multi-version store (`etcd/server/storage/mvcc`): every write makes a new revision, old ones stay readable until compacted.
 * Values are immutable and shared, so `fork` is O(1).
 */
export class MvccStore implements Etcd {
  #cells!: SortedMap<Cell>;
  /** Of the cells that are this store's own. */
  #owner: object = {};
  /** Cells by key as they were last found: what is asked for again costs no walk down the tree. A fork begins without. */
  readonly #recent = new Map<string, Cell>();
  /** The last of them: a transaction asks for its key again and again. */
  #lastKey: string | undefined;
  #lastCell: Cell | undefined;
  /** Whether every key is among the recent ones, as in a store that is no fork. */
  #isWhole!: boolean;
  /** Keys that were looked for in vain: what is created is looked for a few times first, and probes ask for the same ones for ever. */
  readonly #absent = new Set<string>();
  #log!: RevisionLog;
  #leases!: ReadonlyMap<number, number>;
  /** Whether no fork has the same map of leases. */
  #ownsLeases!: boolean;
  #attached!: SortedMap<true>;
  #alarms!: readonly RaisedAlarm[];
  #auth!: AuthState;
  #revision!: Revision;
  #compacted!: Revision;
  #applied!: AppliedPoint | undefined;
  #lineage!: string;
  readonly #watchers = new Watchers();
  /** Bytes of what is kept, as of revision `#sizedTo`: counted only when somebody asks. */
  #sizeInUse = 0;
  #sizedTo = 0;
  #sizeOfFile = 0;
  /** Told of every commit before the watchers are; the sandbox's journal listens here. */
  onCommit: ((commit: MvccCommit) => void) | undefined;
  /** What its watchers are told, they are told within this. */
  around: ((commit: MvccCommit, notify: () => void) => void) | undefined;
  /** Told of every other change; of an `install`, with the store as it was before. */
  onEdit: ((edit: MvccEdit, before?: MvccStore) => void) | undefined;

  private constructor(state: State) {
    this.#become(state);
  }

  static create(): MvccStore {
    return new MvccStore(noState());
  }

  static restore(snapshot: MvccSnapshot): MvccStore {
    const store = new MvccStore({
      ...noState(),
      log: RevisionLog.after(Math.max(snapshot.compactedRevision, 1)),
      revision: snapshot.revision as Revision,
      compacted: snapshot.compactedRevision as Revision,
      applied: snapshot.applied,
      lineage: snapshot.lineage ?? '',
      leases: new Map(snapshot.leases?.map(({ lease, ttl }) => [lease, ttl])),
      alarms: snapshot.alarms ?? [],
      auth: snapshot.auth ? deepFreeze(snapshot.auth) : noAuth,
    });
    for (const versions of revisionsOf(snapshot.versions)) store.#remember(versions.map((kept) => store.#revive(kept)));
    return store;
  }

  /** What a new group begins with (`etcdutl snapshot restore`): revisions may come again that were there before, and mean something else. */
  static beginAnew(snapshot: MvccSnapshot): MvccStore {
    const store = MvccStore.restore(snapshot);
    store.#lineage = `${snapshot.lineage ?? ''}/${store.#revision}-${store.hashKv().toString(16)}`;
    return store;
  }

  /** The same for stores that continue one beginning, as the members of a group do: in these a revision is the same everywhere. */
  get lineage(): string {
    return this.#lineage;
  }

  get revision(): Revision {
    return this.#revision;
  }

  get compactedRevision(): Revision {
    return this.#compacted;
  }

  get applied(): AppliedPoint | undefined {
    return this.#applied;
  }

  /** Notes that the store contains the log up to `point`; told to the journal with the next change. */
  markApplied(point: AppliedPoint): void {
    this.#applied = point;
  }

  range(key: string, options: RangeOptions = {}): RangeResponse {
    return this.#range(key, options, this.#revision);
  }

  put(key: string, value: Json, options: PutOptions = {}): { revision: Revision; prevKv?: KeyValue } {
    return putThrough(this, key, value, options);
  }

  deleteRange(key: string, options: { end?: string } = {}): { deleted: number; revision: Revision } {
    return deleteThrough(this, key, options);
  }

  txn(txn: Txn): TxnResponse {
    checkTransaction(txn);
    return this.applyTxn(txn);
  }

  /** `txn` without the checks that were made before it was proposed. */
  applyTxn(txn: Txn): TxnResponse {
    const events: WatchEvent[] = [];
    const next = (this.#revision + 1) as Revision;
    const chosen = this.#choose(txn);
    this.#check(chosen);
    const { succeeded, responses } = this.#apply(chosen, next, events);
    // A list that was pushed to keeps room for more, and this one is kept.
    if (events.length > 0) this.#commit(next, events.slice());
    return { succeeded, responses, revision: this.#revision };
  }

  compact(revision: number): void {
    if (revision <= this.#compacted) throw compactedError();
    if (revision > this.#revision) throw futureError();
    this.#compact(revision);
    this.#edited({ type: 'compact', revision });
  }

  watch(key: string, options: WatchOptions, onResponse: (response: WatchResponse) => void): () => void {
    const start = options.startRevision || this.#revision + 1;
    if (start < Math.max(this.#compacted, 0)) throw compactedError();
    const watcher: Watcher = { key, options, onResponse, next: start };
    this.#watchers.add(watcher);
    this.#catchUp(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Tells the watchers that want to know that they have missed nothing. */
  notifyProgress(): void {
    this.#watchers.progress(this.#revision);
  }

  get leases(): ReadonlyMap<number, number> {
    return this.#leases;
  }

  leaseGrant(lease: number, ttl: number): void {
    if (this.#leases.has(lease)) throw new EtcdError('FailedPrecondition', 'etcdserver: lease already exists');
    this.#ownLeases().set(lease, ttl);
    this.#edited({ type: 'lease-grant', lease, ttl });
  }

  /** Deletes the lease and, at one revision, the keys that live by it. */
  leaseRevoke(lease: number): void {
    if (!this.#leases.has(lease)) throw leaseNotFound();
    const keys = this.keysOf(lease);
    this.#ownLeases().delete(lease);
    this.#edited({ type: 'lease-revoke', lease });
    if (keys.length > 0) this.applyTxn({ compare: [], success: keys.map((key) => ({ type: 'delete-range', key })), failure: [] });
  }

  keysOf(lease: number): readonly string[] {
    const prefix = `${lease}/`;
    return this.#attached.entries(prefix).map(([at]) => at.slice(prefix.length));
  }

  get alarms(): readonly RaisedAlarm[] {
    return this.#alarms;
  }

  setAlarm(member: string, alarm: Alarm, isRaised: boolean): void {
    const others = this.#alarms.filter((one) => one.member !== member || one.alarm !== alarm);
    this.#alarms = isRaised ? [...others, { member, alarm }] : others;
    this.#edited({ type: 'alarm', member, alarm, isRaised });
  }

  /** Users, roles, and whether they count. */
  get auth(): AuthState {
    return this.#auth;
  }

  setAuth(auth: AuthState): void {
    this.#auth = deepFreeze(auth);
    this.#edited({ type: 'auth', auth });
  }

  /** Bytes of everything kept, and of the file, which only defragmentation makes smaller. */
  get size(): { readonly inUse: number; readonly file: number } {
    this.#measure();
    return { inUse: this.#sizeInUse, file: this.#sizeOfFile };
  }

  defragment(): void {
    this.#measure();
    this.#sizeOfFile = this.#sizeInUse;
  }

  /** Equal for stores that hold the same history after the compacted revision until `revision`, and the same keys at the former. */
  hashKv(revision: number = this.#revision): number {
    if (revision > this.#revision) throw futureError();
    if (revision < this.#compacted) throw compactedError();
    let hash = hash32(String(this.#compacted));
    for (const kv of this.#versions()) {
      if (kv.modRevision <= revision && (kv.version > 0 || kv.modRevision > this.#compacted))
        hash = hash32(JSON.stringify([kv.key, kv.createRevision, kv.modRevision, kv.version, kv.lease, kv.value]), hash);
    }
    return hash;
  }

  /** A store that shares everything up to here and nothing after; nobody watches it yet. */
  fork(): MvccStore {
    return new MvccStore(this.#share());
  }

  /** Becomes what `other` is, as after a snapshot from a leader; watchers go on from where they were, or are cancelled where they cannot. */
  install(other: MvccStore): void {
    this.#watchers.synced(this.#revision);
    const before = this.onEdit && this.fork();
    this.#become(other.#share());
    if (this.onEdit) this.#edited({ type: 'install', snapshot: this.snapshot() }, before);
    for (const watcher of this.#watchers.all) this.#catchUp(watcher);
  }

  snapshot(): MvccSnapshot {
    return {
      revision: this.#revision,
      compactedRevision: this.#compacted,
      versions: this.#listed(keptVersions),
      ...(this.#leases.size > 0 ? { leases: [...this.#leases].map(([lease, ttl]) => ({ lease, ttl })) } : {}),
      ...(this.#alarms.length > 0 ? { alarms: this.#alarms } : {}),
      ...(this.#auth === noAuth ? {} : { auth: this.#auth }),
      ...(this.#applied ? { applied: this.#applied } : {}),
      ...(this.#lineage ? { lineage: this.#lineage } : {}),
    };
  }

  /** Applies a journal row: the same change again, on a restored store. Answers what changed, with what was there before. */
  replay(commit: MvccCommit): readonly WatchEvent[] {
    assert(commit.revision > this.#revision, `replay of revision ${commit.revision} at ${this.#revision}`);
    const events = commit.events.map((event) => this.#replay(event.kv));
    deepFreeze(events);
    this.#remember(events);
    this.#revision = commit.revision;
    if (commit.applied) this.#applied = commit.applied;
    return events;
  }

  replayEdit(edit: MvccEdit): void {
    switch (edit.type) {
      case 'compact':
        this.#compact(edit.revision);
        break;
      case 'lease-grant':
        this.#ownLeases().set(edit.lease, edit.ttl);
        break;
      case 'lease-revoke':
        this.#ownLeases().delete(edit.lease);
        break;
      case 'alarm':
        this.setAlarm(edit.member, edit.alarm, edit.isRaised);
        break;
      case 'auth':
        this.setAuth(edit.auth);
        break;
      case 'install':
        this.install(MvccStore.restore(edit.snapshot));
        break;
      default:
        unreachable(edit);
    }
    if (edit.applied) this.#applied = edit.applied;
  }

  #become(state: State): void {
    this.#cells = state.cells;
    this.#owner = {};
    this.#recent.clear();
    this.#lastKey = undefined;
    this.#isWhole = state.cells.size === 0;
    this.#absent.clear();
    this.#log = state.log;
    this.#leases = state.leases;
    this.#ownsLeases = false;
    this.#attached = state.attached;
    this.#alarms = state.alarms;
    this.#auth = state.auth;
    this.#revision = state.revision;
    this.#compacted = state.compacted;
    this.#applied = state.applied;
    this.#lineage = state.lineage;
    [this.#sizeInUse, this.#sizedTo] = [0, 0];
  }

  #historyOf(key: string): KeyHistory | undefined {
    return this.#cellOf(key)?.history;
  }

  #cellOf(key: string): Cell | undefined {
    if (key === this.#lastKey) return this.#lastCell;
    const recent = this.#recent.get(key);
    if (recent) [this.#lastKey, this.#lastCell] = [key, recent];
    if (recent || this.#isWhole || this.#absent.has(key)) return recent;
    const found = this.#cells.get(key);
    if (found) this.#recent.set(key, found);
    else this.#noteAbsent(key);
    return found;
  }

  #noteAbsent(key: string): void {
    if (this.#absent.size >= absentMax) this.#absent.clear();
    this.#absent.add(key);
  }

  #addVersion(key: string, kv: KeyValue): void {
    const cell = this.#cellOf(key);
    if (cell?.owner === this.#owner) cell.history = withVersion(cell.history, kv);
    else this.#addCell(key, { owner: this.#owner, history: withVersion(cell ? borrowed(cell.history) : noHistory, kv) });
  }

  #setHistory(key: string, history: KeyHistory): void {
    const cell = this.#cellOf(key);
    if (cell?.owner === this.#owner) cell.history = history;
    else this.#addCell(key, { owner: this.#owner, history });
  }

  #addCell(key: string, cell: Cell): void {
    this.#cells.set(key, cell);
    this.#recent.set(key, cell);
    [this.#lastKey, this.#lastCell] = [key, cell];
    if (this.#absent.size > 0) this.#absent.delete(key);
  }

  /** Of what is shared from here on nothing is this store's own. */
  #share(): State {
    this.#owner = {};
    this.#ownsLeases = false;
    return {
      cells: this.#cells.clone(),
      log: this.#log.clone(),
      leases: this.#leases,
      attached: this.#attached.clone(),
      alarms: this.#alarms,
      auth: this.#auth,
      revision: this.#revision,
      compacted: this.#compacted,
      applied: this.#applied,
      lineage: this.#lineage,
    };
  }

  #ownLeases(): Map<number, number> {
    if (!this.#ownsLeases) this.#leases = new Map(this.#leases);
    this.#ownsLeases = true;
    return this.#leases as Map<number, number>;
  }

  #versions(): KeyValue[] {
    return this.#listed((versions) => versions);
  }

  /** All versions of all keys, by revision, as `shown` has those of each key. */
  #listed<T extends KeptVersion>(shown: (versions: readonly KeyValue[]) => readonly T[]): T[] {
    const versions: T[] = [];
    this.#cells.forRange('', undefined, ({ history }) => {
      for (const kv of shown(versionsOf(history))) versions.push(kv);
    });
    return versions.sort((a, b) => a.modRevision - b.modRevision || compareBytes(a.key, b.key));
  }

  #edited(edit: MvccEdit, before?: MvccStore): void {
    this.onEdit?.(this.#applied ? { ...edit, applied: this.#applied } : edit, before);
  }

  /** `current` is the revision that "now" means: within a transaction, that of its own writes. */
  #range(key: string, options: RangeOptions, current: Revision): RangeResponse {
    const at = options.revision && options.revision > 0 ? options.revision : current;
    if (at > current) throw futureError();
    if (at < this.#compacted) throw compactedError();
    if (isSelective(options)) return this.#selectiveRange(key, options, at);
    if (options.end === undefined) return this.#point(key, options, at);
    const kvs: KeyValue[] = [];
    const limit = options.countOnly ? 0 : options.limit || Infinity;
    let count = 0;
    const add = (kv: KeyValue | undefined) => {
      if (!kv) return;
      count++;
      if (options.order === 'descend' || kvs.length < limit) kvs.push(options.keysOnly ? { ...kv, value: null } : kv);
    };
    this.#cells.forRange(key, options.end === '\0' ? undefined : options.end, ({ history }) => add(aliveAt(history, at)));
    const ordered = options.order === 'descend' ? kvs.reverse().slice(0, limit) : kvs;
    const answered = options.countOnly ? [] : ordered;
    return { kvs: answered, count, more: !options.countOnly && count > answered.length, revision: this.#revision };
  }

  #point(key: string, { countOnly, keysOnly }: RangeOptions, at: number): RangeResponse {
    const kv = aliveAt(this.#historyOf(key), at);
    const kvs = !kv || countOnly ? [] : [keysOnly ? { ...kv, value: null } : kv];
    return { kvs, count: kv ? 1 : 0, more: false, revision: this.#revision };
  }

  /** Sorting and bounds on revisions come before the limit, and `count` does not see them (`etcdserver/txn/range.go`). */
  #selectiveRange(key: string, options: RangeOptions, at: number): RangeResponse {
    const {
      limit = 0,
      keysOnly = false,
      sortBy: _,
      order: __,
      minModRevision: ___,
      maxModRevision: ____,
      minCreateRevision: _____,
      maxCreateRevision: ______,
      ...plain
    } = options;
    const { kvs: all, count, revision } = this.#range(key, { ...plain, revision: at }, at as Revision);
    const kvs = all.filter((kv) => isWanted(kv, options)).sort(orderOf(options));
    const kept = limit > 0 ? kvs.slice(0, limit) : kvs;
    return { kvs: keysOnly ? kept.map((kv) => ({ ...kv, value: null })) : kept, count, more: kept.length < kvs.length, revision };
  }

  /** The operations of the branches that the compares choose, all the way down, as of before anything is written. */
  #choose({ compare, success, failure }: Txn): Chosen {
    const succeeded = compare.every((one) => this.#holds(one));
    const operations = succeeded ? success : failure;
    return { succeeded, operations: areFlat(operations) ? operations : operations.map((operation) => this.#chosenOf(operation)) };
  }

  #chosenOf(operation: Operation): Chosen['operations'][number] {
    return operation.type === 'txn' ? { type: 'chosen', chosen: this.#choose(operation.txn) } : operation;
  }

  /** Refuses the whole transaction before any of it is written. */
  #check({ operations }: Chosen): void {
    for (const operation of operations) {
      if (operation.type === 'chosen') this.#check(operation.chosen);
      else if (operation.type === 'put') this.#checkPut(operation);
      else if (operation.type === 'range') this.#checkRevision(operation.revision || this.#revision);
    }
  }

  /** Of a range in a transaction: what it writes itself it sees, and cannot ask for. */
  #checkRevision(revision: number): void {
    if (revision > this.#revision) throw futureError();
    if (revision < this.#compacted) throw compactedError();
  }

  #checkPut({ key, lease, ignoreValue, ignoreLease }: Extract<Operation, { type: 'put' }>): void {
    if (this.#alarms.length > 0) throw new EtcdError('ResourceExhausted', 'etcdserver: mvcc: database space exceeded');
    if (lease && !this.#leases.has(lease)) throw leaseNotFound();
    if ((ignoreValue || ignoreLease) && !aliveAt(this.#historyOf(key), this.#revision))
      throw new EtcdError('InvalidArgument', 'etcdserver: key not found');
  }

  #apply({ succeeded, operations }: Chosen, next: Revision, events: WatchEvent[]): Omit<TxnResponse, 'revision'> {
    return { succeeded, responses: operations.map((operation) => this.#operate(operation, next, events)) };
  }

  #operate(operation: Chosen['operations'][number], next: Revision, events: WatchEvent[]): OperationResponse {
    const current = events.length > 0 ? next : this.#revision;
    switch (operation.type) {
      case 'range':
        return { type: 'range', ...this.#range(operation.key, operation, current) };
      case 'put': {
        const prevKv = this.#put(operation, next, events);
        return operation.prevKv && prevKv ? { type: 'put', prevKv } : { type: 'put' };
      }
      case 'delete-range': {
        const doomed = this.#range(operation.key, operation.end === undefined ? {} : { end: operation.end }, current).kvs;
        for (const kv of doomed) this.#bury(kv, next, events);
        return { type: 'delete-range', deleted: doomed.length, prevKvs: operation.prevKv ? doomed : [] };
      }
      case 'chosen':
        return { type: 'txn', ...this.#apply(operation.chosen, next, events), revision: next };
      default:
        return unreachable(operation);
    }
  }

  #put(put: Extract<Operation, { type: 'put' }>, next: Revision, events: WatchEvent[]): KeyValue | undefined {
    const { key } = put;
    const history = this.#historyOf(key) ?? noHistory;
    const prevKv = aliveNow(history);
    const value = put.ignoreValue && prevKv ? prevKv.value : put.value;
    const lease = put.ignoreLease && prevKv ? prevKv.lease : (put.lease ?? 0);
    const kv = Object.freeze({
      key,
      value: deepFreeze(value),
      lease,
      modRevision: next,
      createRevision: prevKv?.createRevision ?? next,
      version: (prevKv?.version ?? 0) + 1,
    });
    this.#attach(key, prevKv?.lease ?? 0, lease);
    this.#addVersion(key, kv);
    events.push(prevKv ? { type: 'put', kv, prevKv } : { type: 'put', kv });
    return prevKv;
  }

  #bury(prevKv: KeyValue, next: Revision, events: WatchEvent[]): void {
    const kv = Object.freeze({ key: prevKv.key, value: null, createRevision: 0 as Revision, modRevision: next, version: 0, lease: 0 });
    this.#attach(kv.key, prevKv.lease, 0);
    this.#addVersion(kv.key, kv);
    events.push({ type: 'delete', kv, prevKv });
  }

  #attach(key: string, before: number, after: number): void {
    if (before === after) return;
    if (before) this.#attached.delete(`${before}/${key}`);
    if (after) this.#attached.set(`${after}/${key}`, true);
  }

  #commit(revision: Revision, events: readonly WatchEvent[]): void {
    const commit: MvccCommit = this.#applied ? { revision, events, applied: this.#applied } : { revision, events };
    this.#revision = revision;
    this.#log.push(events);
    this.onCommit?.(commit);
    if (this.around) this.around(commit, () => this.#watchers.notify(commit));
    else this.#watchers.notify(commit);
  }

  /** Brings one watcher from where it is to now. */
  #catchUp(watcher: Watcher): void {
    if (watcher.next > this.#revision) return;
    if (watcher.next < this.#compacted) {
      this.#watchers.delete(watcher);
      return watcher.options.onCancel?.(this.#compacted);
    }
    const past: WatchResponse[] = [];
    this.#log.forEach(watcher.next, (events, at) => void past.push({ revision: at as Revision, events: deepFreeze(events) }));
    for (const response of past) notify(watcher, response);
    watcher.next = Math.max(watcher.next, this.#revision + 1);
  }

  #compact(revision: number): void {
    if (this.#sizedTo > 0) this.#measure();
    const touched = new Set<string>();
    this.#log.forEach(
      0,
      (events) => {
        for (const { kv } of events) touched.add(kv.key);
      },
      revision + 1,
    );
    this.#log.compact(revision);
    for (const key of touched) this.#compactKey(key, revision);
    this.#compacted = revision as Revision;
  }

  #revive(kept: KeptVersion): WatchEvent {
    return this.#replay(wholeVersion(kept, newest(this.#historyOf(kept.key) ?? noHistory)));
  }

  #replay(kv: KeyValue): WatchEvent {
    const history = this.#historyOf(kv.key) ?? noHistory;
    const last = newest(history);
    const prevKv = last && last.version > 0 ? last : undefined;
    this.#attach(kv.key, prevKv?.lease ?? 0, kv.lease);
    this.#addVersion(kv.key, kv);
    return { type: kv.version === 0 ? 'delete' : 'put', kv, ...(prevKv ? { prevKv } : {}) };
  }

  /** Notes what was replayed of one revision, unless that was compacted. */
  #remember(events: readonly WatchEvent[]): void {
    const revision = events[0]?.kv.modRevision ?? 0;
    if (revision < this.#compacted) return;
    if (revision < this.#log.next) this.#log.fill(events);
    else this.#log.push(events);
  }

  /** Keeps the newest version at or before `revision`, unless it is a tombstone of an earlier one, and all later ones. */
  #compactKey(key: string, revision: number): void {
    const history = this.#historyOf(key) ?? noHistory;
    const first = countUntil(history, revision) - 1;
    if (first < 0) return;
    const versions = versionsOf(history);
    const oldest = versions[first] as KeyValue;
    const dropped = alive(oldest) || oldest.modRevision === revision ? first : first + 1;
    if (this.#sizedTo > 0) for (const kv of versions.slice(0, dropped)) this.#sizeInUse -= sizeOf(kv);
    if (dropped < versions.length) this.#setHistory(key, historyOf(versions.slice(dropped)));
    else {
      this.#cells.delete(key);
      this.#recent.delete(key);
      this.#lastKey = undefined;
    }
  }

  #measure(): void {
    if (this.#sizedTo === 0) this.#sizeInUse = this.#versions().reduce((total, kv) => total + sizeOf(kv), emptyFileBytes);
    else
      this.#log.forEach(this.#sizedTo + 1, (events) => void (this.#sizeInUse += events.reduce((total, { kv }) => total + sizeOf(kv), 0)));
    this.#sizedTo = this.#revision;
    this.#sizeOfFile = Math.max(this.#sizeOfFile, this.#sizeInUse);
  }

  #holds({ key, end, target, result, operand }: Compare): boolean {
    const found = end === undefined ? [aliveAt(this.#historyOf(key), this.#revision)] : this.range(key, { end }).kvs;
    // A range that holds nothing is compared as one key that is not there.
    return (found.length > 0 ? found : [undefined]).every(
      (kv) => (kv || target !== 'value') && compares(targetOf(kv, target), result, operand),
    );
  }
}

/** A transaction after its compares: what will be done. */
interface Chosen {
  readonly succeeded: boolean;
  readonly operations: readonly (FlatOperation | { readonly type: 'chosen'; readonly chosen: Chosen })[];
}

type FlatOperation = Exclude<Operation, { type: 'txn' }>;

function areFlat(operations: readonly Operation[]): operations is readonly FlatOperation[] {
  return operations.every(({ type }) => type !== 'txn');
}

const absentMax = 16;

/** The versions that were made by one write each, of all in order of revision. */
function revisionsOf(versions: readonly KeptVersion[]): KeptVersion[][] {
  const revisions: KeptVersion[][] = [];
  for (const kv of versions) {
    const last = revisions.at(-1);
    if (last?.[0]?.modRevision === kv.modRevision) last.push(kv);
    else revisions.push([kv]);
  }
  return revisions;
}

/** Pages that an empty bbolt file has. */
const emptyFileBytes = 20_480;

/** What a version takes in etcd's file, its value as JSON. */
function sizeOf({ key, value }: KeyValue): number {
  return key.length + JSON.stringify(value).length + 64;
}

function isSelective({ sortBy, minModRevision, maxModRevision, minCreateRevision, maxCreateRevision }: RangeOptions): boolean {
  return (sortBy !== undefined && sortBy !== 'key') || Boolean(minModRevision || maxModRevision || minCreateRevision || maxCreateRevision);
}

function isWanted(
  { modRevision, createRevision }: KeyValue,
  { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision }: RangeOptions,
): boolean {
  return (
    modRevision >= (minModRevision || 0) &&
    modRevision <= (maxModRevision || Infinity) &&
    createRevision >= (minCreateRevision || 0) &&
    createRevision <= (maxCreateRevision || Infinity)
  );
}

function orderOf({ sortBy = 'key', order = 'ascend' }: RangeOptions): (a: KeyValue, b: KeyValue) => number {
  const by = (a: KeyValue, b: KeyValue): number => {
    switch (sortBy) {
      case 'version':
        return a.version - b.version;
      case 'create':
        return a.createRevision - b.createRevision;
      case 'mod':
        return a.modRevision - b.modRevision;
      case 'value':
        return compareBytes(textOf(a.value), textOf(b.value));
      default:
        return compareBytes(a.key, b.key);
    }
  };
  return order === 'descend' ? (a, b) => by(b, a) : by;
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function targetOf(kv: KeyValue | undefined, target: Compare['target']): Json {
  switch (target) {
    case 'version':
      return kv?.version ?? 0;
    case 'create':
      return kv?.createRevision ?? 0;
    case 'mod':
      return kv?.modRevision ?? 0;
    case 'lease':
      return kv?.lease ?? 0;
    case 'value':
      return kv?.value ?? null;
    default:
      return unreachable(target);
  }
}

function compares(actual: Json, result: Compare['result'], operand: Json): boolean {
  if (result === '=') return deepEqual(actual, operand);
  if (result === '!=') return !deepEqual(actual, operand);
  const order =
    typeof actual === 'number' && typeof operand === 'number' ? actual - operand : compareBytes(String(actual), String(operand));
  return result === '>' ? order > 0 : order < 0;
}

function compactedError(): EtcdError {
  return new EtcdError('OutOfRange', 'etcdserver: mvcc: required revision has been compacted');
}

function futureError(): EtcdError {
  return new EtcdError('OutOfRange', 'etcdserver: mvcc: required revision is a future revision');
}

function leaseNotFound(): EtcdError {
  return new EtcdError('NotFound', 'etcdserver: requested lease not found');
}
