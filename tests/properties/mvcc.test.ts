import fc from 'fast-check';
import {
  EtcdError,
  MvccStore,
  type Compare,
  type KeyValue,
  type Operation,
  type RangeOptions,
  type Revision,
  type Txn,
} from '@/lib/cluster/etcd';

/** A naive store: the list of all writes. */
type Write = { revision: number; key: string; value: number | null };

const key = fc.constantFrom('a', 'a/b', 'b', 'ba', 'c');
const action = fc.oneof(
  fc.record({ type: fc.constant('put' as const), key, value: fc.nat(9) }),
  fc.record({ type: fc.constant('delete' as const), key, end: fc.option(key, { nil: undefined }) }),
);

function contentAt(writes: readonly Write[], revision: number): Record<string, number> {
  const content = new Map<string, number>();
  for (const write of writes) {
    if (write.revision > revision) break;
    if (write.value === null) content.delete(write.key);
    else content.set(write.key, write.value);
  }
  return Object.fromEntries([...content].sort(([a], [b]) => (a < b ? -1 : 1)));
}

test('at every revision the store holds what the list of all writes says', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const store = MvccStore.create();
      const writes: Write[] = [];
      const watched: Write[] = [];
      store.watch('', { end: '\0' }, ({ revision, events }) => {
        for (const { type, kv } of events) watched.push({ revision, key: kv.key, value: type === 'put' ? (kv.value as number) : null });
      });
      for (const one of actions) {
        const next = store.revision + 1;
        if (one.type === 'put') {
          store.put(one.key, one.value);
          writes.push({ revision: next, key: one.key, value: one.value });
        } else {
          const doomed = Object.keys(contentAt(writes, next)).filter((name) =>
            one.end === undefined ? name === one.key : name >= one.key && name < one.end,
          );
          store.deleteRange(one.key, one.end === undefined ? {} : { end: one.end });
          for (const name of doomed) writes.push({ revision: next, key: name, value: null });
        }
      }
      for (let revision = 1; revision <= store.revision; revision++) {
        const held = store.range('', { end: '\0', revision }).kvs.map(({ key: name, value }) => [name, value]);
        expect(Object.fromEntries(held)).toEqual(contentAt(writes, revision));
      }
      expect(watched).toEqual(writes);
    }),
  );
});

/** The same actions on two stores that may be forked, compacted and restored in between: nobody can tell. */
const step = fc.oneof(
  { weight: 6, arbitrary: action },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('compact' as const), at: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.constantFrom({ type: 'fork' as const }, { type: 'restore' as const }) },
);

test('a store that is forked, restored and compacted along the way holds what one that is only written holds', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let store = MvccStore.create();
      const writes: Write[] = [];
      for (const one of steps) {
        const next = store.revision + 1;
        switch (one.type) {
          case 'put':
            store.put(one.key, one.value);
            writes.push({ revision: next, key: one.key, value: one.value });
            break;
          case 'delete': {
            const doomed = store.range(one.key, one.end === undefined ? {} : { end: one.end }).kvs;
            store.deleteRange(one.key, one.end === undefined ? {} : { end: one.end });
            for (const { key: name } of doomed) writes.push({ revision: next, key: name, value: null });
            break;
          }
          case 'compact':
            if (one.at > store.compactedRevision && one.at <= store.revision) store.compact(one.at);
            break;
          case 'fork': {
            const original = store;
            store = original.fork();
            original.put('a', 99);
            original.deleteRange('', { end: '\0' });
            break;
          }
          default:
            store = MvccStore.restore(JSON.parse(JSON.stringify(store.snapshot())));
        }
      }
      for (let revision = Math.max(1, store.compactedRevision); revision <= store.revision; revision++) {
        const held = store.range('', { end: '\0', revision }).kvs.map(({ key: name, value }) => [name, value]);
        expect(Object.fromEntries(held)).toEqual(contentAt(writes, revision));
      }
      const replayed: Write[] = [];
      store.watch('', { end: '\0', startRevision: Math.max(1, store.compactedRevision) }, ({ revision, events }) => {
        for (const { type, kv } of events) replayed.push({ revision, key: kv.key, value: type === 'put' ? (kv.value as number) : null });
      });
      const { compactedRevision } = store;
      expect(replayed).toEqual(writes.filter(({ revision }) => revision >= compactedRevision));
    }),
    { numRuns: 300 },
  );
});

/** The naive store with all that etcd tells of a key: each revision's whole content, made anew. */
class Naive {
  readonly contents: ReadonlyMap<string, KeyValue>[] = [new Map(), new Map()];

  get revision(): number {
    return this.contents.length - 1;
  }

  txn({ compare, success, failure }: Txn): unknown[] {
    const before = this.contents[this.revision] as ReadonlyMap<string, KeyValue>;
    const content = new Map(before);
    const next = this.contents.length as Revision;
    let isWritten = false;
    const run = (one: Pick<Txn, 'compare' | 'success' | 'failure'>): unknown[] =>
      (one.compare.every((each) => holds(before, each)) ? one.success : one.failure).map((operation) => {
        switch (operation.type) {
          case 'put': {
            const old = content.get(operation.key);
            isWritten = true;
            content.set(operation.key, {
              key: operation.key,
              value: operation.value,
              createRevision: old?.createRevision ?? next,
              modRevision: next,
              version: (old?.version ?? 0) + 1,
              lease: 0,
            });
            return old;
          }
          case 'delete-range': {
            const doomed = within(content, operation.key, operation.end);
            for (const { key: name } of doomed) content.delete(name);
            isWritten ||= doomed.length > 0;
            return doomed;
          }
          case 'range':
            return selected(within(content, operation.key, operation.end), operation);
          default:
            return run(operation.txn);
        }
      });
    const answers = run({ compare, success, failure });
    if (isWritten) this.contents.push(content);
    return answers;
  }
}

function within(content: ReadonlyMap<string, KeyValue>, from: string, end: string | undefined): KeyValue[] {
  return [...content.values()]
    .filter(({ key: name }) => (end === undefined ? name === from : name >= from && (end === '\0' || name < end)))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function holds(content: ReadonlyMap<string, KeyValue>, { key: name, target, result, operand }: Compare): boolean {
  const kv = content.get(name);
  if (!kv && target === 'value') return false;
  const actual = Number(
    { version: kv?.version, create: kv?.createRevision, mod: kv?.modRevision, value: kv?.value, lease: kv?.lease }[target] ?? 0,
  );
  const order = actual - Number(operand);
  return { '=': order === 0, '!=': order !== 0, '>': order > 0, '<': order < 0 }[result];
}

/** All at once and in the plainest order: bounds, sorting, limit; the count knows of none of them. */
function selected(all: readonly KeyValue[], options: RangeOptions): { kvs: KeyValue[]; count: number; more: boolean } {
  const { minModRevision: low = 0, maxModRevision: high = 0, minCreateRevision: first = 0, maxCreateRevision: last = 0 } = options;
  const wanted = all.filter(
    ({ modRevision, createRevision }) =>
      modRevision >= low && modRevision <= (high || Infinity) && createRevision >= first && createRevision <= (last || Infinity),
  );
  const by = (kv: KeyValue) =>
    ({ key: 0, version: kv.version, create: kv.createRevision, mod: kv.modRevision, value: kv.value as number })[options.sortBy ?? 'key'];
  const sign = options.order === 'descend' ? -1 : 1;
  const isByKey = options.sortBy === undefined || options.sortBy === 'key';
  const ordered = wanted.sort((a, b) => sign * (isByKey ? (a.key < b.key ? -1 : 1) : by(a) - by(b)));
  const limit = options.limit || Infinity;
  const kvs = options.countOnly ? [] : ordered.slice(0, limit).map((kv) => (options.keysOnly ? { ...kv, value: null } : kv));
  return { kvs, count: all.length, more: !options.countOnly && ordered.length > limit };
}

/** Most ranges are asked with little, or what else they are asked with is not seen. */
const numbers = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(12) });
const seldom = fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });
const rangeOptions: fc.Arbitrary<RangeOptions> = fc.record(
  {
    end: fc.oneof(key, fc.constant('\0')),
    limit: fc.nat(3),
    order: fc.constantFrom('ascend' as const, 'descend' as const),
    sortBy: fc.constantFrom(
      'key' as const,
      'key' as const,
      'key' as const,
      'version' as const,
      'create' as const,
      'mod' as const,
      'value' as const,
    ),
    keysOnly: seldom,
    countOnly: seldom,
    minModRevision: numbers,
    maxModRevision: numbers,
    minCreateRevision: numbers,
    maxCreateRevision: numbers,
  },
  { requiredKeys: [] },
);
const comparison: fc.Arbitrary<Compare> = fc.record({
  key,
  target: fc.constantFrom('version' as const, 'create' as const, 'mod' as const, 'value' as const, 'lease' as const),
  result: fc.constantFrom('=' as const, '!=' as const, '>' as const, '<' as const),
  operand: fc.nat(9),
});
const { txn } = fc.letrec<{ txn: Txn; operation: Operation }>((tie) => ({
  txn: fc.record({
    compare: fc.array(comparison, { maxLength: 1 }),
    success: fc.array(tie('operation'), { maxLength: 3 }),
    failure: fc.array(tie('operation'), { maxLength: 3 }),
  }),
  operation: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ type: fc.constant('put' as const), key, value: fc.nat(9), prevKv: fc.constant(true) }),
    fc
      .record({ type: fc.constant('delete-range' as const), key, end: fc.option(key, { nil: undefined }) })
      .map(({ end, ...rest }): Operation => ({ ...rest, prevKv: true, ...(end === undefined ? {} : { end }) })),
    fc.tuple(key, rangeOptions).map(([from, options]): Operation => ({ type: 'range', key: from, ...options })),
    fc.record({ type: fc.constant('txn' as const), txn: tie('txn') }),
  ),
}));

/** As the naive store answers. */
function answered(responses: ReturnType<MvccStore['txn']>['responses']): unknown[] {
  return responses.map((one) => {
    switch (one.type) {
      case 'put':
        return one.prevKv;
      case 'delete-range':
        return one.prevKvs;
      case 'range':
        return { kvs: one.kvs, count: one.count, more: one.more };
      default:
        return answered(one.responses);
    }
  });
}

test('transactions and ranges of every kind answer what a store that keeps every revision whole would, now and at every revision', () => {
  fc.assert(
    fc.property(
      fc.array(txn, { maxLength: 20, size: 'max' }),
      fc.array(fc.tuple(key, rangeOptions), { maxLength: 8, size: 'max' }),
      (txns, ranges) => {
        const [store, naive] = [MvccStore.create(), new Naive()];
        for (const one of txns) {
          const before = store.snapshot();
          try {
            const { responses } = store.txn(one);
            expect(answered(responses)).toEqual(naive.txn(one));
          } catch (error) {
            if (!(error instanceof EtcdError)) throw error;
            expect(error.message).toBe('etcdserver: duplicate key given in txn request');
            expect(store.snapshot()).toEqual(before);
          }
          expect(store.revision).toBe(naive.revision);
        }
        for (let revision = 1; revision <= store.revision; revision++) {
          for (const [from, options] of ranges) {
            const { kvs, count, more } = store.range(from, { ...options, revision });
            const content = naive.contents[revision] as ReadonlyMap<string, KeyValue>;
            expect({ kvs, count, more }).toEqual(selected(within(content, from, options.end), options));
          }
        }
      },
    ),
    { numRuns: Number(process.env['RUNS'] ?? 500) },
  );
});
