import type { Cluster } from '@/lib/cluster';
import { runEtcdctl, withEtcdAlone } from '../../support/etcd-alone';

let cluster: Cluster;
const etcdctl = (line: string, stdin = '', limitMs?: number) =>
  runEtcdctl(cluster, ['etcdctl', ...line.split(' ')], { stdin, ...(limitMs === undefined ? {} : { limitMs }) });
const member = () => cluster.network.dialEtcd(cluster.network.host('cp-1'), 'https://127.0.0.1:2379');
const later = (afterMs: number, run: () => void) => cluster.kernel.schedule({ delayMs: afterMs, actor: 'test', what: 'later', run });

beforeEach(() => {
  cluster = withEtcdAlone(1);
});

test.each(['notaurl', 'http://nowhere', 'ftp://a:1'])('a member that is said to be at %s is not taken in, and the group goes on', (url) => {
  const id = member().members()[0]?.id;
  for (const line of [`member add new --peer-urls=${url}`, `member update ${id} --peer-urls=${url}`])
    expect(etcdctl(line)).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^Error: URL /) as string });
  expect(etcdctl('put a 1').printed).toBe('OK\n');
});

test('a member that is said to be at a socket gets no message, and the group waits for it as for any other', () => {
  expect(etcdctl('member add new --learner --peer-urls=unix:///run/etcd').exitCode).toBe(0);
  cluster.kernel.runFor(5_000);
  expect(etcdctl('put a 1').printed).toBe('OK\n');
});

test.each([':::', 'http://', 'unix:///x', '[::1]:2379'])('who is asked at %s does not answer', (endpoint) => {
  expect(etcdctl(`get a --endpoints=${endpoint}`)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('Error: context deadline exceeded') as string,
  });
});

test('a watch of a key that nobody writes outlives the compaction of what others write', () => {
  later(1_000, () => {
    for (let count = 0; count < 20; count++) member().put('other', String(count));
  });
  later(2_000, () => member().compact(15));
  later(3_000, () => member().put('quiet', 'at last'));
  expect(etcdctl('watch quiet', '', 5_000)).toMatchObject({ printed: 'PUT\nquiet\nat last\n' });
});

test('a watch tells every ten minutes that nothing was missed, if it is to', () => {
  const { printed } = etcdctl('watch quiet --progress-notify', '', 1_300_000);
  expect(printed).toBe('progress notify: 1\nprogress notify: 1\n');
});

test('a range is deleted two seconds after the warning, at once where it was meant', () => {
  for (const key of ['a', 'b', 'c']) member().put(key, '1');
  const before = cluster.now;
  expect(etcdctl('del a b --range').printed).toBe('1\n');
  expect(cluster.now).toBe(before);
  expect(etcdctl('del b d', '', 1_000).stdout).toBe('');
  expect(member().range('b').count).toBe(1);
  const { stdout, stderr } = etcdctl('del b d');
  expect(stderr).toMatch(/^Warning: Keys between "b" and "d" will be deleted\. /);
  expect([stdout, cluster.now - before]).toEqual(['2\n', 3_000]);
});

test('what one command knows another refuses', () => {
  expect(etcdctl('put a b --limit=5').stderr).toBe('Error: unknown flag: --limit\n');
  expect(etcdctl('get a --once').stderr).toBe('Error: unknown flag: --once\n');
  expect(etcdctl('get a --constructor=1').stderr).toBe('Error: unknown flag: --constructor\n');
});

test('of several endpoints one that is connected is asked', () => {
  expect(etcdctl('put several 1 --endpoints=10.9.9.9:2379,127.0.0.1:2379')).toMatchObject({ stdout: 'OK\n', exitCode: 0 });
  expect(etcdctl('get several --endpoints=127.0.0.1:2379,10.9.9.9:2379').stdout).toBe('several\n1\n');
  expect(etcdctl('get several --endpoints=10.9.9.9:2379,10.9.9.8:2379').stderr).toMatch(/Error: context deadline exceeded\n$/);
});

test('of several endpoints those that answer are shown, and the others named', () => {
  const { stdout, stderr, exitCode } = etcdctl('endpoint hashkv --endpoints=10.9.9.9:2379,127.0.0.1:2379');
  expect(stdout).toMatch(/^127\.0\.0\.1:2379, \d+, 1\n$/);
  expect([stderr, exitCode]).toEqual([
    'Failed to get the hash of endpoint 10.9.9.9:2379 (context deadline exceeded)\nError: context deadline exceeded\n',
    1,
  ]);
});

test('a member with an alarm is not healthy', () => {
  cluster.machine('cp-1').etcd?.setAlarm(member().status().member, 'NOSPACE', true);
  expect(etcdctl('endpoint health')).toMatchObject({
    stderr: '127.0.0.1:2379 is unhealthy: failed to commit proposal: Active Alarm(s): NOSPACE \nError: unhealthy cluster\n',
    exitCode: 1,
  });
  expect(etcdctl('alarm list -w fields').stdout).toMatch(/"AlarmType" : NOSPACE\n\n$/);
  expect(etcdctl('alarm disarm -w json').stdout).toMatch(/^\{"alarms":\[\{"memberID":\d+,"alarm":1\}\]\}\n$/);
  expect(etcdctl('alarm disarm -w json').stdout).toBe('{}\n');
});

test.each([
  ['constructor("a") = "1"\n\n\n\n', 'malformed comparison: constructor("a") = "1" (unknown target constructor)', 3],
  ['mod("a") >= "1"\n\n\n\n', 'malformed comparison: mod("a") >= "1" (unknown result op >=)', 3],
  ['\nget "a" --rev=x\n\n\n', 'invalid argument "x" for "--rev" flag: strconv.ParseInt: parsing "x": invalid syntax', 1],
  ['\nwatch a\n\n\n', 'invalid txn request: watch a', 3],
])('a transaction of %j is refused', (stdin, message, exitCode) => {
  expect(etcdctl('txn', stdin)).toMatchObject({ stdout: '', stderr: `Error: ${message}\n`, exitCode });
});

test('what stands in quotes in a transaction is read as Go reads it', () => {
  expect(etcdctl('txn', '\nput "two words" "a \\"b\\"\\n\\x21"\n\n\n').exitCode).toBe(0);
  expect(member().range('two words').kvs[0]?.value).toBe('a "b"\n!');
});

test('a snapshot tells of the keys that live, and is saved where there is a place for it', () => {
  for (const key of ['a', 'b', 'b', 'c']) member().put(key, '1');
  member().deleteRange('c');
  const etcdutl = (line: string) => runEtcdctl(cluster, ['etcdutl', ...line.split(' ')], { withCertificates: false });
  expect(etcdctl('snapshot save /var/lib/etcd/backup.db').exitCode).toBe(0);
  expect(etcdutl('snapshot status /var/lib/etcd/backup.db -w fields').stdout).toMatch(
    /^"Hash" : \d+\n"Revision" : 6\n"Keys" : 2\n"Size" : \d+\n"Version" : 3\.6\.0\n$/,
  );
  expect(etcdctl('snapshot save /nowhere/backup.db')).toMatchObject({
    stderr: 'Error: could not open /nowhere/backup.db.part (open /nowhere/backup.db.part: no such file or directory)\n',
    exitCode: 5,
  });
  expect(etcdctl('snapshot save a.db --endpoints=a:1,b:1')).toMatchObject({
    stderr: 'Error: snapshot must be requested to one selected node, not multiple [a:1 b:1]\n',
    exitCode: 5,
  });
});

describe('of three members of which two are lost', () => {
  beforeEach(() => {
    cluster = withEtcdAlone(3);
    const leader = ['cp-1', 'cp-2', 'cp-3'].find((name) => {
      const { leader: id, member: own } = cluster.network.dialEtcd(cluster.network.host(name), 'https://127.0.0.1:2379').status();
      return id === own;
    });
    expect(leader).toBe('cp-1');
    for (const name of ['cp-2', 'cp-3']) cluster.crash(name);
  });

  test('a write that nobody agreed on is written once when they return', () => {
    expect(etcdctl('put a 1').stderr).toMatch(/Error: context deadline exceeded\n$/);
    for (const name of ['cp-2', 'cp-3']) cluster.bootMachine(name);
    cluster.kernel.runFor(30_000);
    expect(
      member()
        .range('a')
        .kvs.map(({ version }) => version),
    ).toEqual([1]);
  });

  test('the server gives a write up after seven seconds, where the client waits for that', () => {
    const before = cluster.now;
    expect(etcdctl('put a 1 --command-timeout=20s', '', 30_000)).toMatchObject({
      stderr: 'Error: etcdserver: request timed out, possibly due to connection lost\n',
      exitCode: 1,
    });
    expect(cluster.now - before).toBe(7_000);
  });

  test('a change of members is refused at once', () => {
    const before = cluster.now;
    expect(etcdctl('member add x --peer-urls=https://10.0.0.9:2380').stderr).toBe('Error: etcdserver: unhealthy cluster\n');
    expect(cluster.now).toBe(before);
  });
});
