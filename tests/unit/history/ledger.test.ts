import { MvccStore } from '@/lib/cluster/etcd';
import { Ledger } from '@/lib/cluster/history';
import { instant } from '@/lib/cluster/kernel';

/** A store whose every change goes into a ledger of short segments. */
function recorded(): { store: MvccStore; ledger: Ledger } {
  const [store, ledger] = [MvccStore.create(), new Ledger({ segmentSize: 4 })];
  const now = () => instant(ledger.revision * 10);
  store.onCommit = ({ revision, events }) => ledger.record('m', { revision, events, at: now(), cause: undefined });
  store.onEdit = (_, before) => {
    if (before) ledger.maybeRecordInstall('m', { at: now(), cause: undefined, before, after: store, others: new Map() });
  };
  return { store, ledger };
}

test('a revision that was there before and after a restore means the later one', () => {
  const { store, ledger } = recorded();
  const put = (from: number, to: number, value: string) => {
    for (let revision = from; revision <= to; revision++) store.put('a', `${value} ${revision}`);
  };
  put(2, 3, 'before');
  const saved = store.snapshot();
  put(4, 7, 'before');
  store.install(MvccStore.restore(saved));
  put(4, 16, 'after');
  const at = (revision: number) => ledger.stateAt({ revision }, store).get('a')?.value;
  expect([3, 4, 5, 7, 16].map(at)).toEqual(['before 3', 'after 4', 'after 5', 'after 7', 'after 16']);
});

test.each(['__proto__', 'constructor', 'toString'])('a field called %s is kept, and comes and goes, like any other', (name) => {
  const { store, ledger } = recorded();
  const texts = ['"a"', '"b"', undefined, '"d"', 'null', undefined, '"g"', '"h"', undefined].map((value) =>
    value === undefined ? '{"data":{"x":1}}' : `{"data":{"x":1,"${name}":${value}}}`,
  );
  for (const text of [...texts, '{"data":{"x":1}}']) store.put('a', JSON.parse(text));
  const at = (revision: number) => JSON.stringify(ledger.stateAt({ revision }, store).get('a')?.value);
  expect(texts.map((_, index) => at(index + 2))).toEqual(texts);
});

test('forks share the past and not what comes after', () => {
  const { store, ledger } = recorded();
  for (let revision = 2; revision <= 12; revision++) store.put('a', revision);
  const [otherStore, other] = [store.fork(), ledger.fork()];
  store.put('a', 'here');
  other.record('m', { revision: 13, at: instant(999), cause: undefined, events: [] });
  expect(ledger.changes({ revision: 12 }, { revision: 13 }, store)[0]?.events).toHaveLength(1);
  expect(other.changes({ revision: 12 }, { revision: 13 }, otherStore)[0]?.events).toEqual([]);
  for (const [one, present] of [[ledger, store] as const, [other, otherStore] as const])
    expect(one.stateAt({ revision: 5 }, present).get('a')?.value).toBe(5);
});

test('a member of another beginning has nothing to say', () => {
  const { store, ledger } = recorded();
  store.put('a', 1);
  const stranger = MvccStore.beginAnew(store.snapshot());
  expect([ledger.isNews(3, store), ledger.isNews(3, stranger), ledger.isNews(2, store)]).toEqual([true, false, false]);
});

test('large changes are packed, and held to the budget, before there are many of them', () => {
  const [store, ledger] = [MvccStore.create(), new Ledger({ budgetBytes: 1_000_000 })];
  store.onCommit = ({ revision, events }) => ledger.record('m', { revision, events, at: instant(revision), cause: undefined });
  for (let count = 0; count < 200; count++) store.put('a', `${count}`.padEnd(200_000, 'x'));
  const { isTrimmed, revision } = ledger.reach;
  expect([isTrimmed, revision > 150]).toEqual([true, true]);
  expect(ledger.stateAt({ revision: revision + 1 }, store).get('a')?.value).toHaveLength(200_000);
});

test('each change counts for itself, at whichever revisions the large ones are', () => {
  const [store, ledger] = [MvccStore.create(), new Ledger({ budgetBytes: 1_000_000 })];
  store.onCommit = ({ revision, events }) => ledger.record('m', { revision, events, at: instant(revision), cause: undefined });
  for (let count = 0; count < 200; count++) {
    const isSmall = Math.imul(store.revision + 1, 0x9e3779b1) >>> 29 === 0;
    store.put(isSmall ? 'b' : 'a', isSmall ? '' : `${count}`.padEnd(200_000, 'x'));
  }
  expect(ledger.reach.isTrimmed).toBe(true);
});
