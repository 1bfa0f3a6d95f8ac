import { jest } from '@jest/globals';
import type { Db } from '@/lib/db';
import { Journal } from '@/lib/sandbox/journal';

/** A database that counts statements and fails as long as it is told to. */
function database() {
  const state = { statements: 0, isDown: false };
  const $queryRaw = async () => {
    state.statements++;
    if (state.isDown) throw new Error('the database is down');
    return [{ sandbox_id: 'one' }, { sandbox_id: 'one' }];
  };
  return { state, client: { $queryRaw } as unknown as Db };
}

const row = (sequence: number) => ({ sandboxId: 'one', fence: 1, sequence, changes: '[]' });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a row that cannot be kept is tried again until it can, and trouble is told once and its end once', async () => {
  const { state, client } = database();
  const told: string[] = [];
  const journal = new Journal(client, {
    onLost: () => {},
    onTrouble: (error) => void told.push(error === undefined ? 'over' : String(error)),
  });
  state.isDown = true;
  const kept = journal.append(row(1), true);
  await pause(20);
  state.isDown = false;
  expect(await kept).toBe(true);
  expect(told).toEqual(['Error: the database is down', 'over']);
  expect(state.statements).toBe(2);
});

test('one write is under way at a time, so that no row is kept before the one it follows', async () => {
  const { state, client } = database();
  let finish: () => void = () => undefined;
  const $queryRaw = async (...args: Parameters<Db['$queryRaw']>) => {
    const answer = await client.$queryRaw(...args);
    await new Promise<void>((resolve) => (finish = resolve));
    return answer;
  };
  const journal = new Journal({ $queryRaw } as unknown as Db, { onLost: () => {}, onTrouble: () => {} });
  const kept = [journal.append(row(1), true), journal.append(row(2), true), journal.append(row(3), true)];
  await pause(20);
  expect(state.statements).toBe(1);
  finish();
  await kept[0];
  await pause(20);
  expect(state.statements).toBe(2);
  finish();
  expect(await Promise.all(kept)).toEqual([true, true, true]);
});

test('what gathered while the database was away goes there in statements of bounded size, in order, and what was kept before it went is not written again', async () => {
  const { written, journal, long } = recorder({ failsAt: 2 });
  const first = journal.append(row(0), true);
  await Promise.all([first, ...Array.from({ length: 20 }, (_, index) => journal.append(long('one', index + 1), true))]);
  expect(written.map((one) => one.length)).toEqual([1, 4, 4, 4, 4, 4]);
  expect(written.flat()).toEqual(Array.from({ length: 21 }, (_, index) => `one ${index}`));
});

test('a row of a sandbox that writes little does not wait behind all those of one that writes without end', async () => {
  const { written, journal, long } = recorder({});
  const kept = [journal.append(row(0), true), ...Array.from({ length: 20 }, (_, index) => journal.append(long('one', index + 1), true))];
  kept.push(journal.append({ ...row(1), sandboxId: 'two' }, true), journal.append({ ...row(2), sandboxId: 'two' }, true));
  await journal.flush();
  expect(written[1]).toEqual(['one 1', 'one 2', 'two 1', 'two 2']);
  expect(written.flat().filter((one) => one.startsWith('one'))).toEqual(Array.from({ length: 21 }, (_, index) => `one ${index}`));
  expect(await Promise.all(kept)).toEqual(kept.map(() => true));
});

/** A database that keeps a record of its statements. */
function recorder({ failsAt = -1 }: { failsAt?: number }) {
  const written: string[][] = [];
  let hasFailed = false;
  const $queryRaw = async (_text: unknown, ids: string[], _fences: number[], sequences: number[]) => {
    if (written.length === failsAt && !hasFailed) {
      hasFailed = true;
      throw new Error('the database is down');
    }
    written.push(sequences.map((sequence, index) => `${ids[index]} ${sequence}`));
    return ids.map((sandbox_id) => ({ sandbox_id }));
  };
  const journal = new Journal({ $queryRaw } as unknown as Db, { onLost: () => {}, onTrouble: () => {} });
  return {
    written,
    journal,
    long: (sandboxId: string, sequence: number) => ({ ...row(sequence), sandboxId, changes: 'x'.repeat(64 << 10) }),
  };
}

test('rows gather for a quarter of a second, and for less where somebody watches', async () => {
  jest.useFakeTimers();
  try {
    const { state, client } = database();
    const journal = new Journal(client, { onLost: () => {}, onTrouble: () => {} });
    const kept = [journal.append(row(1), false)];
    await jest.advanceTimersByTimeAsync(249);
    expect(state.statements).toBe(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(state.statements).toBe(1);
    kept.push(journal.append(row(2), false));
    journal.hurryALittle();
    await jest.advanceTimersByTimeAsync(30);
    journal.hurryALittle();
    expect(state.statements).toBe(1);
    await jest.advanceTimersByTimeAsync(10);
    expect(state.statements).toBe(2);
    expect(await Promise.all(kept)).toEqual([true, true]);
  } finally {
    jest.useRealTimers();
  }
});

test('after a power cut nothing is written: not what gathers, and not what could not be written before', async () => {
  const { state, client } = database();
  const gathering = new Journal(client, { onLost: () => {}, onTrouble: () => {} });
  void gathering.append(row(1), false);
  gathering.abandon();
  state.isDown = true;
  const failing = new Journal(client, { onLost: () => {}, onTrouble: () => {} });
  void failing.append(row(1), true);
  await pause(20);
  failing.abandon();
  state.isDown = false;
  await pause(1_200);
  expect(state.statements).toBe(1);
});
