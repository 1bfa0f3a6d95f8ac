import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Viewer } from '@/lib/accounts';
import type { Db } from '@/lib/db';
import type { SessionMessage } from '@/lib/labs/hosted-session';
import { connectSandbox, type Connection, type SandboxConnection } from '@/lib/realtime/client';
import type { JoinResult } from '@/lib/realtime/events';
import { serveRealtime, type RealtimeHost } from '@/lib/realtime/server';

const sandboxId = randomUUID();
const owner: Viewer = { userId: 'ada', name: 'Ada', email: undefined, role: 'learner', isGuest: true };

/** A host whose one terminal echoes, and that forgets nothing when its server goes away. */
class FakeHost implements RealtimeHost {
  text = '';
  incarnation = 0;
  readonly inputs: string[] = [];
  readonly applied = new Map<string, number>();
  readonly listeners = new Set<(message: SessionMessage) => void>();
  /** Applies input, but the answer never arrives: the line was cut just then. */
  isAnswering = true;
  interruptedAt: number | undefined;

  async join(_: string, terminals: Readonly<Record<string, number>>, incarnation?: number) {
    const offset = incarnation === this.incarnation ? Math.min(terminals['1'] ?? 0, this.text.length) : 0;
    const view = { revision: 0, now: 0, nodes: [], pods: [], workloads: [], services: [], events: [] };
    const terminal = {
      terminal: '1',
      title: 'workstation',
      offset,
      text: this.text.slice(offset),
      sequence: 0,
      ...(this.interruptedAt === undefined ? {} : { interruptedAt: this.interruptedAt }),
    };
    return {
      incarnation: this.incarnation,
      state: { clock: { now: 0, isPaused: false, speed: 1 }, view, terminals: [terminal], files: [], checks: [], editor: null },
    };
  }

  async ask(_: string, name: string, request: object): Promise<never> {
    const { text = '', page = '', sequence = 0 } = request as { text?: string; page?: string; sequence?: number };
    if (name !== 'terminal:input') return { asked: name } as never;
    if (sequence > (this.applied.get(page) ?? 0)) this.#apply(page, sequence, text);
    if (!this.isAnswering) await new Promise(() => {});
    return { sequence } as never;
  }

  submit = async () => {
    throw new Error('nothing to grade');
  };
  reset = async () => {
    this.text = '';
    this.incarnation++;
  };
  status = () => ({ type: 'running' }) as const;

  listen(_: string, listener: (message: SessionMessage) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(message: SessionMessage): void {
    for (const listener of this.listeners) listener(message);
  }

  #apply(page: string, sequence: number, text: string): void {
    this.applied.set(page, sequence);
    this.inputs.push(text);
    const offset = this.text.length;
    this.text += text;
    this.tell({ name: 'terminal:output', payload: { terminal: '1', offset, text } });
  }
}

/** The rows that admission looks at: one attempt, Ada's. */
const db = {
  attempt: {
    findUnique: async ({ where }: { where: { sandboxId: string } }) =>
      where.sandboxId === sandboxId ? { userId: 'ada', submissions: [] } : null,
  },
} as unknown as Db;

const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(
  host: FakeHost,
  viewer: Viewer | undefined = owner,
  port = 0,
): Promise<{ url: string; port: number; drop(): Promise<void> }> {
  const server: Server = createServer();
  const realtime = serveRealtime(server, { host, db, viewerOf: async () => viewer });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  let isDown = false;
  const drop = async () => {
    if (isDown) return;
    isDown = true;
    await realtime.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  closing.push(drop);
  const taken = (server.address() as AddressInfo).port;
  return { url: `http://127.0.0.1:${taken}`, port: taken, drop };
}

/** A page: what it was told, and what its terminal shows. */
function open(url: string, id = sandboxId) {
  const link: SandboxConnection = connectSandbox(id, url);
  const page = {
    link,
    screen: '',
    joins: [] as JoinResult[],
    connection: 'connecting' as Connection,
    reason: undefined as string | undefined,
  };
  closing.push(
    link.listen({
      onConnection: (connection, reason) => {
        page.connection = connection;
        page.reason = reason;
      },
      onJoin(state) {
        page.joins.push(state);
        const { offset = 0, text = '' } = state.terminals[0] ?? {};
        page.screen = page.screen.slice(0, offset) + text;
      },
      onMessage: (message) => {
        if (message.name === 'terminal:output') page.screen = page.screen.slice(0, message.payload.offset) + message.payload.text;
      },
    }),
  );
  return page;
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 400) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a page that joins gets the state, types, and hears the effect', async () => {
  const host = new FakeHost();
  const page = open((await serve(host)).url);
  await until(() => page.connection === 'live');
  page.link.type('1', 'ls');
  await until(() => page.screen === 'ls');
  expect(page.joins[0]).toMatchObject({ sandboxId, isReadOnly: false, submissions: [], status: { type: 'running' } });
});

test('what is typed while the line is down arrives once it is up, in order and once', async () => {
  const host = new FakeHost();
  const first = await serve(host);
  const page = open(first.url);
  await until(() => page.connection === 'live');
  page.link.type('1', 'a');
  await until(() => page.screen === 'a');
  host.isAnswering = false;
  page.link.type('1', 'b');
  await until(() => page.screen === 'ab');
  await first.drop();
  await until(() => page.connection === 'reconnecting');
  page.link.type('1', 'c');
  host.isAnswering = true;
  await serve(host, owner, first.port);
  await until(() => page.screen === 'abc');
  expect(host.inputs).toEqual(['a', 'b', 'c']);
  expect(page.joins[1]?.terminals[0]).toMatchObject({ offset: 2, text: '' });
}, 20_000);

test('what was typed to a command that a restore has interrupted does not go to the prompt that is there instead', async () => {
  const host = new FakeHost();
  const first = await serve(host);
  const page = open(first.url);
  await until(() => page.connection === 'live');
  page.link.type('1', 'sh\r');
  await until(() => page.screen === 'sh\r');
  await first.drop();
  await until(() => page.connection === 'reconnecting');
  page.link.type('1', 'rm -rf data\r');
  host.interruptedAt = host.text.length;
  host.text += '[interrupted]';
  const second = await serve(host, owner, first.port);
  await until(() => page.connection === 'live');
  page.link.type('1', 'ls\r');
  await until(() => page.screen.endsWith('ls\r'));
  await second.drop();
  page.link.type('1', 'pwd\r');
  await serve(host, owner, first.port);
  await until(() => page.screen.endsWith('pwd\r'));
  expect(host.inputs).toEqual(['sh\r', 'ls\r', 'pwd\r']);
  expect(host.applied.size).toBe(2);
}, 20_000);

test('a reset is joined again from the first character', async () => {
  const host = new FakeHost();
  const page = open((await serve(host)).url);
  await until(() => page.connection === 'live');
  page.link.type('1', 'old words');
  await until(() => page.screen === 'old words');
  await page.link.ask('sandbox:reset', {});
  expect(page.joins.at(-1)).toMatchObject({ incarnation: 1, terminals: [{ offset: 0, text: '' }] });
  expect(page.screen).toBe('');
});

test('a sandbox that was restored is joined again', async () => {
  const host = new FakeHost();
  const page = open((await serve(host)).url);
  await until(() => page.connection === 'live');
  host.tell({ name: 'sandbox:status', payload: { type: 'restoring', reason: 'Its worker was restarted.' } });
  host.tell({ name: 'sandbox:status', payload: { type: 'running' } });
  await until(() => page.joins.length === 2);
});

test('nobody gets a connection without being somebody', async () => {
  const server = createServer();
  const realtime = serveRealtime(server, { host: new FakeHost(), db, viewerOf: async () => undefined });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(
    () => {
      server.closeAllConnections();
      server.close();
    },
    () => realtime.close(),
  );
  const page = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await until(() => page.connection === 'refused');
  expect(page.reason).toContain('Nobody is signed in');
});

test("somebody else's sandbox is as if it were not there", async () => {
  const page = open((await serve(new FakeHost(), { ...owner, userId: 'eve' })).url);
  await until(() => page.connection === 'refused');
  expect(page.reason).toBe('There is no such sandbox.');
});

test('an instructor may look at a sandbox, back into its past too, and change nothing in it', async () => {
  const host = new FakeHost();
  const page = open((await serve(host, { ...owner, userId: 'grace', role: 'instructor' })).url);
  await until(() => page.connection === 'live');
  expect(page.joins[0]?.isReadOnly).toBe(true);
  await expect(page.link.ask('history:look', { at: 1 })).resolves.toEqual({ asked: 'history:look' });
  await expect(page.link.ask('file:write', { path: 'a', text: 'b' })).rejects.toThrow('over a shoulder');
  await expect(page.link.ask('sandbox:reset', {})).rejects.toThrow('over a shoulder');
});

test('a message that is not understood is answered, and reaches no sandbox', async () => {
  const host = new FakeHost();
  const page = open((await serve(host)).url);
  await until(() => page.connection === 'live');
  await expect(page.link.ask('clock:set', { action: 'explode' } as never)).rejects.toThrow('clock:set was not understood.');
  await expect(page.link.ask('file:read', { path: '' })).rejects.toThrow('not understood');
});

test('what a sandbox throws is an answer too', async () => {
  const page = open((await serve(new FakeHost())).url);
  await until(() => page.connection === 'live');
  await expect(page.link.ask('lab:submit', { key: '12345678' })).rejects.toThrow('nothing to grade');
});
