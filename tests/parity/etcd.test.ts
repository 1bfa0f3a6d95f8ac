import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveEtcd } from '@/lib/sandbox/etcd/methods';
import { withEtcdAlone } from '../support/etcd-alone';
import { hasEtcdctl, runRealEtcdctl, withoutLog, wordsOf } from '../support/real-etcdctl';

/** The same words through the real etcdctl to a real etcd and to ours: revisions, orders, sentences and codes are the server's. */
const isThere = hasEtcdctl && spawnSync('etcd', ['--version']).status === 0;
if (!isThere) console.log('parity/etcd: skipped, there is no etcd on the PATH (apt-get install etcd-server etcd-client)');
const compared = isThere ? describe : describe.skip;

let real: { endpoint: string; stop(): Promise<void> };
let ours: { endpoint: string; stop(): Promise<void> };

beforeAll(async () => {
  if (!isThere) return;
  [real, ours] = [await startReal(), await startOurs()];
});

afterAll(async () => {
  if (!isThere) return;
  await real.stop();
  await ours.stop();
});

async function startReal(): Promise<typeof real> {
  const directory = mkdtempSync(join(tmpdir(), 'parity-etcd-'));
  const [port, peerPort] = [await freePort(), await freePort()];
  const [url, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const server: ChildProcess = spawn(
    'etcd',
    [
      ...['--data-dir', directory, '--listen-client-urls', url, '--advertise-client-urls', url, '--listen-peer-urls', peer],
      ...['--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const gone = new Promise<void>((resolve) => void server.on('exit', () => resolve()));
  await new Promise<void>((resolve) => {
    server.stderr?.on('data', (text: Buffer) => text.includes('ready to serve client requests') && resolve());
    server.on('exit', () => resolve());
  });
  const stop = async () => {
    server.kill('SIGTERM');
    await gone;
    rmSync(directory, { recursive: true, force: true });
  };
  return { endpoint: `127.0.0.1:${port}`, stop };
}

async function startOurs(): Promise<typeof ours> {
  const cluster = withEtcdAlone(1);
  const gateway = serveEtcd((token) =>
    cluster.network.dialEtcd(cluster.network.host('cp-1'), 'https://127.0.0.1:2379', token === undefined ? {} : { token }),
  );
  return { endpoint: `127.0.0.1:${await gateway.listen(0, '127.0.0.1')}`, stop: () => gateway.close() };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Without who answered, and what either draws for itself. */
async function answerOf(endpoint: string, line: string, stdin: string): Promise<string> {
  const { stdout, stderr, exitCode } = await runRealEtcdctl(endpoint, wordsOf(line), { stdin, limitMs: 20_000 });
  const text = withoutLog(stdout + stderr)
    .replaceAll(endpoint, '<endpoint>')
    .replace(/"cluster_id":\d+,"member_id":\d+/g, '"ids":0')
    .replace(/"raft_term":\d+/g, '"raft_term":0')
    .replace(/"(ClusterID|MemberID|RaftTerm)" : \d+/g, '"$1" : 0');
  return `${text}(exit ${exitCode})`;
}

/** One after the other on one keyspace; with what is typed into it. */
const lines: readonly (string | readonly [line: string, stdin: string])[] = [
  'put a 1',
  'put a 2 --prev-kv',
  'put b x -w json',
  'put c y -w fields --prev-kv',
  "put '' x",
  'get a -w json',
  'get nothing -w json',
  'get a d',
  "get '' --prefix -w json",
  "get '' --from-key --order DESCEND --sort-by MODIFY",
  "get '' --prefix --sort-by VERSION",
  "get '' --prefix --sort-by VALUE --order ASCEND --limit 2 -w json",
  "get '' --prefix --limit 2 -w json",
  "get '' --prefix --count-only -w fields",
  "get '' --prefix --keys-only -w json",
  "get '' --prefix --min-mod-rev 4 -w json",
  'get a --rev 2 -w json',
  'get a --rev 1 -w json',
  'get a --rev 99',
  'get z a -w json',
  'get a a',
  'del b --prev-kv -w json',
  'del a d -w json',
  'del nothing -w json',
  'put a new -w json',
  'get a -w json',
  'compaction 0',
  'compaction 0',
  'compaction 3',
  'compaction 3',
  'compaction 2',
  'compaction 999',
  'get a --rev 2',
  'put x y --lease=123abc',
  'put x --ignore-value',
  'put x y --ignore-value',
  'put a --ignore-value -w json',
  'put a new2 --ignore-lease -w json',
  'put x y --ignore-lease',
  ['txn', 'mod("c") > "0"\n\nput c z\nget c\n\nput c w\n\n'],
  ['txn -w json', 'value("c") = "none"\n\nput c z\n\nget c\ndel c\n\n'],
  ['txn -w json', 'version("c") = "0"\n\nput c again\nget c\nget c --prefix\n\n\n'],
  ['txn', 'mod("c") > "0"\n\nput c z\nput c z\n\n\n'],
  ['txn', 'mod("c") > "0"\n\nput c z\ndel c\n\n\n'],
  ['txn -w json', '\nput zz 1\ndel zy --from-key\n\n\n'],
  ['txn -w json', '\ndel zy --from-key\nput zz 2\n\n\n'],
  'get zy --from-key -w json',
  ['txn', '\nput zz 1\ndel zy zzz\n\n\n'],
  ['txn -w json', '\n\n\n\n'],
  ['txn -w json', 'value("none") = "x"\n\nget c\n\nget none\n\n'],
  ['txn -w json', 'value("c") != "x"\nvalue("c") > "a"\nvalue("c") < "z"\n\nget c\n\nget none\n\n'],
  'watch b a',
  'watch b b -w json',
  'lease timetolive 123abc',
  'lease timetolive 123abc -w json',
  'lease revoke 123abc',
  'lease grant 9999999999',
  'alarm disarm',
  'move-leader 1234',
  'member remove 1234',
  'member promote 1234',
  'auth disable',
  'user add root:secret',
  'user add root:secret',
  "user add '':x",
  'user add nopass --no-password',
  'user add alice:wonder -w json',
  'role add reader -w json',
  'role add reader',
  "role add ''",
  'role grant-permission reader read /app/ --prefix',
  'role grant-permission reader readwrite /mine',
  'role grant-permission reader write /from --from-key',
  'role grant-permission nobody read x',
  'role get reader -w json',
  'role get nobody',
  'user grant-role alice reader',
  'user grant-role alice reader',
  'user grant-role alice nobody',
  'user grant-role nobody reader',
  'user revoke-role alice nobody',
  'user get alice -w json',
  'user get nobody',
  'user delete nobody',
  'user list',
  'role list',
  'auth enable',
  'auth enable',
  'get a',
  'put a b',
  'del a',
  'user list',
  'compaction 5',
  '--user root:secret user list',
  '--user root:wrong get a',
  '--user nobody:x get a',
  '--user root:secret put /app/one 1',
  '--user alice:wonder get /app/one',
  '--user alice:wonder get /app/one /app/two -w json',
  "--user alice:wonder get '' --prefix",
  '--user alice:wonder put /app/one 2',
  '--user alice:wonder put /mine 2 --prev-kv',
  '--user alice:wonder put /zzz 2',
  '--user alice:wonder put /zzz 2 --prev-kv',
  '--user alice:wonder get /zzz',
  '--user alice:wonder del /zzz',
  '--user alice:wonder user list',
  '--user alice:wonder user get alice',
  '--user alice:wonder user get root',
  '--user alice:wonder role get reader',
  '--user alice:wonder role get root',
  '--user alice:wonder role list',
  '--user alice:wonder compaction 12',
  '--user alice:wonder alarm list',
  '--user alice:wonder member add x --peer-urls=http://10.0.0.8:2380',
  '--user alice:wonder auth disable',
  '--user root:secret role revoke-permission reader /app/ --prefix',
  '--user root:secret role revoke-permission reader /nowhere',
  '--user root:secret user revoke-role root root',
  '--user root:secret user delete root',
  '--user root:secret role delete root',
  '--user root:secret role delete reader',
  '--user root:secret user get alice',
  '--user root:secret user delete alice',
  '--user root:secret auth disable',
  'get a',
];

const text = (value: string) => Buffer.from(value).toString('base64');
const put = (key: string) => ({ request_put: { key: text(key), value: text('v') } });
const range = (key: string, more: object = {}) => ({ request_range: { key: text(key), ...more } });
const gone = (key: string) => ({ request_delete_range: { key: text(key) } });

/** What no etcdctl asks: through the JSON gateway, on the same keyspace. */
const requests: readonly (readonly [path: string, body: object])[] = [
  ['/kv/put', { key: text('j/1'), value: text('1') }],
  ['/kv/range', { key: '', range_end: text('z') }],
  ['/kv/range', { key: text('j'), range_end: text('k'), revision: -1 }],
  ['/kv/range', { key: text('j'), range_end: text('k'), limit: -1, min_mod_revision: -5 }],
  ['/kv/deleterange', { range_end: text('z') }],
  ['/kv/put', { value: text('1'), ignore_value: true }],
  ['/kv/put', { key: text('j/1'), value: text('1'), ignore_value: true }],
  ['/kv/txn', { compare: [{ target: 'MOD' }], success: [put('j/2')] }],
  ['/kv/txn', { success: [put('j/2')], failure: [range('', { range_end: text('z') })] }],
  [
    '/kv/txn',
    {
      success: [{ request_txn: { success: [gone('nothing')] } }, put('j/3'), { request_txn: { success: [gone('nothing'), range('j/3')] } }],
    },
  ],
  ['/kv/txn', { success: [{ request_txn: { success: [put('j/4')] } }, gone('nothing')] }],
  ['/kv/txn', { success: [{ request_txn: { success: Array.from({ length: 127 }, (_, at) => put(`n/${at}`)) } }] }],
  ['/kv/txn', { success: [{ request_txn: { success: Array.from({ length: 128 }, (_, at) => put(`n/${at}`)) } }] }],
  ['/cluster/member/add', { peerURLs: ['nowhere'] }],
  ['/cluster/member/add', {}],
];

async function posted(endpoint: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(`http://${endpoint}/v3${path}`, { method: 'POST', body: JSON.stringify(body) });
  const { header, ...answer } = (await response.json()) as { header?: { revision?: string } };
  return { ...answer, revision: header?.revision, status: response.status };
}

compared('a real etcd and ours answer the same', () => {
  test.each(lines.map((line) => (typeof line === 'string' ? ([line, ''] as const) : line)))('%s', async (line, stdin) => {
    const [found, mine] = await Promise.all([answerOf(real.endpoint, line, stdin), answerOf(ours.endpoint, line, stdin)]);
    expect(mine).toBe(found);
  });

  test.each(requests)('%s, request %#', async (path, body) => {
    expect(await posted(ours.endpoint, path, body)).toEqual(await posted(real.endpoint, path, body));
  });
});
