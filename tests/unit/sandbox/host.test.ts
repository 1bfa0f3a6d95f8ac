import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { clearSandboxState, type Database, type Db } from '@/lib/db';
import type { SessionMessage } from '@/lib/labs/hosted-session';
import { SandboxHost, type HostOptions } from '@/lib/sandbox/host';
import { bundled } from '../../support/bundled';
import { openTestDatabase } from '../../support/database';
import { addContent, addSandbox, addUser } from '../../support/learning';

let database: Database;
let labRevisionId: number;
let workerFile: string;
let countingWorker: string;
let userId: string;
const hosts: SandboxHost[] = [];

beforeAll(async () => {
  mkdirSync('dist', { recursive: true });
  [database, workerFile, countingWorker] = await Promise.all([
    openTestDatabase(),
    bundled('stub-worker.ts'),
    bundled('counting-worker.ts'),
  ]);
  ({ labRevisionId } = await addContent(database.client));
  userId = await addUser(database.client);
});
afterEach(() => Promise.all(hosts.splice(0).map((host) => host.stop())));
afterAll(async () => {
  for (const file of [workerFile, countingWorker]) rmSync(dirname(file), { recursive: true });
  await database.close();
});

async function start(options: Partial<HostOptions> = {}): Promise<SandboxHost> {
  const host = new SandboxHost({ client: database.client, workerFile, workers: 1, owner: 'test', ...options });
  await host.ready;
  hosts.push(host);
  return host;
}

/** Ends a host as kill -9 would: nothing is said, nothing is saved. */
async function kill(host: SandboxHost): Promise<void> {
  hosts.splice(hosts.indexOf(host), 1);
  await host.abandon();
}

const newSandbox = async () => (await addSandbox(database.client, userId, labRevisionId)).sandboxId;
const type = (host: SandboxHost, id: string, text: string, sequence: number) =>
  host.ask(id, 'terminal:input', { terminal: 'main', page: 'page', sequence, text });
const screen = async (host: SandboxHost, id: string) => (await host.join(id, {})).state.terminals[0]?.text;

function messagesOf(host: SandboxHost, id: string): SessionMessage[] {
  const messages: SessionMessage[] = [];
  host.listen(id, (message) => void messages.push(message));
  return messages;
}

test('a sandbox starts when somebody joins, and everyone who listens hears it', async () => {
  const host = await start();
  const id = await newSandbox();
  const messages = messagesOf(host, id);
  expect((await host.join(id, {})).state.terminals).toMatchObject([{ terminal: 'main', text: '' }]);
  await type(host, id, 'ls', 1);
  expect(messages).toContainEqual({ name: 'terminal:output', payload: { terminal: 'main', offset: 0, text: 'ls' } });
});

test('what was answered is there after the server was killed', async () => {
  const first = await start();
  const id = await newSandbox();
  for (let sequence = 1; sequence <= 20; sequence++) await type(first, id, `${sequence};`, sequence);
  await kill(first);
  const second = await start();
  expect(await screen(second, id)).toBe(Array.from({ length: 20 }, (_, index) => `${index + 1};`).join(''));
});

test('a host takes its own sandboxes back at once after a restart, another host must wait for the lease', async () => {
  const first = await start({ owner: 'a' });
  const id = await newSandbox();
  await type(first, id, 'x', 1);
  await kill(first);
  const other = await start({ owner: 'b' });
  await expect(other.join(id, {})).rejects.toThrow('open on another server');
  const again = await start({ owner: 'a' });
  expect(await screen(again, id)).toBe('x');
});

test('a graceful stop keeps everything and frees the sandbox for any host', async () => {
  const first = await start({ owner: 'a' });
  const id = await newSandbox();
  await type(first, id, 'x', 1);
  hosts.splice(hosts.indexOf(first), 1);
  await first.stop();
  expect(await screen(await start({ owner: 'b' }), id)).toBe('x');
});

test('a sandbox that runs away is stopped and restored, its neighbour only pauses', async () => {
  const host = await start({ hungMs: 1500 });
  const [wild, calm] = [await newSandbox(), await newSandbox()];
  const [heard, heardByCalm] = [messagesOf(host, wild), messagesOf(host, calm)];
  await type(host, calm, 'calm', 1);
  await type(host, wild, 'before;', 1);
  await expect(type(host, wild, 'hang', 2)).rejects.toThrow('restored');
  await until(() => isRunningAgain(heard) && isRunningAgain(heardByCalm));
  expect(heard).toContainEqual({ name: 'sandbox:status', payload: { type: 'restoring', reason: 'It ran away and was stopped.' } });
  expect(heardByCalm).toContainEqual({ name: 'sandbox:status', payload: { type: 'restoring', reason: 'Its worker was restarted.' } });
  expect(await screen(host, wild)).toBe('before;');
  expect(await screen(host, calm)).toBe('calm');
}, 20_000);

test('a sandbox that breaks twice in a row stays stopped until it is reset', async () => {
  const host = await start();
  const id = await newSandbox();
  const heard = messagesOf(host, id);
  await type(host, id, 'break', 1);
  await until(() => isRunningAgain(heard));
  await type(host, id, 'break', 2);
  await until(() => heard.some((message) => message.name === 'sandbox:status' && message.payload.type === 'stopped'));
  await expect(host.join(id, {})).rejects.toThrow('twice in a row');
  await host.reset(id);
  expect(await screen(host, id)).toBe('');
}, 20_000);

test('a sandbox that takes its thread along twice stays stopped, and its neighbour is back each time', async () => {
  const host = await start();
  const [wild, calm] = [await newSandbox(), await newSandbox()];
  const [heard, heardByCalm] = [messagesOf(host, wild), messagesOf(host, calm)];
  await type(host, calm, 'calm', 1);
  await type(host, wild, 'before;', 1);
  await expect(type(host, wild, 'die', 2)).rejects.toThrow('restored');
  await until(() => isRunningAgain(heard) && isRunningAgain(heardByCalm));
  expect(await screen(host, wild)).toBe('before;');
  await expect(type(host, wild, 'die', 2)).rejects.toThrow('restored');
  await until(() => heard.some((message) => message.name === 'sandbox:status' && message.payload.type === 'stopped'));
  await until(() => isRunningAgain(heardByCalm));
  expect(await screen(host, calm)).toBe('calm');
  await expect(host.join(wild, {})).rejects.toThrow('twice in a row');
}, 20_000);

test('a command in a container whose worker ends is lost, and its client hears that it is', async () => {
  const host = await start();
  const id = await newSandbox();
  const { connect, whenLost } = await host.api(id, { method: 'GET', url: '/pods/one/exec?forever', headers: {} });
  const heard: string[] = [];
  const lost = new Promise<void>((resolve) => whenLost?.(resolve));
  await new Promise<void>((made) =>
    connect?.start({ stdout: () => made(), stderr: () => undefined, exit: () => void heard.push('command ends') }),
  );
  await expect(type(host, id, 'die', 1)).rejects.toThrow('restored');
  await lost;
  expect(heard).toEqual([]);
}, 20_000);

test('a reset starts from the beginning, and offsets of before count for nothing', async () => {
  const host = await start();
  const id = await newSandbox();
  const before = await host.join(id, {});
  await type(host, id, 'old words', 1);
  await host.reset(id);
  await type(host, id, 'new', 1);
  const { incarnation, state } = await host.join(id, { main: 2 }, before.incarnation);
  expect(incarnation).toBe(before.incarnation + 1);
  expect(state.terminals).toMatchObject([{ offset: 0, text: 'new' }]);
});

test('a submission is graded once for a key, however often it is sent', async () => {
  const host = await start();
  const id = await newSandbox();
  await type(host, id, 'tick!', 1);
  const key = randomUUID();
  const [first, second] = await Promise.all([host.submit(id, key), host.submit(id, key)]);
  await type(host, id, 'tick!', 2);
  expect(second).toEqual(first);
  expect(await host.submit(id, key)).toEqual(first);
  expect((await host.submit(id, randomUUID())).score).toBe(first.score + 1);
});

test('a host that lost its sandbox to another stops it and keeps nothing more of it', async () => {
  const host = await start();
  const id = await newSandbox();
  const heard = messagesOf(host, id);
  await type(host, id, 'mine', 1);
  await database.client.sandbox.update({ where: { id }, data: { fence: { increment: 1 }, owner: 'other' } });
  await expect(type(host, id, 'not mine', 2)).rejects.toThrow('another server');
  expect(heard).toContainEqual({ name: 'sandbox:status', payload: { type: 'restoring', reason: 'Another server has taken over.' } });
  await pause(20);
  expect(heard.flatMap(({ name, payload }) => (name === 'terminal:output' ? [payload.text] : []))).toEqual(['mine']);
  await clearSandboxState(database.client, id);
});

test('the cluster API of a sandbox is answered through its thread, watches included', async () => {
  const host = await start();
  const id = await newSandbox();
  expect(await host.api(id, { method: 'POST', url: '/a', headers: {}, body: '1' })).toMatchObject({ status: 201 });
  const { stream } = await host.api(id, { method: 'GET', url: '/a?watch=1', headers: {} });
  const chunk = await new Promise((resolve) => stream?.start({ write: resolve, end: () => {} }));
  expect(JSON.parse(String(chunk))).toMatchObject({ type: 'ADDED', object: { '/a': '1' } });
});

/** A database whose raw statements (the journal's) wait while the gate is shut. */
function gated(client: Db): { client: Db; shut(): void; open(): void; statements(): number } {
  let gate = Promise.resolve();
  let raise: () => void = () => undefined;
  let statements = 0;
  const queryRaw = async (...args: Parameters<Db['$queryRaw']>) => {
    statements++;
    await gate;
    return client.$queryRaw(...args);
  };
  return {
    client: new Proxy(client, { get: (target, name) => (name === '$queryRaw' ? queryRaw : Reflect.get(target, name)) }),
    shut: () => void (gate = new Promise((resolve) => (raise = resolve))),
    open: () => raise(),
    statements: () => statements,
  };
}

const write = (host: SandboxHost, id: string, value: string) =>
  host.api(id, { method: 'POST', url: '/a', headers: {}, body: value }).then(({ status }) => status);

test('what a person or an outside client writes or reads is answered once it is in the database, and not before', async () => {
  const gate = gated(database.client);
  const host = await start({ client: gate.client });
  const id = await newSandbox();
  await host.join(id, {});
  await write(host, id, '1');
  gate.shut();
  const answered: string[] = [];
  const asked = [
    write(host, id, '2').then(() => answered.push('write')),
    type(host, id, 'ls', 1).then(() => answered.push('key')),
    host.ask(id, 'file:write', { path: 'a', text: 'b' }).then(() => answered.push('file')),
    host.api(id, { method: 'GET', url: '/a', headers: {} }).then(({ body }) => answered.push(`read ${String(body).trim()}`)),
  ];
  await pause(100);
  expect(answered).toEqual([]);
  gate.open();
  await Promise.all(asked);
  expect(answered.sort()).toEqual(['file', 'key', 'read {"value":"2"}', 'write']);
});

test('writes of many people that come while one is being kept go into the database together', async () => {
  const gate = gated(database.client);
  const host = await start({ client: gate.client });
  const ids = await Promise.all([newSandbox(), newSandbox(), newSandbox()]);
  for (const id of ids) await write(host, id, '0');
  const before = gate.statements();
  gate.shut();
  const asked = ids.flatMap((id) => [1, 2, 3, 4].map((number) => write(host, id, String(number))));
  await pause(100);
  gate.open();
  await Promise.all(asked);
  expect(gate.statements() - before).toBeLessThanOrEqual(3);
  await kill(host);
  const again = await start();
  for (const id of ids)
    expect(JSON.parse(String((await again.api(id, { method: 'GET', url: '/a', headers: {} })).body))).toEqual({ value: '4' });
});

test('what controllers write waits for nothing and is waited for by nobody, and comes into the database a little later', async () => {
  const gate = gated(database.client);
  const host = await start({ client: gate.client });
  const id = await newSandbox();
  await host.join(id, {});
  const now = async () => (await host.join(id, {})).state.clock.now;
  const before = await now();
  gate.shut();
  while ((await now()) < before + 2_100) await pause(50);
  gate.open();
  const rows = () => database.client.sandboxJournal.count({ where: { sandboxId: id } });
  while ((await rows()) < 2) await pause(20);
});

test('while the database is away the clock of a sandbox that writes on stands, its page hears why, and all of it is kept in order when the database is back', async () => {
  const state = { isDown: false };
  const $queryRaw = async (...args: Parameters<Db['$queryRaw']>) => {
    if (state.isDown) throw new Error('the database is down');
    return database.client.$queryRaw(...args);
  };
  const client = new Proxy(database.client, { get: (target, name) => (name === '$queryRaw' ? $queryRaw : Reflect.get(target, name)) });
  const host = await start({ client });
  const id = await newSandbox();
  const heard = messagesOf(host, id);
  const clocks = () => heard.flatMap((message) => (message.name === 'clock:state' ? [message.payload.isHeld ?? false] : []));
  const floods = async (of = host) =>
    JSON.parse(String((await of.api(id, { method: 'GET', url: '/floods', headers: {} })).body)) as readonly number[];
  const look = async () => {
    const { clock, view } = (await host.join(id, {})).state;
    return [clock.now, view.revision] as const;
  };

  const [, before] = await look();
  state.isDown = true;
  const typed = type(host, id, 'flood', 1);
  await until(() => clocks().includes(true));
  const [stood, written] = await look();
  expect((written - before - 1) * (256 << 10)).toBeLessThanOrEqual((4 << 20) + (256 << 10));
  const late = type(host, id, 'flood', 2);
  await pause(500);
  expect(await look()).toEqual([stood, written]);

  state.isDown = false;
  await Promise.all([typed, late]);
  await until(() => clocks().at(-1) === false);
  expect((await look())[0]).toBeGreaterThanOrEqual(stood);
  const all = await floods();
  expect(all).toEqual(all.map((_, index) => index));
  await host.ask(id, 'file:write', { path: 'a', text: 'last' });
  const rows = await database.client.sandboxJournal.findMany({ where: { sandboxId: id }, orderBy: { sequence: 'asc' } });
  expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, index) => (rows[0]?.sequence ?? 0) + index));
  await kill(host);
  expect(await floods(await start())).toEqual(all);
}, 30_000);

test('a sandbox that nobody uses goes to sleep and its session is gone from the memory of its worker', async () => {
  const host = await start({ workerFile: countingWorker, idleMs: 150, tickMs: 20 });
  const [sleeper, watched] = [await newSandbox(), await newSandbox()];
  await type(host, sleeper, 'good night', 1);
  messagesOf(host, watched);
  const alive = async () => JSON.parse(String((await host.api(watched, { method: 'GET', url: '/alive', headers: {} })).body)) as number;
  expect(await alive()).toBe(2);
  while (host.awake > 1 || (await alive()) > 1) await pause(20);
  expect(await database.client.sandbox.findUnique({ where: { id: sleeper } })).toMatchObject({ owner: null });
  expect(await screen(host, sleeper)).toBe('good night');
});

test('a sandbox that slept comes back in whichever worker has room, and its time has stood still', async () => {
  const host = await start({ workers: 2, idleMs: 100, tickMs: 20 });
  const [sleeper, other] = [await newSandbox(), await newSandbox()];
  const before = await host.join(sleeper, {});
  await type(host, sleeper, 'good night', 1);
  while (host.awake > 0) await pause(20);
  messagesOf(host, other);
  await host.join(other, {});
  await pause(1_000);
  const after = await host.join(sleeper, {}, before.incarnation);
  expect(after.incarnation).toBe(before.incarnation);
  expect(after.state.terminals).toMatchObject([{ text: 'good night' }]);
  expect(after.state.clock.now).toBeLessThan(before.state.clock.now + 900);
});

/** Resolves in the moment in which the last one begins to close. */
async function dozing(host: SandboxHost): Promise<void> {
  while (host.awake > 0) await new Promise((resolve) => setImmediate(resolve));
}

test('a server that stops while a sandbox is going to sleep waits for it, and leaves it free for any other', async () => {
  const host = await start({ idleMs: 20, tickMs: 5 });
  const id = await newSandbox();
  await type(host, id, 'good night', 1);
  await dozing(host);
  await host.stop();
  expect(await database.client.sandbox.findUnique({ where: { id } })).toMatchObject({ owner: null });
});

test('a sandbox that somebody comes back to while it is going to sleep is there when it has', async () => {
  const host = await start({ idleMs: 20, tickMs: 1 });
  const id = await newSandbox();
  for (let sequence = 1; sequence <= 20; sequence++) {
    await type(host, id, `${sequence};`, sequence);
    await dozing(host);
    await pause(sequence % 4);
  }
  expect(await screen(host, id)).toBe(Array.from({ length: 20 }, (_, index) => `${index + 1};`).join(''));
});

test('a sandbox with an open watch does not go to sleep, and its watch goes on', async () => {
  const host = await start({ idleMs: 50, tickMs: 20 });
  const id = await newSandbox();
  const { stream } = await host.api(id, { method: 'GET', url: '/a?watch=1', headers: {} });
  let hasEnded = false;
  const hangUp = stream?.start({ write: () => {}, end: () => void (hasEnded = true) });
  await pause(300);
  expect([host.awake, hasEnded]).toEqual([1, false]);
  hangUp?.();
  while (host.awake > 0) await pause(20);
});

test('damage is told to whoever comes first, also when a client of the API woke the sandbox before', async () => {
  const first = await start();
  const id = await newSandbox();
  for (const [index, text] of ['a', 'b', 'c'].entries()) await type(first, id, text, index + 1);
  await kill(first);
  const newest = await database.client.sandboxJournal.findFirstOrThrow({ where: { sandboxId: id }, orderBy: { sequence: 'desc' } });
  await database.client.sandboxJournal.update({
    where: { sandboxId_sequence: { sandboxId: id, sequence: newest.sequence } },
    data: { changes: newest.changes.slice(0, -3) },
  });
  const second = await start();
  await second.api(id, { method: 'GET', url: '/a', headers: {} });
  const [heard, later] = [messagesOf(second, id), messagesOf(second, id)];
  expect(heard).toMatchObject([{ name: 'sandbox:notice', payload: { level: 'warning', text: expect.stringContaining('was damaged') } }]);
  expect(later).toEqual([]);
  expect(await screen(second, id)).toBe('ab');
});

function isRunningAgain(messages: readonly SessionMessage[]): boolean {
  const statuses = messages.flatMap((message) => (message.name === 'sandbox:status' ? [message.payload.type] : []));
  return statuses.includes('restoring') && statuses.at(-1) === 'running';
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
