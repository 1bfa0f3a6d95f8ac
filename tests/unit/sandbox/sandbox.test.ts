import type { SessionListener } from '@/lib/labs/hosted-session';
import { unpackSnapshot } from '@/lib/sandbox/codec';
import type { FromWorker, Outgoing, SandboxBatch, SandboxCut, SandboxRecipe, SandboxRequest } from '@/lib/sandbox/protocol';
import { Sandbox, type SandboxOptions, type SessionFactory } from '@/lib/sandbox/sandbox';
import { keptOf } from '../../support/kept';
import { stubSessions } from '../../support/stub-session';

const fresh: SandboxRecipe = { lab: { slug: 'stub', files: {} }, seed: '7', rows: [], head: 0, damagedSnapshots: 0 };
const opened: Sandbox[] = [];
afterEach(() => Promise.all(opened.splice(0).map((sandbox) => sandbox.close(false))));

/** A sandbox on this thread, its messages, and a clock that the test moves. */
async function open(recipe: SandboxRecipe = fresh, options: Partial<Pick<SandboxOptions, 'cuts' | 'factory' | 'around'>> = {}) {
  const messages: FromWorker[] = [];
  const host = { ms: 0 };
  const sandbox = await Sandbox.open({
    id: 'one',
    recipe,
    factory: stubSessions,
    post: (message) => void messages.push(message),
    clock: () => host.ms,
    ...options,
  });
  opened.push(sandbox);
  let id = 0;
  const ask = (request: SandboxRequest): Promise<unknown> => {
    const wanted = ++id;
    sandbox.request(wanted, request);
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = batches(messages)
          .flatMap((batch) => [...batch.durable, ...batch.volatile])
          .find((one) => 'id' in one && one.id === wanted && one.type !== 'flow');
        if (!found) return void setImmediate(look);
        if (found.type === 'answer') resolve(found.value);
        else reject(new Error((found as Extract<Outgoing, { type: 'error' }>).error));
      };
      look();
    });
  };
  const type = (text: string, sequence: number, page = 'page') =>
    ask({ type: 'ask', name: 'terminal:input', request: { terminal: 'main', page, sequence, text } });
  const screen = async () =>
    ((await ask({ type: 'join', terminals: {} })) as { state: { terminals: { text: string }[] } }).state.terminals[0]?.text;
  const now = async () => ((await ask({ type: 'join', terminals: {} })) as { state: { clock: { now: number } } }).state.clock.now;
  return { sandbox, messages, host, ask, type, screen, now };
}

const batches = (messages: readonly FromWorker[]) => messages.filter((message): message is SandboxBatch => message.type === 'batch');
const cuts = (messages: readonly FromWorker[]) => messages.filter((message): message is SandboxCut => message.type === 'cut');

const recipeOf = (messages: readonly FromWorker[]) => keptOf(fresh, messages);

test('a fresh sandbox is open at once, and tells no row before its first snapshot: its journal has a beginning', async () => {
  const { messages, type } = await open();
  expect(messages.map((message) => message.type)).toEqual(['opened']);
  await type('ls', 1);
  const kinds = messages
    .filter((message) => message.type === 'cut' || (message.type === 'batch' && message.changes !== undefined))
    .map((message) => message.type);
  expect(kinds).toEqual(['cut', 'batch']);
  expect(unpackSnapshot(cuts(messages)[0] as SandboxCut)).toMatchObject({
    session: { text: '', values: { seed: '7' } },
    inputs: [],
  });
});

test('what a keystroke did is in the journal before or with its answer and its output', async () => {
  const { messages, type } = await open();
  await type('ls', 1);
  const [batch] = batches(messages);
  expect(JSON.parse(batch?.changes ?? '')).toEqual([
    { type: 'input', applied: { page: 'page', terminal: 'main', sequence: 1 } },
    { type: 'session', at: 0, change: { text: 'ls' } },
  ]);
  expect(batch?.durable.map((one) => one.type).sort()).toEqual(['answer', 'message']);
  expect(batch?.volatile).toEqual([]);
});

test('snapshot and rows bring back the same terminal, files and clock', async () => {
  const first = await open();
  await first.type('echo hi', 1);
  first.host.ms = 2500;
  await first.ask({ type: 'ask', name: 'file:write', request: { path: 'web.yaml', text: 'kind: Pod' } });
  const second = await open(recipeOf(first.messages));
  expect(await second.screen()).toBe('echo hi');
  expect(await second.ask({ type: 'ask', name: 'file:read', request: { path: 'web.yaml' } })).toEqual({
    path: 'web.yaml',
    text: 'kind: Pod',
  });
});

test('keystrokes sent again after a drop are applied once, also across a restart and by page', async () => {
  const first = await open();
  await first.type('a', 1);
  await first.type('a', 1);
  expect(await first.screen()).toBe('a');
  const second = await open(recipeOf(first.messages));
  await second.type('a', 1);
  await second.type('b', 2);
  await second.type('c', 1, 'another page');
  expect(await second.screen()).toBe('abc');
});

test('keystrokes that overtook others are refused, so that the page sends all of them again in order', async () => {
  const { type, screen } = await open();
  await type('a', 1);
  await expect(type('c', 3)).rejects.toThrow('missing');
  await type('b', 2);
  await type('c', 3);
  expect(await screen()).toBe('abc');
});

test('a damaged row ends the replay just before it, and is superseded so that it is never read again', async () => {
  const first = await open();
  for (const [index, text] of ['a', 'b', 'c'].entries()) await first.type(text, index + 1);
  const recipe = recipeOf(first.messages);
  const rows = recipe.rows.map((row, index) => (index === 1 ? { ...row, changes: row.changes.replace('ab', 'xx') } : row));
  const second = await open({ ...recipe, rows });
  expect(second.messages.find((message) => message.type === 'opened')).toMatchObject({ notice: expect.stringContaining('damaged') });
  expect(await second.screen()).toBe('a');
  await second.type('d', 4);
  expect(cuts(second.messages)[0]?.sequence).toBe(recipe.rows.at(-1)?.sequence);
});

test('a missing row ends the replay too: later rows rest on it', async () => {
  const first = await open();
  for (const [index, text] of ['a', 'b', 'c'].entries()) await first.type(text, index + 1);
  const recipe = recipeOf(first.messages);
  const second = await open({ ...recipe, rows: recipe.rows.filter((_, index) => index !== 1) });
  expect(await second.screen()).toBe('a');
});

test('a snapshot that cannot be read means a fresh start that says so', async () => {
  const { messages, screen, type } = await open({ ...fresh, snapshot: { sequence: 5, content: new Uint8Array([1, 2, 3]) } });
  expect(messages.find((message) => message.type === 'opened')).toMatchObject({ notice: expect.stringContaining('from the beginning') });
  expect(await screen()).toBe('');
  await type('x', 1);
  expect(cuts(messages)[0]?.sequence).toBe(5);
});

test('simulated time follows the clock, but does not jump when the host stood still', async () => {
  const { host, now } = await open();
  host.ms = 900;
  expect(await now()).toBe(900);
  host.ms = 900 + 3 * 3_600_000;
  expect(await now()).toBeLessThan(900 + 2_000);
});

test('simulated time does not jump over a restart', async () => {
  const first = await open();
  first.host.ms = 900;
  await first.type('x', 1);
  const second = await open(recipeOf(first.messages));
  expect(await second.now()).toBeLessThanOrEqual(900);
});

test('a snapshot is cut when the journal has grown, and rows before it are not needed', async () => {
  const { messages, type, screen } = await open(fresh, { cuts: { journalBytes: 50, ageMs: 300_000 } });
  for (let sequence = 1; sequence <= 20 && cuts(messages).length < 2; sequence++) await type(`line ${sequence};`, sequence);
  while (cuts(messages).length < 2) await new Promise((resolve) => setImmediate(resolve));
  const recipe = recipeOf(messages);
  expect(recipe.rows.length).toBeLessThan(recipe.head);
  expect(await (await open(recipe)).screen()).toBe(await screen());
});

test('a snapshot has a turn of its own, in which no time passes', async () => {
  const turns: string[][] = [];
  let turn: string[] = [];
  const note = (what: string) => turn.push(what);
  const factory: SessionFactory = {
    ...stubSessions,
    create: async (...about) => {
      const session = await stubSessions.create(...about);
      const [advance, snapshot] = [session.advance.bind(session), session.snapshot.bind(session)];
      return Object.assign(session, {
        advance: (ms: number) => (note('time'), advance(ms)),
        snapshot: () => (note('snapshot'), snapshot()),
      });
    },
  };
  const around = <T>(work: () => T): T => {
    turns.push((turn = []));
    const result = work();
    turn = [];
    return result;
  };
  const { messages, type, host } = await open(fresh, { factory, around, cuts: { journalBytes: 50, ageMs: 300_000 } });
  for (let sequence = 1; cuts(messages).length < 3; sequence++) {
    host.ms += 1_000;
    await type(`line ${sequence};`, sequence);
  }
  const cutting = turns.filter((one) => one.includes('snapshot'));
  expect(cutting.length).toBeGreaterThan(1);
  for (const one of cutting) expect(one).toEqual(['snapshot']);
});

test('a snapshot is cut when the last one is old, also while time is paused and only keys are pressed', async () => {
  const { messages, type, ask, host } = await open();
  await ask({ type: 'ask', name: 'clock:set', request: { action: 'pause' } });
  await type('a', 1);
  expect(cuts(messages)).toHaveLength(1);
  host.ms = 300_001;
  await type('b', 2);
  while (cuts(messages).length < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(unpackSnapshot(cuts(messages)[1] as SandboxCut)).toMatchObject({ session: { text: 'ab' } });
});

test('what was printed before the first snapshot is in it, and in no row as well', async () => {
  const factory: SessionFactory = {
    ...stubSessions,
    create: async (...about) => {
      const session = await stubSessions.create(...about);
      await session.ask('terminal:input', { terminal: 'main', sequence: 0, text: '$ ' });
      return session;
    },
  };
  const { messages, type } = await open(fresh, { factory });
  await type('ls', 1);
  expect(unpackSnapshot(cuts(messages)[0] as SandboxCut)).toMatchObject({ session: { text: '$ ' } });
  const written = batches(messages).flatMap(({ changes }) =>
    changes === undefined ? [] : (JSON.parse(changes) as { change?: unknown }[]),
  );
  expect(written.flatMap(({ change }) => change ?? [])).toEqual([{ text: '$ ls' }]);
});

test('an error inside the simulation is reported and nothing is told after it', async () => {
  const { messages, type, host, sandbox } = await open();
  await type('break', 1);
  host.ms = 50;
  sandbox.request(99, { type: 'join', terminals: {} });
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(messages.at(-1)).toMatchObject({ type: 'broken', error: expect.stringContaining('the stub broke') });
});

/** A factory whose sessions can be copied so often, and then no more. */
function copiedAtMost(times: number): SessionFactory {
  let left = times;
  return {
    ...stubSessions,
    create: async (...about) => {
      const session = await stubSessions.create(...about);
      const snapshot = session.snapshot.bind(session);
      session.snapshot = () => {
        if (left-- > 0) return snapshot();
        throw new RangeError('Invalid string length');
      };
      return session;
    },
  };
}

test('a sandbox of which no snapshot can be taken is broken, and the thread it shares goes on', async () => {
  const { messages, type, host, sandbox } = await open(fresh, { factory: copiedAtMost(1) });
  await type('a', 1);
  host.ms = 300_001;
  sandbox.request(50, { type: 'join', terminals: {} });
  while (messages.at(-1)?.type !== 'broken') await new Promise((resolve) => setImmediate(resolve));
  expect(messages.at(-1)).toMatchObject({ type: 'broken', error: expect.stringContaining('Invalid string length') });
});

test('a sandbox whose last snapshot cannot be taken closes all the same', async () => {
  const { messages, type, sandbox } = await open(fresh, { factory: copiedAtMost(1) });
  await type('a', 1);
  await sandbox.close(true);
  expect(messages.at(-1)).toMatchObject({ type: 'broken' });
});

test('what a command in a container did is in the journal before its output is told', async () => {
  const { messages, sandbox, ask } = await open();
  sandbox.request(50, { type: 'api', request: { method: 'GET', url: '/pods/one/exec?command=make', headers: {} } });
  await ask({ type: 'join', terminals: {} });
  sandbox.flow(50, { start: true });
  await ask({ type: 'join', terminals: {} });
  // A row waits for the first snapshot, which is made a slice at a time.
  const made = () => batches(messages).find(({ changes }) => changes?.includes('"made"'));
  while (!made()) await new Promise((resolve) => setImmediate(resolve));
  expect(made()?.durable.filter(({ type }) => type === 'flow')).toEqual([
    { type: 'flow', id: 50, flow: { stdout: 'made' } },
    { type: 'flow', id: 50, flow: { exit: { code: 0 } } },
  ]);
});

test('an answer of the API waits for the journal: a write for itself, a read for what it saw', async () => {
  const { messages, ask } = await open();
  expect(await ask({ type: 'api', request: { method: 'POST', url: '/x', headers: {}, body: '1' } })).toMatchObject({ status: 201 });
  expect(await ask({ type: 'api', request: { method: 'GET', url: '/x', headers: {} } })).toMatchObject({
    status: 200,
    body: '{"value":"1"}\n',
  });
  const [write, read] = batches(messages);
  expect(write).toMatchObject({ durable: [{ type: 'answer' }], volatile: [] });
  expect(read).toMatchObject({ durable: [{ type: 'answer' }], volatile: [], isUrgent: true });
});

test('a watch of the API flows once its client is ready, line by line, after the rows it tells of, which are hurried a little for it', async () => {
  const { messages, sandbox, ask } = await open();
  await ask({ type: 'api', request: { method: 'POST', url: '/x', headers: {}, body: '1' } });
  const before = batches(messages).length;
  sandbox.request(50, { type: 'api', request: { method: 'GET', url: '/x?watch=true', headers: {} } });
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  sandbox.flow(50, { start: true });
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(batches(messages).slice(before)).toMatchObject([
    { durable: [{ type: 'answer', id: 50, value: { kind: 'stream' } }], isUrgent: true },
    { durable: [{ type: 'flow', id: 50, flow: { chunk: expect.stringContaining('"ADDED"') } }], isUrgent: false },
  ]);
});

test('what happened by itself in one turn is in rows of bounded size, and what a keystroke did is in one', async () => {
  const state = { listener: undefined as SessionListener | undefined };
  const factory: SessionFactory = {
    ...stubSessions,
    create: (lab, seed, listener, around) => stubSessions.create(lab, seed, (state.listener = listener), around),
  };
  const { messages, type } = await open(fresh, { factory });
  await type('a', 1);
  const before = batches(messages).length;
  const burst = () => {
    for (let count = 0; count < 64; count++)
      state.listener?.onChange({ type: 'session', at: 0, change: { padding: 'x'.repeat(16 << 10) } });
  };
  burst();
  await new Promise((resolve) => setImmediate(resolve));
  const rows = batches(messages).slice(before);
  expect(rows.length).toBeGreaterThanOrEqual(4);
  for (const { changes = '' } of rows) expect(changes.length).toBeLessThan(300 << 10);
  expect(rows.flatMap(({ changes = '' }) => JSON.parse(changes) as unknown[])).toHaveLength(64);
  expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, index) => (rows[0]?.sequence ?? 0) + index));

  const typed = type('b', 2);
  burst();
  await typed;
  const keystroke = batches(messages).find(({ changes = '' }) => changes.includes('"sequence":2'));
  expect(JSON.parse(keystroke?.changes ?? '[]')).toHaveLength(66);
});
