import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type ClientHttp2Session } from 'node:http2';
import { createConnection } from 'node:net';
import { EtcdError, type EtcdServer } from '@/lib/cluster';
import { createRpcServer, type RpcError, type Sink } from '@/lib/sandbox/etcd/grpc';
import { methods } from '@/lib/sandbox/etcd/messages';
import { serveEtcd } from '@/lib/sandbox/etcd/methods';
import { watch } from '@/lib/sandbox/etcd/streams';
import { decode, encode, type Message } from '@/lib/sandbox/etcd/wire';
import { EtcdGroup } from '../../support/etcd-group';

const shape = methods['/etcdserverpb.Watch/Watch'];

interface Event {
  readonly type?: string;
  readonly kv: { readonly key: string; readonly mod_revision: number };
  readonly prev_kv?: { readonly value: string };
}

/** A client that reads when it is told to, and has room for so many answers before. */
class Client implements Sink {
  readonly answers: Message[] = [];
  readonly #room: number;
  #unread: Message[] = [];
  #listeners: (() => void)[] = [];
  queuedMax = 0;
  error: RpcError | undefined;

  constructor(room = Infinity) {
    this.#room = room;
  }

  write(message: Message): boolean {
    this.#unread.push(message);
    this.queuedMax = Math.max(this.queuedMax, this.#unread.length);
    return this.#unread.length < this.#room;
  }

  onDrain(listener: () => void): void {
    this.#listeners.push(listener);
  }

  end(error?: RpcError): void {
    this.error = error;
  }

  read(): this {
    while (this.#unread.length > 0) {
      this.answers.push(...this.#unread);
      this.#unread = [];
      for (const listener of this.#listeners) listener();
    }
    return this;
  }

  eventsOf(id: number): readonly Event[] {
    return this.answers.flatMap(({ watch_id: of, events = [] }) => (of === id ? (events as readonly Event[]) : []));
  }
}

function revisionsOf(events: readonly Event[]): readonly number[] {
  return events.map(({ kv }) => kv.mod_revision);
}

function upTo(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function alone(): EtcdServer {
  return new EtcdGroup({ size: 1 }).member('cp-1');
}

test('a watch from the past tells of a revision with many events, however many, in one answer', () => {
  const member = alone();
  for (let count = 0; count < 150_000; count++) member.put(`k${count}`, 1);
  const { revision } = member.deleteRange('k', { end: 'l' });
  const client = new Client();
  const talk = watch(member, client);
  talk.message({ create_request: { key: 'k', range_end: 'l', start_revision: revision } });
  expect(client.read().answers.map(({ events }) => (events as readonly unknown[] | undefined)?.length)).toEqual([undefined, 150_000]);
  talk.close();
});

test('a watch from the past is told a thousand revisions at a time, or half a megabyte', () => {
  const member = alone();
  for (let count = 0; count < 2_500; count++) member.put('k', count);
  for (let count = 0; count < 3; count++) member.put('large', 'x'.repeat(400_000));
  const client = new Client();
  const talk = watch(member, client);
  talk.message({ create_request: { key: 'k', range_end: 'm', start_revision: 2 } });
  expect(
    client
      .read()
      .answers.slice(1)
      .map(({ events }) => (events as readonly unknown[]).length),
  ).toEqual([1_000, 1_000, 502, 1]);
  talk.close();
});

test('who does not read has a few answers kept for them, and misses nothing', () => {
  const member = alone();
  const client = new Client(3);
  const talk = watch(member, client);
  talk.message({ create_request: { key: 'a', watch_id: 1 } });
  talk.message({ create_request: { key: 'a', watch_id: 2, prev_kv: true, filters: ['NODELETE'] } });
  for (let count = 0; count < 20_000; count++) {
    if (count % 10 === 9) member.deleteRange('a');
    else member.put('a', String(count));
  }
  expect(client.queuedMax).toBeLessThan(5);
  client.read();
  const last = member.revision;
  expect(revisionsOf(client.eventsOf(1))).toEqual(upTo(2, last));
  expect(revisionsOf(client.eventsOf(2))).toEqual(upTo(2, last).filter((revision) => (revision - 2) % 10 !== 9));
  expect(client.eventsOf(2).map((event) => event.prev_kv?.value)).toEqual(
    client.eventsOf(2).map(({ kv }) => ((kv.mod_revision - 2) % 10 === 0 ? undefined : String(kv.mod_revision - 3))),
  );
  member.put('a', 'live');
  expect(client.read().eventsOf(1).at(-1)).toMatchObject({ type: 'PUT', kv: { mod_revision: last + 1, value: 'live' } });
  talk.close();
});

test('who comes back after what they missed is compacted is told at what revision, and the others go on', () => {
  const member = alone();
  const client = new Client(3);
  const talk = watch(member, client);
  talk.message({ create_request: { key: 'a', watch_id: 1 } });
  talk.message({ create_request: { key: 'quiet', watch_id: 2 } });
  for (let count = 0; count < 100; count++) member.put('a', count);
  member.compact(90);
  client.read();
  expect(client.answers.at(-1)).toMatchObject({ watch_id: 1, canceled: true, compact_revision: 90, header: { revision: 0 } });
  member.put('quiet', 1);
  member.put('a', 1);
  client.read();
  expect(client.answers.at(-1)).toMatchObject({ watch_id: 2, events: [{ kv: { key: 'quiet' } }] });
  talk.close();
});

test('progress is told of no watch that is behind', () => {
  const group = new EtcdGroup({ size: 1 });
  const member = group.member('cp-1');
  const client = new Client(2);
  const talk = watch(member, client);
  const progress = () => talk.message({ progress_request: {} });
  progress();
  expect(client.read().answers).toEqual([]);
  talk.message({ create_request: { key: 'a', watch_id: 1, progress_notify: true } });
  progress();
  for (let count = 0; count < 10; count++) member.put('a', count);
  progress();
  group.kernel.runFor(600_000);
  client.read();
  expect(client.answers.map(({ watch_id: id, created, events }) => [id, created === true, (events as readonly unknown[])?.length])).toEqual(
    [
      [1, true, undefined],
      [-1, false, undefined],
      [1, false, 10],
    ],
  );
  group.kernel.runFor(600_000);
  progress();
  client.read();
  expect(client.answers.slice(3)).toMatchObject([
    { watch_id: 1, events: [], header: { revision: member.revision } },
    { watch_id: -1, header: { revision: member.revision } },
  ]);
  talk.message({ create_request: { key: 'a', watch_id: 2, start_revision: member.revision + 5 } });
  client.read();
  progress();
  expect(client.read().answers.slice(5)).toMatchObject([{ watch_id: 2, created: true }]);
  talk.close();
});

test('progress that its client has no room for puts a watch behind nothing', () => {
  const group = new EtcdGroup({ size: 1 });
  const client = new Client(2);
  const talk = watch(group.member('cp-1'), client);
  talk.message({ create_request: { key: 'a', watch_id: 1, progress_notify: true } });
  group.member('cp-1').put('a', 1);
  group.kernel.runFor(1_200_000);
  expect(client.read().answers.slice(1)).toMatchObject([{ watch_id: 1, events: [{ kv: { mod_revision: 2 } }] }]);
  talk.close();
});

test('a watch that is behind can be cancelled', () => {
  const member = alone();
  const client = new Client(2);
  const talk = watch(member, client);
  talk.message({ create_request: { key: 'a', watch_id: 1 } });
  for (let count = 0; count < 10; count++) member.put('a', count);
  talk.message({ cancel_request: { watch_id: 1 } });
  expect(client.read().answers.slice(1)).toMatchObject([{ events: [{}] }, { watch_id: 1, canceled: true }]);
  talk.close();
});

test('a watch that is behind ends when it may not go on, and the stream when its member is away', () => {
  const member = alone();
  let refusal: EtcdError | undefined;
  const server = new Proxy(member, {
    get(target, name) {
      if (name === 'watch' && refusal) throw refusal;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const client = new Client(2);
  const talk = watch(server, client);
  const fallBehind = (id: number) => {
    talk.message({ create_request: { key: 'a', watch_id: id } });
    for (let count = 0; count < 3; count++) member.put('a', count);
  };
  fallBehind(1);
  refusal = new EtcdError('PermissionDenied', 'etcdserver: permission denied');
  expect(client.read().answers.at(-1)).toMatchObject({
    watch_id: 1,
    canceled: true,
    cancel_reason: 'rpc error: code = PermissionDenied desc = etcdserver: permission denied',
  });
  refusal = undefined;
  fallBehind(1);
  expect(client.error).toBeUndefined();
  refusal = new EtcdError('Unavailable', 'etcdserver: server stopped');
  client.read();
  expect(client.error).toMatchObject({ code: 'Unavailable', message: 'etcdserver: server stopped' });
});

/** Over HTTP/2: what the server has written and the client, which has room for little, has not read is in the server's memory. */
async function served(member: EtcdServer, during: (session: ClientHttp2Session, written: () => number) => Promise<void>): Promise<void> {
  let written = 0;
  const counted = (sink: Sink): Sink => ({
    write: (message) => {
      written += encode(shape.response, message).length;
      return sink.write(message);
    },
    onDrain: (listener) => sink.onDrain(listener),
    end: (error) => sink.end(error),
  });
  const server = createRpcServer({ '/etcdserverpb.Watch/Watch': { ...shape, stream: (sink) => watch(member, counted(sink)) } });
  const session = connect(`http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`, { settings: { initialWindowSize: 1_024 } });
  try {
    await during(session, () => written);
  } finally {
    session.destroy();
    await server.close();
  }
}

function opened(session: ClientHttp2Session) {
  const stream = session.request({ ':method': 'POST', ':path': '/etcdserverpb.Watch/Watch', 'content-type': 'application/grpc' });
  const send = (message: Message) => stream.write(framed(message));
  return { stream, send };
}

function framed(message: Message): Buffer {
  const bytes = encode(shape.request, message);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

test('a connection that nobody reads from holds a bounded number of bytes while tens of thousands of writes happen, and then has them all', async () => {
  const member = alone();
  await served(member, async (session, written) => {
    const { stream, send } = opened(session);
    send({ create_request: { key: 'a', range_end: 'b' } });
    await once(stream, 'response');
    for (let count = 0; count < 30_000; count++) {
      member.put(`a${count % 100}`, 'x'.repeat(100));
      if (count % 1_000 === 0) await new Promise(setImmediate);
    }
    expect(written()).toBeLessThan(64 * 1024);
    const revisions: number[] = [];
    let [rest, answers] = [Buffer.alloc(0), 0];
    await new Promise<void>((resolve) =>
      stream.on('data', (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk]);
        while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
          const { events = [] } = decode(shape.response, rest.subarray(5, 5 + rest.readUInt32BE(1))) as { events?: readonly Event[] };
          rest = rest.subarray(5 + rest.readUInt32BE(1));
          answers++;
          revisions.push(...revisionsOf(events));
        }
        if (revisions.at(-1) === member.revision) resolve();
      }),
    );
    expect(revisions).toEqual(upTo(2, 30_001));
    expect(answers).toBeLessThan(500);
  });
});

test('who asks and asks without reading is not heard until they read', async () => {
  const member = alone();
  await served(member, async (session, written) => {
    const { stream, send } = opened(session);
    const asked = 200_000;
    const question = framed({ create_request: { key: 'a' } });
    const questions = Buffer.concat(Array.from({ length: asked / 100 }, () => question));
    send({ create_request: { key: 'a' } });
    await once(stream, 'response');
    for (let count = 0; count < 100; count++) {
      stream.write(questions);
      await new Promise(setImmediate);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(written()).toBeLessThan(asked * 10);
  });
});

test('who watches as JSON and does not read has every revision once when they do', async () => {
  const member = alone();
  const server = serveEtcd(() => member);
  const port = await server.listen(0, '127.0.0.1');
  const socket = createConnection(port, '127.0.0.1');
  const body = JSON.stringify({ create_request: { key: 'YQ==' } });
  socket.write(`POST /v3/watch HTTP/1.1\r\nhost: etcd\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  await once(socket, 'readable');
  for (let count = 0; count < 20_000; count++) {
    member.put('a', 'x'.repeat(1_000));
    if (count % 500 === 0) await new Promise(setImmediate);
  }
  const revisions: number[] = [];
  let [rest, answers] = ['', 0];
  await new Promise<void>((resolve) =>
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter((one) => one.startsWith('{'))) {
        answers++;
        const { result } = JSON.parse(line) as { result: { events?: readonly { kv: { mod_revision: string } }[] } };
        for (const { kv } of result.events ?? []) revisions.push(Number(kv.mod_revision));
      }
      if (revisions.at(-1) === member.revision) resolve();
    }),
  );
  socket.destroy();
  await server.close();
  expect(revisions).toEqual(upTo(2, 20_001));
  expect(answers).toBeLessThan(15_000);
});

test('a snapshot comes whole to whoever reads it slowly, and the server ends the call', async () => {
  const member = alone();
  for (let count = 0; count < 200; count++) member.put(`k${count}`, 'x'.repeat(5_000));
  const server = serveEtcd(() => member);
  const session = connect(`http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`, { settings: { initialWindowSize: 1_024 } });
  const stream = session.request({ ':method': 'POST', ':path': '/etcdserverpb.Maintenance/Snapshot', 'content-type': 'application/grpc' });
  stream.end(Buffer.alloc(5));
  const trailers = once(stream, 'trailers') as Promise<[Record<string, string>]>;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const [{ 'grpc-status': status }] = await trailers;
  session.destroy();
  await server.close();
  const { response } = methods['/etcdserverpb.Maintenance/Snapshot'];
  const parts: { blob: Buffer; remaining_bytes?: number }[] = [];
  for (let rest = Buffer.concat(chunks); rest.length > 0; rest = rest.subarray(5 + rest.readUInt32BE(1)))
    parts.push(decode(response, rest.subarray(5, 5 + rest.readUInt32BE(1))) as (typeof parts)[number]);
  const whole = Buffer.concat(parts.map(({ blob }) => blob));
  expect(status).toBe('0');
  expect(whole.subarray(-32)).toEqual(createHash('sha256').update(whole.subarray(0, -32)).digest());
  expect(whole.length).toBeGreaterThan(1_000_000);
  expect(parts.at(-1)?.remaining_bytes ?? 0).toBe(0);
});
