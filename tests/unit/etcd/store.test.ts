import {
  EtcdError,
  MvccStore,
  readSnapshotFile,
  writeSnapshotFile,
  type MvccCommit,
  type MvccEdit,
  type Operation,
  type WatchResponse,
} from '@/lib/cluster/etcd';

const everything = { end: '\0' };
const put = (key: string, value = 'v') => ({ type: 'put', key, value }) as const;
const remove = (key: string, end?: string) => ({ type: 'delete-range', key, ...(end === undefined ? {} : { end }) }) as const;
const one = (...success: Parameters<MvccStore['txn']>[0]['success']) => ({ compare: [], success, failure: [] });

test('a put answers what it replaced, and may keep the value or the lease that is there', () => {
  const store = MvccStore.create();
  store.leaseGrant(7, 60);
  store.put('a', 1, { lease: 7 });
  expect(store.put('a', 2, { prevKv: true }).prevKv).toMatchObject({ value: 1, version: 1, lease: 7 });
  store.put('a', 3, { lease: 7 });
  store.put('a', 'unused', { ignoreValue: true });
  expect(store.range('a').kvs[0]).toMatchObject({ value: 3, lease: 0, version: 4 });
  expect(() => store.put('b', 1, { ignoreLease: true })).toThrow('etcdserver: key not found');
  expect(() => store.put('b', 1, { lease: 9 })).toThrow(new EtcdError('NotFound', 'etcdserver: requested lease not found'));
});

test('a range sorts by what is asked and looks at revisions before it limits', () => {
  const store = MvccStore.create();
  for (const [key, value] of [
    ['a', 'z'],
    ['b', 'y'],
    ['c', 'x'],
    ['a', 'w'],
  ] as const)
    store.put(key, value);
  const keys = (options: Parameters<MvccStore['range']>[1]) => store.range('a', { ...everything, ...options }).kvs.map(({ key }) => key);
  expect(keys({ sortBy: 'mod' })).toEqual(['b', 'c', 'a']);
  expect(keys({ sortBy: 'value', order: 'descend' })).toEqual(['b', 'c', 'a']);
  expect(keys({ sortBy: 'version', order: 'descend', limit: 1 })).toEqual(['a']);
  expect(keys({ minModRevision: 4 })).toEqual(['a', 'c']);
  expect(store.range('a', { ...everything, maxCreateRevision: 3, limit: 1 })).toMatchObject({ kvs: [{ key: 'a' }], count: 3, more: true });
});

test('within a transaction what comes later sees what came before, at one revision', () => {
  const store = MvccStore.create();
  store.put('a', 'old');
  const { responses, revision } = store.txn(
    one(put('b', 'new'), { type: 'range', key: 'a', end: 'c' }, { type: 'delete-range', key: 'a' }, { type: 'range', key: 'a', end: 'c' }),
  );
  expect(revision).toBe(3);
  expect(responses[1]).toMatchObject({ kvs: [{ value: 'old' }, { value: 'new', modRevision: 3 }] });
  expect(responses[3]).toMatchObject({ kvs: [{ key: 'b' }] });
});

test('nested transactions compare the store as it was before any of them wrote', () => {
  const store = MvccStore.create();
  const inner = { compare: [{ key: 'a', target: 'version', result: '=', operand: 0 }] as const, success: [put('b')], failure: [put('c')] };
  store.txn(one(put('a'), { type: 'txn', txn: inner }));
  expect(store.range('', everything).kvs.map(({ key }) => key)).toEqual(['a', 'b']);
});

test('a transaction that cannot be done whole is not begun', () => {
  const store = MvccStore.create();
  expect(() => store.txn(one(put('a'), { ...put('b'), lease: 5 }))).toThrow('requested lease not found');
  expect(() => store.txn(one(put('b'), remove('a', 'c')))).toThrow('etcdserver: duplicate key given in txn request');
  expect(() => store.txn(one(put('')))).toThrow('etcdserver: key is not provided');
  expect(() => store.txn(one(...Array.from({ length: 129 }, (_, index) => put(`k${index}`))))).toThrow(
    'etcdserver: too many operations in txn request',
  );
  expect([store.revision, store.range('', everything).count]).toEqual([1, 0]);
});

test('a put beside a deletion that takes it along is refused, but for one to the end of the keyspace and one that comes after it', () => {
  const store = MvccStore.create();
  const within = (...success: Operation[]) => ({ type: 'txn', txn: one(...success) }) as const;
  const branches = (success: Operation[], failure: Operation[]) => ({ type: 'txn', txn: { compare: [], success, failure } }) as const;
  const refused = [
    one(put('k'), remove('k')),
    one(remove('k'), put('k')),
    one(put('k'), within(remove('k'))),
    one(within(remove('k')), put('k')),
    one(within(put('k')), remove('k')),
    one(within(remove('k')), within(put('k'))),
    one(within(put('k')), within(put('k'))),
    one(branches([put('a')], [put('k')]), within(put('k'))),
  ];
  for (const txn of refused) expect(() => store.txn(txn)).toThrow('etcdserver: duplicate key given in txn request');
  expect(store.revision).toBe(1);
  store.txn(one(branches([put('k')], [put('k')])));
  store.txn(one(branches([put('k')], [remove('k')])));
  expect(store.txn(one(within(put('k')), within(remove('k')))).responses[1]).toMatchObject({ responses: [{ deleted: 1 }] });
  expect(store.range('k').count).toBe(0);
});

test('what a transaction puts and deletes at one revision is told, kept, replayed and compacted in that order', () => {
  const store = MvccStore.create();
  const replica = MvccStore.create();
  store.onCommit = (commit) => void replica.replay(commit);
  const seen: unknown[] = [];
  for (const key of ['a', 'b', 'k']) store.put(key, 1);
  store.watch('', everything, ({ revision, events }) => void seen.push([revision, events.map(({ type, kv }) => `${type} ${kv.key}`)]));
  store.txn(one(put('c', '2'), remove('b', '\0')));
  store.txn(one(remove('a', '\0'), put('c', '3'), put('d', '3')));
  expect(seen).toEqual([
    [5, ['put c', 'delete b', 'delete c', 'delete k']],
    [6, ['delete a', 'put c', 'put d']],
  ]);
  expect(store.range('', everything).kvs).toMatchObject([
    { key: 'c', value: '3', createRevision: 6, modRevision: 6, version: 1 },
    { key: 'd', value: '3' },
  ]);
  expect(store.range('', { ...everything, revision: 5 }).kvs.map(({ key }) => key)).toEqual(['a']);
  const copies = [replica, MvccStore.restore(store.snapshot())];
  for (const copy of copies) expect(copy.snapshot()).toEqual(store.snapshot());
  for (const each of [store, ...copies]) {
    const past: unknown[] = [];
    each.watch(
      '',
      { ...everything, startRevision: 5 },
      ({ events }) => void past.push(...events.map(({ type, kv }) => `${type} ${kv.key}`)),
    );
    expect(past.filter((event) => String(event).endsWith(' c'))).toEqual(['put c', 'delete c', 'put c']);
  }
  store.onCommit = undefined;
  store.compact(5);
  expect(store.range('', { ...everything, revision: 5 }).kvs.map(({ key }) => key)).toEqual(['a']);
  expect(store.range('', everything).count).toBe(2);
});

test('transactions within one another share one allowance of operations', () => {
  const store = MvccStore.create();
  const many = (count: number) => Array.from({ length: count }, (_, index) => put(`k${index}`));
  const within = (outer: number, inner: number) => () =>
    store.txn(one(...many(outer - 1).map(({ key }) => put(`o${key}`)), { type: 'txn', txn: one(...many(inner)) }));
  expect(within(100, 29)).toThrow('etcdserver: too many operations in txn request');
  expect(within(100, 28)).not.toThrow();
});

test('a put that keeps the lease brings none', () => {
  const store = MvccStore.create();
  store.leaseGrant(7, 60);
  store.put('a', 1, { lease: 7 });
  expect(() => store.put('a', 2, { lease: 7, ignoreLease: true })).toThrow(
    new EtcdError('InvalidArgument', 'etcdserver: lease is provided'),
  );
});

test('a compare of a value fails where there is no key', () => {
  const store = MvccStore.create();
  const value = (key: string, result: '=' | '!=') =>
    store.txn({ compare: [{ key, target: 'value', result, operand: 'x' }], success: [], failure: [] }).succeeded;
  store.put('a', 'x');
  expect([value('a', '='), value('a', '!='), value('b', '!=')]).toEqual([true, false, false]);
});

test('revoking a lease deletes its keys at one revision, and not those that have moved on', () => {
  const store = MvccStore.create();
  store.leaseGrant(7, 60);
  for (const key of ['a', 'b', 'c']) store.put(key, 1, { lease: 7 });
  store.put('b', 2);
  expect(store.keysOf(7)).toEqual(['a', 'c']);
  const seen: WatchResponse[] = [];
  store.watch('', everything, (response) => seen.push(response));
  store.leaseRevoke(7);
  expect(seen.map(({ revision, events }) => [revision, events.map(({ type, kv }) => `${type} ${kv.key}`)])).toEqual([
    [6, ['delete a', 'delete c']],
  ]);
  expect(() => store.leaseGrant(8, 60) ?? store.leaseGrant(8, 60)).toThrow('etcdserver: lease already exists');
});

test('a watch may leave out puts or deletes, and hears on request that nothing is missing', () => {
  const store = MvccStore.create();
  const seen: string[] = [];
  store.watch('a', { filters: ['noput'] }, ({ events }) => seen.push(...events.map(({ type }) => type)));
  store.watch('b', { progressNotify: true }, ({ revision, events }) => seen.push(`${revision}: ${events.length}`));
  store.put('a', 1);
  store.deleteRange('a');
  store.notifyProgress();
  expect(seen).toEqual(['delete', '3: 0']);
});

test('a watch may begin in the future', () => {
  const store = MvccStore.create();
  const seen: number[] = [];
  store.watch('a', { startRevision: 4 }, ({ revision }) => seen.push(revision));
  for (let count = 0; count < 4; count++) store.put('a', count);
  expect(seen).toEqual([4, 5]);
});

test('installing a snapshot tells watchers what they missed, once, and cancels those whose revisions are gone', () => {
  const [behind, ahead] = [MvccStore.create(), MvccStore.create()];
  for (const store of [behind, ahead]) store.put('a', 0);
  const seen: number[] = [];
  const cancelled: number[] = [];
  behind.watch('a', { onCancel: (revision) => cancelled.push(revision) }, ({ revision }) => seen.push(revision));
  for (let count = 1; count < 5; count++) ahead.put('a', count);
  behind.install(ahead.fork());
  expect([seen, cancelled]).toEqual([[3, 4, 5, 6], []]);
  for (let count = 5; count < 9; count++) ahead.put('a', count);
  ahead.compact(9);
  behind.install(ahead.fork());
  ahead.put('a', 9);
  expect([seen, cancelled, behind.revision]).toEqual([[3, 4, 5, 6], [9], 10]);
});

test('a watcher that had nothing to hear of has missed nothing', () => {
  const store = MvccStore.create();
  const cancelled: number[] = [];
  store.watch('quiet', { onCancel: (revision) => cancelled.push(revision) }, () => {});
  for (let count = 0; count < 5; count++) store.put('a', count);
  const leader = store.fork();
  leader.compact(5);
  store.install(leader);
  expect(cancelled).toEqual([]);
});

test('compaction frees what defragmentation gives back', () => {
  const store = MvccStore.create();
  for (let count = 0; count < 50; count++) store.put('a', 'x'.repeat(1000));
  const full = store.size;
  store.compact(store.revision);
  const { inUse, file } = store.size;
  expect([file, full.inUse]).toEqual([full.file, full.file]);
  expect(inUse).toBeLessThan(full.inUse / 2);
  store.defragment();
  expect(store.size).toEqual({ inUse, file: inUse });
});

test('hashes are equal for equal histories and differ otherwise', () => {
  const [left, right] = [MvccStore.create(), MvccStore.create()];
  for (const store of [left, right]) for (const key of ['a', 'b']) store.put(key, 1);
  expect(left.hashKv()).toBe(right.hashKv());
  right.put('c', 1);
  expect(left.hashKv()).not.toBe(right.hashKv());
  expect(left.hashKv(3)).toBe(right.hashKv(3));
  expect(() => left.hashKv(9)).toThrow('required revision is a future revision');
});

test('a journal of commits and edits makes the store again: leases, compaction and alarms too', () => {
  const store = MvccStore.create();
  const restored = MvccStore.restore(store.snapshot());
  const journal: ({ commit: MvccCommit } | { edit: MvccEdit })[] = [];
  store.onCommit = (commit) => journal.push({ commit });
  store.onEdit = (edit) => journal.push({ edit });
  store.leaseGrant(7, 60);
  store.put('a', 1, { lease: 7 });
  store.leaseGrant(8, 60);
  store.put('b', 1, { lease: 8 });
  store.leaseRevoke(8);
  store.compact(3);
  store.setAlarm('1', 'NOSPACE', true);
  for (const row of JSON.parse(JSON.stringify(journal)) as typeof journal) {
    if ('commit' in row) restored.replay(row.commit);
    else restored.replayEdit(row.edit);
  }
  expect(restored.snapshot()).toEqual(store.snapshot());
  expect(restored.keysOf(7)).toEqual(['a']);
  expect(MvccStore.restore(JSON.parse(JSON.stringify(store.snapshot()))).snapshot()).toEqual(store.snapshot());
});

test('a snapshot file holds a store, and a damaged one holds none', () => {
  const store = MvccStore.create();
  store.put('a', { kind: 'Pod' });
  const text = writeSnapshotFile(store.snapshot());
  expect(readSnapshotFile(text)).toEqual(store.snapshot());
  expect(readSnapshotFile(text.slice(0, -9))).toBeUndefined();
  expect(readSnapshotFile('{}')).toBeUndefined();
});

test('a transaction that reads what is not there to be read has written nothing', () => {
  const store = MvccStore.create();
  store.put('a', 1);
  store.put('a', 2);
  store.compact(3);
  for (const [revision, message] of [
    [99, 'required revision is a future revision'],
    [4, 'required revision is a future revision'],
    [2, 'required revision has been compacted'],
  ] as const)
    expect(() => store.txn(one(put('ghost'), { type: 'range', key: 'a', revision }))).toThrow(message);
  store.put('b', 1);
  expect(store.range('', everything).kvs.map(({ key }) => key)).toEqual(['a', 'b']);
});

test('a compare of a range that holds nothing is one of a key that is not there', () => {
  const store = MvccStore.create();
  const holds = (target: 'version' | 'value', result: '=' | '>', operand: number | string) =>
    store.txn({ compare: [{ key: 'a', end: 'b', target, result, operand }], success: [], failure: [] }).succeeded;
  expect([holds('version', '=', 0), holds('version', '>', 0), holds('value', '=', '')]).toEqual([true, false, false]);
});

test('a key may have more versions than a call has room for arguments', () => {
  const store = MvccStore.create();
  for (let count = 0; count < 200_000; count++) store.put('a', count);
  expect([store.snapshot().versions.length, store.size.inUse > 200_000, store.hashKv() > 0]).toEqual([200_000, true, true]);
});
