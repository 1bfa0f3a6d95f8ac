import type { JournalChange } from '@/lib/sandbox/protocol';
import { checksumOf, readRows } from '@/lib/sandbox/codec';

const change = (at: number): JournalChange => ({ type: 'session', at, change: { count: at } });

/** A row with a change of each of these instants. */
function row(sequence: number, ...instants: readonly number[]) {
  const changes = JSON.stringify(instants.map(change));
  return { sequence, changes, checksum: checksumOf(sequence, changes) };
}

test('every change of every row is replayed, once and in order', () => {
  const rows = [row(4, 1, 2), row(5, 3), row(6, 4, 5)];
  expect(readRows(rows, 3)).toEqual({ changes: [1, 2, 3, 4, 5].map(change), sequence: 6 });
});

test('a row that comes twice ends the replay', () => {
  const rows = [row(4, 1), row(4, 1), row(5, 2)];
  expect(readRows(rows, 3)).toEqual({ changes: [change(1)], sequence: 4 });
});
