import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clusterToken } from '@/lib/accounts';
import type { ApiRequest } from '@/lib/cluster';
import type { Db } from '@/lib/db';
import { clusterGateway } from '@/lib/sandbox/gateway';

const sandboxId = randomUUID();
let token: string;
let server: Server;
let url: string;
let now: number;
let seen: { sandboxId: string; request: ApiRequest }[];

beforeAll(() => {
  process.env['ORRERY_SECRET'] = 'a secret of this test';
  token = clusterToken(sandboxId, 3);
});

beforeEach(async () => {
  [seen, now] = [[], 1_000_000];
  const row = { tokenGeneration: 3, blueprint: {} };
  const db = {
    sandbox: { findUnique: async ({ where }: { where: { id: string } }) => (where.id === sandboxId ? row : null) },
  } as unknown as Db;
  const api = async (id: string, request: ApiRequest) => {
    seen.push({ sandboxId: id, request });
    return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'PodList' } };
  };
  const gateway = clusterGateway({ api }, db, () => now);
  server = createServer((request, response) => gateway.onRequest(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(
  () =>
    new Promise((done) => {
      server.closeAllConnections();
      server.close(done);
    }),
);

const get = (path: string, authorization?: string) => fetch(`${url}${path}`, { headers: authorization ? { authorization } : {} });

test('a request with the bearer token reaches its own cluster, without the token and without cookies', async () => {
  const answer = await fetch(`${url}/clusters/${sandboxId}/api/v1/pods?limit=1`, {
    headers: { authorization: `Bearer ${token}`, cookie: 'a=b' },
  });
  expect(answer.status).toBe(200);
  expect(seen).toMatchObject([{ sandboxId, request: { url: '/api/v1/pods?limit=1' } }]);
  expect(seen[0]?.request.headers).not.toHaveProperty('authorization');
  expect(seen[0]?.request.headers).not.toHaveProperty('cookie');
});

test('the token may stand in the path, where a client sends none over plain http', async () => {
  expect((await get(`/clusters/${sandboxId}.${token}/version`)).status).toBe(200);
  expect(seen[0]?.request.url).toBe('/version');
});

test('without a token, with a wrong one or with one of another generation the answer is Unauthorized', async () => {
  for (const authorization of [undefined, 'Bearer wrong', `Bearer ${clusterToken(sandboxId, 2)}`, `Basic ${token}`]) {
    const answer = await get(`/clusters/${sandboxId}/api`, authorization);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ kind: 'Status', reason: 'Unauthorized' });
  }
  expect(seen).toEqual([]);
});

test('a cluster that is not there is not told from one whose token is wrong', async () => {
  expect((await get(`/clusters/${randomUUID()}/api`, `Bearer ${token}`)).status).toBe(401);
  expect((await get('/clusters/../../etc/passwd')).status).toBe(404);
});

test('a client that asks without end is told to come back later, and is heard again then', async () => {
  const ask = async (times: number) => {
    const answers = await Promise.all(Array.from({ length: times }, () => get(`/clusters/${sandboxId}/api`, `Bearer ${token}`)));
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    return answers.map(({ status }) => status);
  };
  for (let round = 0; round < 40; round++) expect(new Set(await ask(50))).toEqual(new Set([200]));
  expect(await ask(1)).toEqual([429]);
  now += 1_000;
  expect((await ask(201)).filter((status) => status === 429)).toHaveLength(1);
}, 30_000);
