import { rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Cluster } from '@/lib/cluster';
import { serveEtcd } from '@/lib/sandbox/etcd/methods';
import { runEtcdctl, withEtcdAlone } from '../support/etcd-alone';
import { hasEtcdctl, runRealEtcdctl, withoutLog, wordsOf, type Printed } from '../support/real-etcdctl';

/**
 * The same words through the real etcdctl, over gRPC, and through ours, in the etcd Pod: each on a cluster of its own from one seed,
 * so that ids, revisions and leases are the same and what is printed can be compared as it is.
 */
if (!hasEtcdctl) console.log('parity/etcdctl: skipped, there is no etcdctl on the PATH (apt-get install etcd-client)');
const compared = hasEtcdctl ? describe : describe.skip;

let real: Cluster;
let ours: Cluster;
let gateway: ReturnType<typeof serveEtcd>;
let endpoint: string;

beforeAll(async () => {
  if (!hasEtcdctl) return;
  [real, ours] = [withEtcdAlone(1), withEtcdAlone(1)];
  gateway = serveEtcd((token) =>
    real.network.dialEtcd(real.network.host('cp-1'), 'https://127.0.0.1:2379', token === undefined ? {} : { token }),
  );
  endpoint = `127.0.0.1:${await gateway.listen(0, '127.0.0.1')}`;
});

afterAll(async () => {
  if (hasEtcdctl) await gateway.close();
});

function runReal(words: readonly string[], stdin: string | Buffer = '', limitMs?: number, at = endpoint): Promise<Printed> {
  return runRealEtcdctl(at, words, { stdin, limitMs });
}

/** Without the client's own log, how long it took, where it asked, and what Debian's 3.4 writes otherwise than 3.6. */
function masked({ stdout, stderr, exitCode }: Printed): string {
  const text = withoutLog(`${stdout}${stderr}`);
  const same = text
    .replaceAll(endpoint, '127.0.0.1:2379')
    .replace(/took = [\d.]+\w+/g, 'took = <time>')
    .replace(/,"hash_revision":\d+/g, '')
    .replace(/^Warning: Keys between .*\n/gm, '')
    .replace('"Revision" : 0\n', '')
    .replace(' as learner to', ' to')
    .replace(
      /"Response(Range|Put|DeleteRange|Txn)"/g,
      (_, name: string) => `"response${name.replace(/[A-Z]/g, (one) => `_${one.toLowerCase()}`)}"`,
    );
  return `${same}(exit ${exitCode === undefined || exitCode === 130 ? 'on Ctrl-C' : exitCode})`;
}

async function compare(line: string, stdin = '', limitMs?: number): Promise<void> {
  const words = wordsOf(line);
  const found = masked(await runReal(words, stdin, limitMs));
  const mine = masked(runEtcdctl(ours, ['etcdctl', ...words], { stdin, limitMs: limitMs ?? 15_000 }));
  // What 3.6 waits for and 3.4 does not: ids are made of the time.
  real.kernel.runFor(Math.max(0, ours.now - real.now));
  expect(mine).toBe(found);
}

/** Whoever leads: only a leader hands over. */
function leading(group: Cluster) {
  const members = ['cp-1', 'cp-2', 'cp-3'].map((name) => group.network.dialEtcd(group.network.host(name), 'https://127.0.0.1:2379'));
  const leader = members.find((one) => one.status().leader === one.status().member);
  if (!leader) throw new Error('nobody leads');
  return leader;
}

/** One after the other, on one keyspace. */
const keys = [
  'put a 1',
  'put a 2 --prev-kv',
  'put b x -w json',
  'put c y -w fields --prev-kv',
  "put d 'two words'",
  'get a',
  'get a -w json',
  'get a -w fields',
  'get nothing',
  'get nothing -w json',
  'get a d',
  'get a --prefix --keys-only',
  "get '' --prefix --limit 2 -w json",
  "get '' --from-key --order DESCEND --sort-by MODIFY",
  'get a --rev 2',
  'get a --rev 99',
  'get a --print-value-only',
  'get a --hex',
  'get a -w table',
  'get',
  'del b --prev-kv',
  'del a d -w json',
  'del nothing -w fields',
  'compaction 3',
  'compaction 3',
  'get a --rev 2',
  'put lost --lease=123abc x',
  'put ignored --ignore-value',
  'put once again -w fields',
  'put fields-of uni-é -w fields --prev-kv',
  'get fields-of -w fields',
  'put a 2 3',
  'put empty',
  'put once x --ignore-value',
  'put once x --ignore-lease --lease=12',
  'get a b --prefix',
  'get a b --from-key',
  'get a --rev=-1',
  "get '' --prefix --limit=-1",
  'del a b --prefix',
  'del a b c',
  'lease list -w fields',
  'lease grant soon',
  'lease grant 99999999999999999999',
  'lease grant 9999999999',
  'lease revoke zzz',
  'lease keep-alive --once 1234',
  'lease timetolive 1234 -w fields',
  'alarm list -w json',
  'alarm list -w fields',
  'alarm disarm -w json',
  'alarm list x',
  'endpoint hashkv --rev 999',
  'member list -w bogus',
  'member add',
  'member add x http://10.0.0.9:2380',
  'member add x y --peer-urls=http://10.0.0.9:2380',
  'member add x --peer-urls=notaurl',
  'member add x --peer-urls=http://10.0.0.9',
  'member add x --peer-urls=http://10.0.0.9:2380/path',
  'member remove 1234 5678',
  'member remove 1ffffffffffffffff',
  'move-leader zzz',
  'move-leader 1 2',
  'watch',
  'watch a b --prefix',
  'watch b a',
  'member list',
  'member list -w table',
  'member list -w json',
  'member list -w fields',
  'endpoint hashkv -w json',
  'alarm list',
  'lease timetolive 123abc',
  'lease revoke 123abc',
  'lease list',
  'move-leader 1234',
  'member remove 1234',
  'member add new --peer-urls=https://10.0.0.9:2380 --learner',
  'member promote 1234',
  'member update 1234 --peer-urls=https://10.0.0.8:2380',
  'member update 20d9abda367eafde --peer-urls=https://10.0.0.9:2380',
  'member update 20d9abda367eafde --peer-urls=https://10.0.0.8:2380',
  'member update 20d9abda367eafde',
  'member update 20d9abda367eafde --peer-urls=https://10.0.0.8:2380 -w json',
  'member update 20d9abda367eafde --peer-urls=https://10.0.0.8:2380 -w fields',
  'member list',
];

compared('the real etcdctl and ours print the same', () => {
  test.each(keys)('%s', (line) => compare(line));

  test('of a lease', async () => {
    await compare('lease grant 300');
    const lease = real.network.dialEtcd(real.network.host('cp-1'), 'https://127.0.0.1:2379').leases()[0]?.toString(16) ?? '';
    await compare(`put leased v --lease=${lease}`);
    await compare(`lease timetolive ${lease} --keys -w fields`);
    await compare('lease list -w json');
    await compare(`lease keep-alive ${lease} --once`);
    await compare(`lease revoke ${lease}`);
    await compare('get leased');
  });

  test('of transactions', async () => {
    await compare('txn', 'mod("c") > "0"\n\nput c z\nget c\n\nput c w\n\n');
    await compare('txn -w json', 'value("c") = "none"\n\nput c z\n\nget c\ndel c\n\n');
    await compare('txn -w fields', 'version("c") = "0"\n\nput c again\n\n\n');
    await compare('txn', 'mod("c") > "0"\n\nput c z\nput c z\n\n\n');
    await compare('txn -w json', '\nget --prefix "" --limit=1\ndel c --prev-kv\nput c x --prev-kv\n\n\n');
    await compare('txn -i', 'mod("c") > "0"\n\nget c\n\n\n');
    for (const stdin of [
      '',
      'mod("c") > "0"',
      'mod(c) > 0\n\n\n\n',
      'mod("c")>"0"\n\n\n\n',
      'foo("c") = "0"\n\n\n\n',
      'mod("c") = "zz"\n\n\n\n',
      '\nput a b c\n\n\n',
      '\nput a\n\n\n',
      '\nfoo a\n\n\n',
      '\nput\n\n\n',
    ])
      await compare('txn', stdin);
  });

  test('of a watch that begins in the past', async () => {
    await compare('watch c --rev=5', '', 1_000);
    await compare('watch c --rev=5 -w json', '', 1_000);
    await compare('watch c --prefix --rev=5 --prev-kv -w fields', '', 1_000);
    await compare('watch c --rev=2', '', 3_000);
    await compare('watch c --rev=2 -w json', '', 3_000);
  });

  test('of users and roles', async () => {
    for (const line of [
      'auth enable',
      'user add root:secret',
      'user add root:secret',
      'user add alice:wonder -w json',
      'role add reader',
      'role add reader -w fields',
      'role grant-permission reader read /app/ --prefix',
      'role grant-permission reader readwrite /mine',
      'role grant-permission reader write /from --from-key',
      'role grant-permission reader eat /app/',
      'role get reader',
      'role get reader -w json',
      'role get reader -w fields',
      'user grant-role alice reader',
      'user grant-role alice writer',
      'user get alice',
      'user get alice --detail',
      'user get nobody',
      'user list',
      'user list -w json',
      'role list -w fields',
      'user list -w table',
      'auth enable',
      '--user root:secret role get root',
      '--user root:wrong get /app/one',
      '--user nobody:x get /app/one',
      '--user root:secret put /app/one 1',
      '--user alice:wonder get /app/one',
      '--user alice:wonder put /app/one 2',
      '--user alice:wonder put /mine 2 --prev-kv',
      '--user alice:wonder user list',
      '--user alice:wonder user get alice',
      '--user alice:wonder compaction 9',
      '--user alice:wonder member add x --peer-urls=https://10.0.0.8:2380',
      '--user root:secret role revoke-permission reader /app/ --prefix',
      '--user root:secret role revoke-permission reader /nowhere',
      '--user alice:wonder get /app/one',
      '--user root:secret user revoke-role alice reader',
      '--user root:secret user delete root',
      '--user root:secret role delete reader',
      '--user root:secret user delete alice',
      '--user root:secret auth disable',
      'get /app/one',
    ])
      await compare(line);
  });
});

compared('a real etcdctl', () => {
  test('hears of every change while it watches', async () => {
    const watching = runReal(['watch', 'live', '--prefix'], '', 1_500);
    await wait(500);
    for (const key of ['live/1', 'live/2']) await runReal(['put', key, 'v'], '');
    await runReal(['del', 'live/1'], '');
    expect((await watching).stdout).toBe('PUT\nlive/1\nv\nPUT\nlive/2\nv\nDELETE\nlive/1\n\n');
  });

  test('is told by etcd when nobody agrees any more, and waits for a leader while there may be one', async () => {
    const group = withEtcdAlone(3);
    const time = async (ms: number) => void group.kernel.runFor(ms);
    const dial = () => group.network.dialEtcd(group.network.host('cp-1'), 'https://127.0.0.1:2379');
    const [patient, at] = [serveEtcd(dial, time), '127.0.0.1'];
    const endpointOfGroup = `${at}:${await patient.listen(0, at)}`;
    const next =
      dial()
        .members()
        .find(({ name }) => name === 'cp-3')?.id ?? '';
    leading(group).moveLeader(next);
    group.crash('cp-3');
    const elected = await runReal(['get', 'a'], '', undefined, endpointOfGroup);
    group.crash('cp-2');
    const lost = await runReal(['put', 'a', 'c'], '', undefined, endpointOfGroup);
    await patient.close();
    expect(elected.exitCode).toBe(0);
    expect(lost.stderr).toContain('Error: etcdserver: request timed out');
    expect(lost.exitCode).toBe(1);
  });

  test('moves the leader of three members, and holds a lock with any of them', async () => {
    const group = withEtcdAlone(3);
    const gateways = ['cp-1', 'cp-2', 'cp-3'].map((name) =>
      serveEtcd(() => group.network.dialEtcd(group.network.host(name), 'https://127.0.0.1:2379')),
    );
    const ports = await Promise.all(gateways.map((one) => one.listen(0, '127.0.0.1')));
    const endpoints = ports.map((port) => `127.0.0.1:${port}`).join();
    const leaderOf = async () =>
      (await runReal(['endpoint', 'status'], '', undefined, endpoints)).stdout.split('\n').find((row) => row.split(', ')[4] === 'true');
    const leader = await leaderOf();
    const next =
      (await runReal(['member', 'list'], '', undefined, endpoints)).stdout
        .split('\n')
        .map((row) => row.split(', '))
        .find(([id = '']) => id !== '' && !leader?.includes(id))?.[0] ?? '';
    const moved = await runReal(['move-leader', next], '', undefined, endpoints);
    const held = await runReal(['lock', 'mutex', 'echo', 'held'], '', undefined, endpoints);
    const after = await leaderOf();
    await Promise.all(gateways.map((one) => one.close()));
    expect(moved.stdout).toBe(`Leadership transferred from ${leader?.split(', ')[1]} to ${next}\n`);
    expect(after).toContain(next);
    expect(held.stdout).toBe('held\n');
  });

  test('keeps values that are no UTF-8', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xe9, 0x41, 0xc3, 0xa9]);
    await runReal(['put', 'bytes'], bytes);
    expect((await runReal(['get', 'bytes', '-w', 'json'])).stdout).toContain(`"value":"${bytes.toString('base64')}"`);
  });

  test('saves a snapshot whose checksum holds', async () => {
    const path = `/tmp/orrery-etcdctl-${process.pid}.db`;
    const { stdout, exitCode } = await runReal(['snapshot', 'save', path], '');
    rmSync(path, { force: true });
    expect([stdout, exitCode]).toEqual([`Snapshot saved at ${path}\n`, 0]);
  });
});
