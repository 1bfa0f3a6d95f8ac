import { HttpExchange } from '@/lib/cluster/network/http-wire';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined): string => new TextDecoder().decode(content);

function exchange(...parts: string[]): HttpExchange {
  const one = new HttpExchange('127.0.0.1:80');
  for (const part of parts) one.receive(bytes(part));
  return one;
}

test('a request may arrive byte by byte', () => {
  const one = new HttpExchange('127.0.0.1:80');
  const sent = 'POST /a?b=c HTTP/1.1\r\nHost: web\r\nContent-Length: 3\r\n\r\nabc';
  for (const byte of bytes(sent).subarray(0, -1)) {
    one.receive(Uint8Array.of(byte));
    expect(one.next().type).toBe('wait');
  }
  one.receive(bytes('c'));
  expect(one.next()).toMatchObject({
    type: 'request',
    isKeptAlive: true,
    request: { method: 'POST', url: 'http://127.0.0.1:80/a?b=c', headers: { host: 'web' }, body: 'abc' },
  });
});

test('requests sent one behind the other are taken one at a time', () => {
  const one = exchange('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.0\r\n\r\n');
  expect(one.next()).toMatchObject({ request: { url: 'http://127.0.0.1:80/1' }, isKeptAlive: true });
  expect(one.next()).toMatchObject({ request: { url: 'http://127.0.0.1:80/2' }, isKeptAlive: false });
  expect(one.next()).toEqual({ type: 'wait' });
});

test('a chunked body is put together, its trailers left out', () => {
  const one = exchange('PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nwiki\r\n', '5\r\npedia\r\n0\r\nA: b\r\n\r\n');
  expect(one.next()).toMatchObject({ type: 'request', request: { body: 'wikipedia' } });
});

test('a body in very many pieces is read in good time', () => {
  const one = exchange('PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n');
  const started = performance.now();
  for (let piece = 0; piece < 100_000; piece++) {
    one.receive(bytes('1\r\nx\r\n'));
    if (piece % 10 === 0) expect(one.next().type).toBe('wait');
  }
  one.receive(bytes('0\r\n\r\n'));
  expect(one.next()).toMatchObject({ type: 'request', request: { body: 'x'.repeat(100_000) } });
  expect(performance.now() - started).toBeLessThan(5_000);
});

test('whoever sends without end is not listened to without end', () => {
  const one = exchange('GET / HTTP/1.1\r\n\r\n');
  for (let piece = 0; piece < 20; piece++) one.receive(new Uint8Array(1 << 20));
  const next = one.next();
  expect(next.type === 'malformed' && text(next.bytes)).toMatch(/^HTTP\/1\.1 413 /);
});

test('whoever waits for 100 Continue gets it once', () => {
  const one = exchange('POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  const first = one.next();
  expect(first.type === 'wait' && text(first.bytes)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  expect(one.next()).toEqual({ type: 'wait' });
  one.receive(bytes('ok'));
  expect(one.next()).toMatchObject({ type: 'request', request: { body: 'ok' } });
});

test.each([
  ['\u0016\u0003\u0001 hello', '\r\n\r\n', 400],
  ['GET / HTTP/1.1\r\nno colon', '\r\n\r\n', 400],
  ['GET / HTTP/1.1\r\nContent-Length: -1', '\r\n\r\n', 400],
  ['GET / HTTP/1.1\r\nContent-Length: 99999999999', '\r\n\r\n', 413],
  [`GET /${'x'.repeat(70_000)}`, '', 431],
])('what is no request is refused: %j', (head, end, status) => {
  const next = exchange(head + end).next();
  expect(next.type).toBe('malformed');
  expect(next.type === 'malformed' && text(next.bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
});

test('an answer says how long it is, and one to HEAD has no body', () => {
  const one = exchange('GET / HTTP/1.1\r\n\r\nHEAD / HTTP/1.1\r\nConnection: close\r\n\r\n');
  const response = { status: 200, headers: { 'content-type': 'text/plain', 'content-length': '99' }, body: 'é' };
  const [got, head] = [one.next(), one.next()];
  expect(got.type === 'request' && text(got.render(response))).toBe(
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\né',
  );
  expect(head.type === 'request' && text(head.render(response))).toMatch(/Content-Length: 2\r\nConnection: close\r\n\r\n$/);
});
