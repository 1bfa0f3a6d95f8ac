import { jest } from '@jest/globals';
import { SortedMap } from '@/lib/base';
import { RevisionLog } from '@/lib/cluster/etcd/history';
import { EtcdError, MvccStore, type WatchResponse } from '@/lib/cluster/etcd';

const everything = { end: '\0' };

test('each write transaction makes one revision, and versions count puts since the key came to life', () => {
  const store = MvccStore.create();
  expect(store.revision).toBe(1);
  store.put('a', 1);
  store.put('a', 2);
  store.deleteRange('a');
  store.put('a', 3);
  expect(store.range('a').kvs[0]).toMatchObject({ value: 3, createRevision: 5, modRevision: 5, version: 1 });
  expect(store.range('a', { revision: 3 }).kvs[0]).toMatchObject({ value: 2, createRevision: 2, modRevision: 3, version: 2 });
  expect(store.range('a', { revision: 4 }).count).toBe(0);
});

test('deleting what is not there makes no revision', () => {
  const store = MvccStore.create();
  expect(store.deleteRange('a')).toEqual({ deleted: 0, revision: 1 });
});

test('a range is half open, counts beyond its limit and can go backwards', () => {
  const store = MvccStore.create();
  for (const key of ['a', 'b', 'c', 'd']) store.put(key, key);
  expect(store.range('a', { end: 'd', limit: 2 })).toMatchObject({ count: 3, more: true, kvs: [{ key: 'a' }, { key: 'b' }] });
  expect(store.range('a', { ...everything, order: 'descend', limit: 1 }).kvs.map(({ key }) => key)).toEqual(['d']);
  expect(store.range('a', { ...everything, countOnly: true })).toMatchObject({ count: 4, kvs: [] });
});

test('a transaction does one branch, all at one revision', () => {
  const store = MvccStore.create();
  const create = (value: string) =>
    store.txn({
      compare: [{ key: 'a', target: 'mod', result: '=', operand: 0 }],
      success: [
        { type: 'put', key: 'a', value },
        { type: 'put', key: 'b', value },
      ],
      failure: [{ type: 'range', key: 'a' }],
    });
  expect(create('first')).toMatchObject({ succeeded: true, revision: 2 });
  expect(create('second')).toMatchObject({ succeeded: false, revision: 2, responses: [{ type: 'range', kvs: [{ value: 'first' }] }] });
});

test("putting one key twice in a transaction is refused in etcd's words", () => {
  const store = MvccStore.create();
  const twice = () =>
    store.txn({
      compare: [],
      success: [
        { type: 'put', key: 'a', value: 1 },
        { type: 'put', key: 'a', value: 2 },
      ],
      failure: [],
    });
  expect(twice).toThrow('etcdserver: duplicate key given in txn request');
  expect(store.revision).toBe(1);
});

test('a watch from the past sees each revision once and in order, then the present', () => {
  const store = MvccStore.create();
  store.put('p/a', 1);
  store.put('q', 1);
  store.put('p/a', 2);
  const seen: WatchResponse[] = [];
  const cancel = store.watch('p/', { end: 'p0', startRevision: 2, prevKv: true }, (response) => seen.push(response));
  store.deleteRange('p/a');
  cancel();
  store.put('p/b', 1);
  expect(seen.map(({ revision }) => revision)).toEqual([2, 4, 5]);
  expect(seen[2]?.events[0]).toMatchObject({ type: 'delete', kv: { key: 'p/a', modRevision: 5 }, prevKv: { value: 2 } });
});

test('compaction forgets old revisions and nothing that is alive', () => {
  const store = MvccStore.create();
  store.put('a', 1);
  store.put('b', 1);
  store.put('a', 2);
  store.deleteRange('b');
  store.compact(5);
  expect(store.range('a').kvs[0]?.value).toBe(2);
  expect(() => store.range('a', { revision: 4 })).toThrow(
    new EtcdError('OutOfRange', 'etcdserver: mvcc: required revision has been compacted'),
  );
  expect(() => store.watch('a', { startRevision: 4 }, () => {})).toThrow('required revision has been compacted');
  expect(() => store.compact(5)).toThrow('required revision has been compacted');
  expect(() => store.compact(99)).toThrow('required revision is a future revision');
});

test('a compaction at revision 0 forgets nothing, is journalled and kept, and cannot come again', () => {
  const store = MvccStore.create();
  const journaled = MvccStore.restore(store.snapshot());
  store.onEdit = (edit) => journaled.replayEdit(edit);
  store.compact(0);
  for (const one of [store, journaled, store.fork(), MvccStore.restore(store.snapshot())]) {
    one.put('a', 1);
    one.put('a', 2);
    const heard: unknown[] = [];
    one.watch('a', { startRevision: 1, prevKv: true }, ({ revision, events }) => heard.push([revision, events[0]?.prevKv?.value]));
    expect(heard).toEqual([
      [2, undefined],
      [3, 1],
    ]);
    expect(one.range('a', { revision: 2 }).kvs[0]?.value).toBe(1);
    expect(one.range('a', { revision: -5 }).kvs[0]?.value).toBe(2);
    expect(() => one.watch('a', { startRevision: -1 }, () => {})).toThrow('required revision has been compacted');
    expect(() => one.compact(0)).toThrow('required revision has been compacted');
  }
});

test('a log compacted before the first revision that it holds stays as it is', () => {
  const log = RevisionLog.after(5);
  log.push([]);
  log.compact(2);
  const held: number[] = [];
  log.forEach(0, (_, revision) => held.push(revision));
  expect([held, log.next]).toEqual([[5, 6], 7]);
});

test("a fork and its original do not see each other's writes", () => {
  const store = MvccStore.create();
  store.put('a', 1);
  const fork = store.fork();
  fork.put('a', 2);
  store.put('b', 1);
  expect([store.range('a').kvs[0]?.value, store.range('b').count, store.revision]).toEqual([1, 1, 3]);
  expect([fork.range('a').kvs[0]?.value, fork.range('b').count, fork.revision]).toEqual([2, 0, 3]);
});

test('a snapshot restores what was there, history included, and a journal replays onto it', () => {
  const store = MvccStore.create();
  store.put('a', 1);
  store.put('a', 2);
  const restored = MvccStore.restore(store.snapshot());
  store.onCommit = (commit) => restored.replay(commit);
  store.deleteRange('a');
  store.put('b', { deep: ['x'] });
  expect(restored.snapshot()).toEqual(store.snapshot());
  expect(restored.range('a', { revision: 2 }).kvs[0]?.value).toBe(1);
});

test('values are frozen, so nobody changes history by holding on to an object', () => {
  const store = MvccStore.create();
  const value = { labels: { app: 'web' } };
  store.put('a', value);
  expect(() => {
    value.labels.app = 'other';
  }).toThrow(TypeError);
});

test('a watcher hears once of each revision that touches its key, its folder or its range, and of no other', () => {
  const store = MvccStore.create();
  const heard: string[] = [];
  const watch = (key: string, end?: string) =>
    store.watch(
      key,
      end === undefined ? {} : { end },
      ({ events }) => void heard.push(`${key}${end ?? ''}: ${events.map(({ kv }) => kv.key).join(' ')}`),
    );
  watch('/r/pods/', '/r/pods0');
  watch('/r/', '/r0');
  const cancel = watch('/r/pods/a');
  watch('/r/pods/b', '/r/pods/d');
  watch('/r/nodes/', '/r/nodes0');
  store.put('/r/pods/a', 1);
  expect(heard.splice(0).sort()).toEqual(['/r//r0: /r/pods/a', '/r/pods//r/pods0: /r/pods/a', '/r/pods/a: /r/pods/a']);
  cancel();
  const put = (key: string) => ({ type: 'put', key, value: 2 }) as const;
  store.txn({ compare: [], success: [put('/r/pods/a'), put('/r/pods/c')], failure: [] });
  expect(heard.sort()).toEqual(['/r//r0: /r/pods/a /r/pods/c', '/r/pods//r/pods0: /r/pods/a /r/pods/c', '/r/pods/b/r/pods/d: /r/pods/c']);
});

test('whatever is read from a store that was read from text is frozen, however old it is', () => {
  const written = MvccStore.create();
  for (const at of [1, 2, 3]) written.put('a', { at: { is: at } });
  const text = JSON.stringify(written.snapshot());
  const restored = () => MvccStore.restore(JSON.parse(text) as ReturnType<MvccStore['snapshot']>);
  const told: WatchResponse[] = [];
  restored().watch('a', { startRevision: 2, prevKv: true }, (response) => void told.push(response));
  const events = told.flatMap((response) => response.events);
  const replayed = restored().replay({
    revision: 5 as never,
    events: [{ type: 'put', kv: { ...events[2]!.kv, modRevision: 5 as never } }],
  });
  const read = [
    ...restored().range('a').kvs,
    ...restored().range('a', { revision: 2 }).kvs,
    ...restored().snapshot().versions,
    ...restored().fork().range('a', everything).kvs,
    ...[...events, ...replayed].flatMap(({ kv, prevKv }) => (prevKv ? [kv, prevKv] : [kv])),
  ];
  expect(read).toHaveLength(1 + 1 + 3 + 1 + 5 + 2);
  for (const version of read) expect(isFrozenToItsLeaves(version)).toBe(true);
});

function isFrozenToItsLeaves(value: unknown): boolean {
  return typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozenToItsLeaves));
}

test('a fork and its original grant and revoke leases, and raise alarms, each for itself', () => {
  const store = MvccStore.create();
  store.leaseGrant(7, 60);
  store.put('a', 1, { lease: 7 });
  const fork = store.fork();
  fork.leaseGrant(8, 60);
  fork.setAlarm('1', 'NOSPACE', true);
  store.leaseRevoke(7);
  expect([[...store.leases.keys()], store.alarms, store.range('a').count]).toEqual([[], [], 0]);
  expect([[...fork.leases.keys()], fork.alarms.length, fork.range('a').count, fork.keysOf(7)]).toEqual([[7, 8], 1, 1, ['a']]);
});

test('a watch tells what was there before only where it was asked to', () => {
  const store = MvccStore.create();
  store.put('a', 1);
  const told: (readonly [string, unknown])[] = [];
  for (const prevKv of [true, false])
    for (const startRevision of [0, 2]) {
      store.watch('a', { prevKv, startRevision }, ({ events }) =>
        told.push(...events.map((event) => [event.type, event.prevKv?.value] as const)),
      );
    }
  told.length = 0;
  store.txn({ compare: [], success: [{ type: 'put', key: 'a', value: 2 }], failure: [] });
  store.txn({
    compare: [],
    success: [
      { type: 'put', key: 'b', value: 1 },
      { type: 'delete-range', key: 'a' },
    ],
    failure: [],
  });
  const [put, gone] = ['put', 'delete'];
  expect(told).toEqual([
    ...[
      [put, 1],
      [put, 1],
      [put, undefined],
      [put, undefined],
    ],
    ...[
      [gone, 2],
      [gone, 2],
      [gone, undefined],
      [gone, undefined],
    ],
  ]);
});

test('a watch from the very revision that was compacted sees what that one put or deleted, in a store that was restored too', () => {
  const store = MvccStore.create();
  store.txn({ compare: [], success: ['a', 'b'].map((key) => ({ type: 'put', key, value: 1 })), failure: [] });
  store.put('a', 2);
  store.compact(2);
  for (const one of [store, store.fork(), MvccStore.restore(store.snapshot())]) {
    const seen: string[] = [];
    one.watch('', { end: '\0', startRevision: 2, prevKv: true }, ({ revision, events }) => {
      for (const { kv, prevKv } of events) seen.push(`${revision} ${kv.key} ${prevKv ? 'after' : 'first'}`);
    });
    expect(seen).toEqual(['2 a first', '2 b first', '3 a after']);
  }
  store.deleteRange('a');
  store.compact(4);
  for (const one of [store, store.fork(), MvccStore.restore(store.snapshot())]) {
    const seen: unknown[] = [];
    one.watch('a', { startRevision: 4, prevKv: true }, ({ revision, events }) => void seen.push([revision, events]));
    expect(seen).toEqual([[4, [{ type: 'delete', kv: expect.objectContaining({ key: 'a', modRevision: 4 }) }]]]);
    one.put('b', 3);
    one.compact(5);
    expect(one.snapshot().versions.map(({ key }) => key)).toEqual(['b']);
  }
});

test('what was deleted at the compacted revision is in no hash', () => {
  const store = MvccStore.create();
  store.put('a', 1);
  store.put('b', 1);
  store.deleteRange('a');
  store.compact(4);
  const { versions, ...rest } = store.snapshot();
  expect(versions).toEqual([expect.objectContaining({ key: 'b', version: 1 }), expect.objectContaining({ key: 'a', version: 0 })]);
  expect(MvccStore.restore({ ...rest, versions: versions.slice(0, 1) }).hashKv()).toBe(store.hashKv());
});

test('what one write did is read back at once: a list that grew one by one would be copied as often', () => {
  const store = MvccStore.create();
  for (let count = 0; count < 100; count++) store.put(`${count}`, '');
  store.deleteRange('', { end: '\0' });
  const push = jest.spyOn(RevisionLog.prototype, 'push');
  const restored = MvccStore.restore(store.snapshot());
  expect(push.mock.calls.map(([events]) => events.length)).toEqual([...Array.from({ length: 100 }, () => 1), 100]);
  push.mockRestore();
  let heard = 0;
  restored.watch('', { end: '\0', startRevision: store.revision }, ({ events }) => void (heard += events.length));
  expect(heard).toBe(100);
});

test('a fork writes nothing down, however much was written since the last', () => {
  const store = MvccStore.create();
  const write = () => {
    for (let count = 0; count < 1_000; count++) store.put(`${count}`, count);
  };
  write();
  store.fork();
  write();
  const set = jest.spyOn(SortedMap.prototype, 'set');
  const fork = store.fork();
  expect(set).not.toHaveBeenCalled();
  fork.put('1', 'here');
  store.put('1', 'there');
  expect(set).toHaveBeenCalledTimes(2);
  expect([fork, store].map((one) => one.range('', { end: '2' }).kvs.find(({ key }) => key === '1')?.value)).toEqual(['here', 'there']);
  set.mockRestore();
});
