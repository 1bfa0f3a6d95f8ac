import fc from 'fast-check';
import { MvccStore } from '@/lib/cluster/etcd';

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
      store.watch('', { end: '\0', startRevision: store.compactedRevision + 1 }, ({ revision, events }) => {
        for (const { type, kv } of events) replayed.push({ revision, key: kv.key, value: type === 'put' ? (kv.value as number) : null });
      });
      expect(replayed).toEqual(writes.filter(({ revision }) => revision > store.compactedRevision));
    }),
    { numRuns: 300 },
  );
});
