import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { failure, type ApiConnection, type ApiRequest, type ApiResponse } from '@/lib/cluster';
import { serveClusterApi, type ClusterApiOptions } from '@/lib/sandbox/api-http';

const servers: Server[] = [];
afterEach(() =>
  Promise.all(
    servers.splice(0).map(
      (server) =>
        new Promise((done) => {
          server.closeAllConnections();
          server.close(done);
        }),
    ),
  ),
);

async function serve(handle: (request: ApiRequest) => ApiResponse, options?: ClusterApiOptions): Promise<string> {
  const api = serveClusterApi(handle, options);
  const server = createServer((request, response) => api.onRequest(request, response)).on('upgrade', (request, socket, head) =>
    api.onUpgrade(request, socket, head),
  );
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = { 'content-type': 'application/json' };

test('a request arrives without its prefix, with its body as text and no header that names a user', async () => {
  let seen: ApiRequest | undefined;
  const host = await serve(
    (request) => {
      seen = request;
      return { status: 201, headers: json, body: { kind: 'Pod' } };
    },
    { prefix: '/clusters/7' },
  );
  const answer = await fetch(`http://${host}/clusters/7/api/v1/pods?dryRun=All`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/yaml', 'X-Remote-User': 'root' },
    body: 'kind: Pod',
  });
  expect(answer.status).toBe(201);
  expect(await answer.json()).toEqual({ kind: 'Pod' });
  expect(seen).toMatchObject({
    method: 'POST',
    url: '/api/v1/pods?dryRun=All',
    body: 'kind: Pod',
    headers: { 'content-type': 'application/yaml' },
  });
  expect(seen?.headers).not.toHaveProperty('x-remote-user');
});

test('a watch is one JSON document a line, and hanging up ends it', async () => {
  let hungUp: () => void = () => {};
  const gone = new Promise<void>((done) => {
    hungUp = done;
  });
  const pod = Object.freeze({ kind: 'Pod', metadata: { name: 'web' } });
  const host = await serve(() => ({
    status: 200,
    headers: json,
    stream: {
      start(sink) {
        sink.write({ type: 'ADDED', object: pod });
        sink.write({ type: 'MODIFIED', object: pod });
        return hungUp;
      },
    },
  }));
  const text = await new Promise<string>((done) => {
    const request = httpRequest(`http://${host}/api/v1/pods?watch=true`, (response) => {
      let got = '';
      response.on('data', (part) => {
        got += part;
        if (got.split('\n').length === 3) {
          request.destroy();
          done(got);
        }
      });
    });
    request.end();
  });
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { type: 'ADDED', object: pod },
    { type: 'MODIFIED', object: pod },
  ]);
  await gone;
});

test('a large answer is compressed for a client that asks for it', async () => {
  const body = Object.freeze({ kind: 'ConfigMap', data: { text: 'x'.repeat(200_000) } });
  const host = await serve(() => ({ status: 200, headers: json, body }));
  const raw = await new Promise<{ headers: Record<string, unknown>; bytes: Buffer }>((done) => {
    httpRequest(`http://${host}/`, { headers: { 'accept-encoding': 'gzip' } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part)).on('end', () => done({ headers: response.headers, bytes: Buffer.concat(parts) }));
    }).end();
  });
  expect(raw.headers['content-encoding']).toBe('gzip');
  expect(JSON.parse(gunzipSync(raw.bytes).toString())).toEqual(body);
});

test('a body over the limit is answered with RequestEntityTooLarge', async () => {
  const host = await serve(() => ({ status: 200, headers: json, body: {} }), { bodyBytesMax: 1000 });
  const answer = await fetch(`http://${host}/api/v1/pods`, { method: 'POST', body: 'x'.repeat(2000) });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ kind: 'Status', reason: 'RequestEntityTooLarge' });
});

test('an unexpected error is an InternalError Status, not a broken connection', async () => {
  const host = await serve(() => {
    throw new Error('no such ring');
  });
  const answer = await fetch(`http://${host}/`);
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({ kind: 'Status', status: 'Failure', message: 'Internal error occurred: no such ring' });
});

/** Echoes its input in capitals and exits with 3 when its input ends. */
const shout: ApiConnection = {
  start: (sink) => ({
    stdin: (text) => sink.stdout(text.toUpperCase()),
    closeStdin: () => sink.exit({ code: 3 }),
    resize: (columns, rows) => sink.stderr(`${columns}x${rows}`),
    hangUp: () => {},
  }),
};

test('exec speaks v5.channel.k8s.io: input, output, window size, closing of stdin and the exit status', async () => {
  const host = await serve(() => ({ status: 101, headers: {}, connect: shout }));
  const websocket = new WebSocket(`ws://${host}/api/v1/namespaces/default/pods/web/exec`, ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  const frames: [number, string][] = [];
  websocket.on('message', (data: Buffer) => frames.push([Number(data[0]), data.subarray(1).toString()]));
  websocket.on('open', () => {
    const euro = Buffer.from('a€');
    websocket.send(Buffer.concat([Buffer.from([0]), euro.subarray(0, 2)]));
    websocket.send(Buffer.concat([Buffer.from([0]), euro.subarray(2)]));
    websocket.send(Buffer.concat([Buffer.from([4]), Buffer.from('{"Width":120,"Height":40}')]));
    websocket.send(Buffer.from([255, 0]));
  });
  await new Promise((done) => websocket.on('close', done));
  expect(websocket.protocol).toBe('v5.channel.k8s.io');
  expect(
    frames
      .filter(([channel]) => channel === 1)
      .map(([, text]) => text)
      .join(''),
  ).toBe('A€');
  expect(frames).toContainEqual([2, '120x40']);
  const [, status] = frames.find(([channel]) => channel === 3) ?? [];
  expect(JSON.parse(status ?? '')).toMatchObject({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '3' }] },
  });
});

test('an exec whose sandbox is gone breaks off, without an exit status', async () => {
  let lose: () => void = () => undefined;
  const host = await serve(() => ({ status: 101, headers: {}, connect: shout, whenLost: (listener) => void (lose = listener) }));
  const websocket = new WebSocket(`ws://${host}/api/v1/namespaces/default/pods/web/exec`, ['v5.channel.k8s.io']);
  const channels: number[] = [];
  websocket.on('message', (data: Buffer) => channels.push(Number(data[0])));
  websocket.on('open', () => lose());
  expect(await new Promise((done) => websocket.on('close', done))).toBe(1006);
  expect(channels).not.toContain(3);
});

test("a refused exec is the API server's own answer, before any upgrade", async () => {
  const host = await serve(() => ({ status: 404, headers: json, body: failure(404, 'NotFound', 'pods "web" not found').status }));
  const websocket = new WebSocket(`ws://${host}/exec`, ['v5.channel.k8s.io']);
  const code = await new Promise((done) =>
    websocket.on('unexpected-response', (_, response) => done(response.statusCode)).on('error', () => {}),
  );
  expect(code).toBe(404);
});

test('a redirect within the API leads to where its client finds the API', async () => {
  const host = await serve(() => ({ status: 301, headers: { location: '/api/v1/pods/web/proxy/' }, body: '' }), { prefix: '/clusters/7' });
  const answer = await fetch(`http://${host}/clusters/7/api/v1/pods/web/proxy`, { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([301, '/clusters/7/api/v1/pods/web/proxy/']);
});

test('who asks for SPDY is told first what else is wrong, and then that there is none', async () => {
  const ask = async (response: ApiResponse): Promise<unknown> => {
    const host = await serve(() => response);
    return new Promise((resolve) => {
      const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1' };
      httpRequest(`http://${host}/api/v1/namespaces/default/pods/web/exec`, { method: 'POST', headers }, (answer) => {
        let text = '';
        answer.on('data', (part) => (text += part)).on('end', () => resolve({ code: answer.statusCode, ...JSON.parse(text) }));
      }).end();
    });
  };
  const { status: forbidden } = failure(403, 'Forbidden', 'pods "web" is forbidden');
  expect(await ask({ status: 403, headers: json, body: forbidden })).toMatchObject({ code: 403, message: 'pods "web" is forbidden' });
  expect(await ask({ status: 101, headers: {}, connect: shout })).toMatchObject({ code: 400, reason: 'BadRequest' });
});
