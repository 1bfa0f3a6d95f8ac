import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants, createDeflate } from 'node:zlib';
import { WebSocket } from 'ws';
import type { ApiForwarding } from '@/lib/cluster';
import { serveClusterApi } from '@/lib/sandbox/api-http';
import { dictionary } from '@/lib/sandbox/port-forward/spdy-headers';

/** Echoes in capitals; port 81 is refused. */
function echo(closed: () => void = () => {}): ApiForwarding {
  return {
    open(port, sink) {
      if (port === 81) setImmediate(() => sink.end('connection refused'));
      return {
        write: (bytes) => sink.data(Buffer.from(Buffer.from(bytes).toString().toUpperCase())),
        closeWrite: () => sink.end(),
        hangUp: () => {},
      };
    },
    close: closed,
  };
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(forward: ApiForwarding): Promise<string> {
  const api = serveClusterApi(() => ({ status: 101, headers: {}, forward }));
  const server = createServer(api.onRequest).on('upgrade', api.onUpgrade);
  servers.push(server);
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', () => done()));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/namespaces/default/pods/web/portforward`;
}

/** A client as moby/spdystream is one. */
class Spdy {
  readonly #websocket: WebSocket;
  readonly #deflate = createDeflate({ dictionary });
  readonly streams = new Map<number, { text: string; isEnded: boolean }>();
  readonly pings: number[] = [];
  readonly replies: number[] = [];

  constructor(websocket: WebSocket) {
    this.#websocket = websocket;
    websocket.on('message', (message: Buffer) => this.#receive(message));
  }

  async open(id: number, headers: Record<string, string>): Promise<void> {
    const number = (value: number) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    };
    const texts = Object.entries(headers).flat();
    const block = Buffer.concat([number(Object.keys(headers).length), ...texts.flatMap((one) => [number(one.length), Buffer.from(one)])]);
    await new Promise<void>((done) => this.#deflate.write(block, () => this.#deflate.flush(constants.Z_SYNC_FLUSH, done)));
    this.#control(1, Buffer.concat([number(id), number(0), Buffer.from([0, 0]), this.#deflate.read() as Buffer]));
  }

  data(id: number, text: string, isLast = false): void {
    const head = Buffer.from([0, 0, 0, id, isLast ? 1 : 0, 0, 0, text.length]);
    this.#websocket.send(Buffer.concat([head, Buffer.from(text)]));
  }

  ping(id: number): void {
    this.#control(6, Buffer.from([0, 0, 0, id]));
  }

  #control(type: number, content: Buffer): void {
    const frame = Buffer.concat([Buffer.from([0x80, 3, 0, type, 0, 0, content.length >> 8, content.length & 255]), content]);
    // Frames and messages need not begin together.
    this.#websocket.send(frame.subarray(0, 5));
    this.#websocket.send(frame.subarray(5));
  }

  #receive(message: Buffer): void {
    const content = message.subarray(8);
    if (message[0] === 0x80) {
      if (message[3] === 2) this.replies.push(content.readUInt32BE(0));
      if (message[3] === 6) this.pings.push(content.readUInt32BE(0));
      return;
    }
    const id = message.readUInt32BE(0);
    const known = this.streams.get(id) ?? { text: '', isEnded: false };
    this.streams.set(id, { text: known.text + content.toString(), isEnded: message[4] === 1 });
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !isTrue(); tries++) await new Promise((done) => setTimeout(done, 10));
  expect(isTrue()).toBe(true);
}

async function opened(websocket: WebSocket): Promise<WebSocket> {
  await new Promise((resolve, reject) => websocket.once('open', resolve).once('error', reject));
  return websocket;
}

test('kubectl tunnels SPDY through a WebSocket: many connections, a pair of streams each', async () => {
  let isClosed = false;
  const url = await serve(
    echo(() => {
      isClosed = true;
    }),
  );
  const websocket = await opened(rawWebSocket(url, 'SPDY/3.1+portforward.k8s.io'));
  const client = new Spdy(websocket);
  for (const [id, requestId, port] of [
    [1, '0', '80'],
    [5, '1', '81'],
  ] as const) {
    await client.open(id, { streamtype: 'error', port, requestid: requestId });
    client.data(id, '', true);
    await client.open(id + 2, { streamtype: 'data', port, requestid: requestId });
  }
  client.data(3, 'hello');
  client.ping(7);
  await until(() => client.streams.get(7)?.isEnded === true && client.streams.get(3)?.text === 'HELLO');
  expect(client.streams.get(5)).toEqual({ text: 'connection refused', isEnded: true });
  expect(client.replies).toEqual([1, 3, 5, 7]);
  expect(client.pings).toEqual([7]);
  client.data(3, '', true);
  await until(() => client.streams.get(3)?.isEnded === true && client.streams.get(1)?.isEnded === true);
  websocket.close();
  await until(() => isClosed);
});

/** The library refuses to offer a name with a slash in it, so it is offered behind its back. */
function rawWebSocket(url: string, protocol: string): WebSocket {
  const websocket = new WebSocket(url, {
    finishRequest(request) {
      request.setHeader('sec-websocket-protocol', protocol);
      request.prependOnceListener('upgrade', (response) => {
        expect(response.headers['sec-websocket-protocol']).toBe(protocol);
        delete response.headers['sec-websocket-protocol'];
      });
      request.end();
    },
  });
  return websocket;
}

test('client libraries get two channels for each port, which begin with its number', async () => {
  const url = await serve(echo());
  const websocket = new WebSocket(`${url}?ports=80&ports=81`, ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  const frames: [number, string][] = [];
  websocket.on('message', (message: Buffer) => frames.push([Number(message[0]), message.subarray(1).toString('latin1')]));
  await opened(websocket);
  expect(websocket.protocol).toBe('v4.channel.k8s.io');
  websocket.send(Buffer.from([0, ...Buffer.from('hello')]));
  await until(() => frames.length === 6);
  expect(frames.slice(0, 4)).toEqual([
    [0, 'P\0'],
    [1, 'P\0'],
    [2, 'Q\0'],
    [3, 'Q\0'],
  ]);
  expect(frames.slice(4)).toEqual(
    expect.arrayContaining([
      [0, 'HELLO'],
      [3, 'connection refused'],
    ]),
  );
  websocket.close();
});

test.each([
  ['', 'query parameter "port" is required'],
  ['?ports=', 'query parameter "port" cannot be empty'],
  ['?ports=web', 'unable to parse "web" as a port'],
  ['?ports=0', 'port "0" must be > 0'],
])('ports are numbers: %j is refused', async (query, message) => {
  const url = await serve(echo());
  const websocket = new WebSocket(url + query, ['v4.channel.k8s.io']);
  const status = await new Promise((resolve) =>
    websocket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (part) => (text += part)).on('end', () => resolve(JSON.parse(text)));
    }),
  );
  expect(status).toMatchObject({ reason: 'BadRequest', message });
});

test('bytes that are no SPDY end the connection', async () => {
  const url = await serve(echo());
  const websocket = await opened(rawWebSocket(url, 'SPDY/3.1+portforward.k8s.io'));
  const closed = new Promise((resolve) => websocket.once('close', resolve));
  websocket.send(Buffer.concat([Buffer.from([0x80, 3, 0, 1, 0, 0, 0, 20]), Buffer.alloc(20, 7)]));
  await closed;
});
