import fc from 'fast-check';
import { MvccStore, type KeyValue, type MvccCommit } from '@/lib/cluster/etcd';
import { HistoryTrimmedError, Ledger, type Change, type LedgerOptions, type LedgerSnapshot } from '@/lib/cluster/history';
import { instant } from '@/lib/cluster/kernel';
import type { Json } from '@/lib/base';

/** A naive history: everything there was after every change. */
interface Moment {
  readonly revision: number;
  readonly at: number;
  readonly keys: readonly KeyValue[];
}

const value = fc.oneof(
  // As text has it, in which there is no other zero than 0.
  fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as Json),
  fc.record(
    {
      metadata: fc.record({ name: fc.constantFrom('a', 'b') }),
      spec: fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.nat(2)),
      status: fc.array(fc.nat(3), { maxLength: 3 }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Json>,
);
const key = fc.constantFrom('a', 'a/b', 'b', 'c');
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('put' as const), key, value }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('delete' as const), key, end: fc.option(key, { nil: undefined }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 1, arbitrary: fc.constantFrom({ type: 'compact' as const }, { type: 'fork' as const }, { type: 'restore' as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ type: 'save' as const }, { type: 'load' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A store and the ledger of it, as a cluster holds them, and beside them the naive history. */
class World {
  store = MvccStore.create();
  ledger: Ledger;
  readonly moments: Moment[] = [{ revision: 1, at: 0, keys: [] }];
  readonly changes: Change[] = [];
  #now = 1;
  #saved: ReturnType<MvccStore['snapshot']> | undefined;
  readonly #options: LedgerOptions;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.ledger = new Ledger(options);
    this.#listen();
  }

  do(one: Step): void {
    switch (one.type) {
      case 'put':
        return void this.store.put(one.key, one.value);
      case 'delete':
        return void this.store.deleteRange(one.key, one.end === undefined ? {} : { end: one.end });
      case 'wait':
        return void (this.#now += one.ms);
      case 'compact':
        if (this.store.revision > this.store.compactedRevision) this.store.compact(this.store.revision);
        return;
      case 'fork': {
        const [store, ledger] = [this.store, this.ledger];
        [this.store, this.ledger] = [store.fork(), ledger.fork()];
        store.onCommit = (commit) => ledger.record('m', { ...commit, at: instant(this.#now), cause: undefined });
        store.put('a', 'of the original alone');
        store.deleteRange('', { end: '\0' });
        return this.#listen();
      }
      case 'restore': {
        const kept = JSON.parse(JSON.stringify([this.store.snapshot(), this.ledger.snapshot() ?? null])) as [never, LedgerSnapshot | null];
        [this.store, this.ledger] = [MvccStore.restore(kept[0]), new Ledger({ ...this.#options, snapshot: kept[1] ?? undefined })];
        return this.#listen();
      }
      case 'save':
        return void (this.#saved = this.store.snapshot());
      default:
        if (this.#saved) this.store.install(MvccStore.restore(this.#saved));
    }
  }

  #listen(): void {
    this.store.onCommit = (commit) => this.#record(commit);
    this.store.onEdit = (edit, before) => {
      if (edit.type !== 'install' || !before) return;
      const cause = undefined;
      if (this.ledger.maybeRecordInstall('m', { at: instant(this.#now), cause, before, after: this.store, others: new Map() }))
        this.#remember();
    };
  }

  #record(commit: MvccCommit): void {
    const change: Change = {
      revision: commit.revision,
      at: instant(this.#now),
      cause: { generation: 0, id: commit.revision, kind: 'request', actor: 'you', what: `write ${commit.revision}` },
      events: commit.events,
    };
    this.ledger.record('m', change);
    this.changes.push(change);
    this.#remember();
  }

  #remember(): void {
    this.moments.push({ revision: this.store.revision, at: this.#now, keys: this.store.range('', { end: '\0' }).kvs });
  }
}

/** Keys as they would be printed: the order of fields counts. */
function written(keys: readonly KeyValue[]): string[] {
  return keys.map(({ key: name, value: held, modRevision, createRevision, version, lease }) =>
    JSON.stringify([name, held, modRevision, createRevision, version, lease]),
  );
}

test('what was there at every instant and revision is what the list of all writes says, across compactions, forks and restores', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new World({ segmentSize: 4 });
      for (const one of steps) world.do(one);
      const { moments, store, ledger } = world;
      for (const { at } of moments) {
        const then = moments.findLast((one) => one.at <= at) as Moment;
        expect(written(ledger.stateAt({ at }, store).list(''))).toEqual(written(then.keys));
      }
      for (let revision = 1; revision <= store.revision; revision++) {
        const then = moments.findLast((one) => one.revision <= revision) as Moment;
        expect(written(ledger.stateAt({ revision }, store).list(''))).toEqual(written(then.keys));
      }
    }),
    { numRuns: 600 },
  );
});

test('the changes between two revisions say what was there before and after, and what caused them', () => {
  const writes = fc.array(
    step.filter((one) => one.type !== 'load'),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(writes, fc.nat(), fc.nat(), (steps, one, other) => {
      const world = new World({ segmentSize: 4 });
      for (const each of steps) world.do(each);
      const [from, to] = [1 + (one % world.store.revision), 1 + (other % world.store.revision)].sort((a, b) => a - b) as [number, number];
      const expected = world.changes.filter(({ revision }) => revision > from && revision <= to);
      expect(world.ledger.changes({ revision: from }, { revision: to }, world.store)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test('a history over its budget forgets its oldest part and nothing else', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 90 }), (steps) => {
      const world = new World({ segmentSize: 4, budgetBytes: 1_500 });
      for (const one of steps) world.do(one);
      const { moments, store, ledger } = world;
      const { reach } = ledger;
      expect(reach.bytes).toBeLessThanOrEqual(1_500);
      for (const { at, keys } of moments) {
        if (reach.at !== undefined && at < reach.at) expect(() => ledger.stateAt({ at }, store)).toThrow(HistoryTrimmedError);
        else if (moments.findLast((one) => one.at === at)?.keys === keys) expect(ledger.stateAt({ at }, store).list('')).toEqual(keys);
      }
    }),
  );
});
