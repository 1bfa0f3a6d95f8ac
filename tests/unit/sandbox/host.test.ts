import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { clearSandboxState, type Database } from '@/lib/db';
import type { SessionMessage } from '@/lib/labs/hosted-session';
import { SandboxHost } from '@/lib/sandbox/host';
import { bundled } from '../../support/bundled';
import { openTestDatabase } from '../../support/database';
import { addContent, addSandbox, addUser } from '../../support/learning';

let database: Database;
let labRevisionId: number;
let workerFile: string;
let userId: string;
const hosts: SandboxHost[] = [];

beforeAll(async () => {
  mkdirSync('dist', { recursive: true });
  [database, workerFile] = await Promise.all([openTestDatabase(), bundled('stub-worker.ts')]);
  ({ labRevisionId } = await addContent(database.client));
  userId = await addUser(database.client);
});
afterEach(() => Promise.all(hosts.splice(0).map((host) => host.stop())));
afterAll(async () => {
  rmSync(dirname(workerFile), { recursive: true });
  await database.close();
});

async function start(options: { owner?: string; hungMs?: number; workers?: number } = {}): Promise<SandboxHost> {
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
  await host.join(id, {});
  await database.client.sandbox.update({ where: { id }, data: { fence: { increment: 1 }, owner: 'other' } });
  await expect(type(host, id, 'x', 1)).rejects.toThrow('another server');
  expect(heard).toContainEqual({ name: 'sandbox:status', payload: { type: 'restoring', reason: 'Another server has taken over.' } });
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

function isRunningAgain(messages: readonly SessionMessage[]): boolean {
  const statuses = messages.flatMap((message) => (message.name === 'sandbox:status' ? [message.payload.type] : []));
  return statuses.includes('restoring') && statuses.at(-1) === 'running';
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
