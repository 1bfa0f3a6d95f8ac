import fc from 'fast-check';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Random } from '@/lib/base';
import { keepConnections, serveClusterApi } from '@/lib/sandbox/api-http';
import { ApiBench } from '../support/api-server';

// What arrives on the wire, before it is a request: bytes from somebody who does not keep to HTTP.

const api = new ApiBench();
let server: Server;
let port: number;

beforeAll(async () => {
  api.create('/api/v1/namespaces/default/configmaps', { metadata: { name: 'known' } });
  const handler = serveClusterApi((request) => api.server.handle({ actor: 'test', ...request }));
  server = createServer(handler.onRequest).on('upgrade', handler.onUpgrade);
  keepConnections(server);
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Everything that comes back until the connection is closed. */
function answerTo(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')));
  });
}

const path = '/api/v1/namespaces/default/configmaps';
const good = '{"metadata":{"name":"made"}}';
const post = (headers: string, body = good) =>
  `POST ${path}?dryRun=All HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;
const upgrade = (headers: string, rest = '') =>
  `GET ${path}/known HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}\r\n\r\n${rest}`;

const lies: Readonly<Record<string, string | Buffer>> = {
  'a body shorter than its length': post('Content-Length: 1000'),
  'a body longer than its length': post('Content-Length: 5'),
  'a negative length': post('Content-Length: -1'),
  'no number for a length': post('Content-Length: many'),
  'a length beyond all measure': post('Content-Length: 99999999999999999999'),
  'two lengths': post('Content-Length: 28\r\nContent-Length: 29'),
  'a length and chunks': post('Content-Length: 28\r\nTransfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'),
  'a chunk that ends too soon': post('Transfer-Encoding: chunked', 'ff\r\nhello\r\n0\r\n\r\n'),
  'a chunk of no size': post('Transfer-Encoding: chunked', 'zz\r\nhello\r\n'),
  'another transfer encoding': post('Transfer-Encoding: gzip'),
  'a large header': post(`X-Large: ${'x'.repeat(100_000)}\r\nContent-Length: ${good.length}`),
  'many headers': post(`${Array.from({ length: 5_000 }, (_, index) => `X-${index}: y`).join('\r\n')}\r\nContent-Length: ${good.length}`),
  'a header with a NUL': post('X-Nul: a\0b\r\nContent-Length: 28'),
  'a header without a name': post(': x\r\nContent-Length: 28'),
  'no host': `GET ${path} HTTP/1.1\r\n\r\n`,
  'another protocol': 'GET / SIP/2.0\r\n\r\n',
  'a TLS greeting': Buffer.from('160301020001000001fc0303', 'hex'),
  'an HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a star for a path': 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
  'a whole URL for a path': `GET http://elsewhere${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
  'bytes that are no UTF-8 in a path': Buffer.concat([
    Buffer.from(`GET ${path}/`),
    Buffer.from([0xff, 0xfe, 0x80]),
    Buffer.from(' HTTP/1.1\r\nHost: x\r\n\r\n'),
  ]),
  'half a percent sign': `GET ${path}/%f HTTP/1.1\r\nHost: x\r\n\r\n`,
  'an upgrade without a key': upgrade('Sec-WebSocket-Version: 13'),
  'an upgrade to a protocol nobody speaks': upgrade(
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: x',
  ),
  'an upgrade with frames at once': upgrade('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '\xff\xff\xff\xff'),
  'an upgrade to SPDY': upgrade('').replace('websocket', 'SPDY/3.1'),
  'half a request': `POST ${path} HT`,
  nothing: '',
};

/** Still there, and nothing was changed. */
async function expectAllIsWell(revision: number): Promise<void> {
  const answer = await answerTo(`GET ${path}/known HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(api.etcd.revision).toBe(revision);
}

test.each(Object.entries(lies))('%s is refused or taken as it stands, and the next client is served', async (_, bytes) => {
  const before = api.etcd.revision;
  const answer = await answerTo(bytes);
  expect(answer).toMatch(/^$|^HTTP\/1\.1 [234]\d\d /);
  await expectAllIsWell(before);
});

test('bytes that are no UTF-8 become the mark of what cannot be read', async () => {
  const body = Buffer.concat([Buffer.from('{"metadata":{"name":"made"},"data":{"a":"'), Buffer.from([0xff]), Buffer.from('"}}')]);
  const answer = await answerTo(Buffer.concat([Buffer.from(post(`Content-Length: ${body.length}`, '')), body]));
  expect(answer).toMatch(/^HTTP\/1\.1 201 /);
  expect(Buffer.from(answer, 'latin1').toString()).toContain('"a":"\ufffd"');
});

test('a request cut, repeated or salted anywhere leaves the server as it was', async () => {
  const before = api.etcd.revision;
  const whole = Buffer.from(post(`Content-Length: ${good.length}`));
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const random = Random.of(seed);
      const at = random.int(whole.length);
      const salt = Buffer.from(Array.from({ length: random.int(8) }, () => random.int(256)));
      const bytes = Buffer.concat([whole.subarray(0, at), salt, whole.subarray(random.pick([at, at, random.int(whole.length)]))]);
      // What hits the query may make the write a real one.
      if (bytes.includes('?dryRun=All ')) expect(await answerTo(bytes)).toMatch(/^$|^HTTP\/1\.1 [234]\d\d /);
    }),
    { numRuns: 150, seed: 20_260_105 },
  );
  await expectAllIsWell(before);
});
