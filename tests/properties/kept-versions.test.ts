import fc from 'fast-check';
import type { Json } from '@/lib/base';
import { MvccStore, readSnapshotFile } from '@/lib/cluster/etcd';

type Step = { readonly key: string; readonly value: Json } | { readonly key: string; readonly isDeleted: true };

const key = fc.constantFrom('/registry/pods/default/a', '/registry/pods/default/b', '/plain');
/** Few names, so that what comes next is like what was there. */
const value = fc.letrec<{ value: Json; object: Json }>((tie) => ({
  value: fc.oneof(fc.constantFrom(0, 1, '', 'x', null, true, [], {}), fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(fc.constantFrom('spec', 'status', 'constructor', '__proto__', '0'), tie('value'), { maxKeys: 4 }) as never,
})).object;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ key, value }) },
  { weight: 1, arbitrary: fc.record({ key, isDeleted: fc.constant(true as const) }) },
);

test('a store read from its snapshot holds every version there was, to the order of the fields', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.nat(), (steps, compactedAt) => {
      const store = MvccStore.create();
      for (const one of steps) {
        if ('value' in one) store.put(one.key, structuredClone(one.value));
        else store.deleteRange(one.key);
      }
      const revision = compactedAt % (store.revision + 1);
      if (revision > store.compactedRevision) store.compact(revision);
      const read = MvccStore.restore(JSON.parse(JSON.stringify(store.snapshot())) as ReturnType<MvccStore['snapshot']>);
      expect(read.hashKv()).toBe(store.hashKv());
      for (let at = Math.max(store.compactedRevision, 1); at <= store.revision; at++) expect(textOf(read, at)).toBe(textOf(store, at));
      expect(JSON.stringify(read.snapshot())).toBe(JSON.stringify(store.snapshot()));
    }),
  );
});

function textOf(store: MvccStore, revision: number): string {
  return JSON.stringify(store.range('', { end: '\0', revision }).kvs);
}

test('of a large value that changes a little a snapshot keeps the little', () => {
  const store = MvccStore.create();
  const spec = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field-${index}`, 'the same as before']));
  for (let count = 1; count <= 50; count++) store.put('/large', { spec, status: { count } });
  expect(JSON.stringify(store.snapshot()).length).toBeLessThan(3 * JSON.stringify({ spec }).length);
});

test('a field that was there without a value, and gets one, keeps its place in a store that is read from its snapshot', () => {
  const store = MvccStore.create();
  for (const value of [
    { a: undefined, b: 1 },
    { a: 1, b: 1 },
    { a: undefined, b: 2, c: 3 },
    { a: 4, b: 2 },
  ])
    store.put('/plain', value);
  const read = MvccStore.restore(JSON.parse(JSON.stringify(store.snapshot())) as ReturnType<MvccStore['snapshot']>);
  for (let at = 2; at <= store.revision; at++) expect(textOf(read, at)).toBe(textOf(store, at));
});

test.each([
  ['a list longer than it was', { list: { 200000000: [1] } }],
  ['a list of another length', { list: { length: [200000000] } }],
  ['an object of another prototype', JSON.parse('{"object":{"__proto__":{"polluted":[true]}}}') as object],
])('a snapshot file that somebody wrote, in which a change makes %s, is none', (_, change) => {
  const first = { key: '/a', value: { list: ['a', 'b'], object: {} }, lease: 0, modRevision: 2, createRevision: 2, version: 1 };
  const fileOf = (made: object) => {
    const snapshot = { revision: 3, compactedRevision: -1, versions: [first, { key: '/a', modRevision: 3, change: made }] };
    return readSnapshotFile(JSON.stringify({ format: 'etcd snapshot', snapshot }));
  };
  expect(fileOf({ list: { 1: ['c'] } })).toBeDefined();
  expect(fileOf(change)).toBeUndefined();
});
