import { Cluster } from '@/lib/cluster';
import { patiently } from '@/lib/labs';
import { adminOf } from '@/tests/support/api-calls';
import { statesOf } from '@/tests/support/etcd-pods';
import { Desk } from '@/tests/support/kubectl';

let template: Cluster | undefined;

function group(seed: string): { cluster: Cluster; desk: Desk; leader: string; others: readonly string[] } {
  template ??= Cluster.boot({ topology: { controlPlanes: 3, workers: 0 }, seed: 'template' });
  const cluster = template.fork({ seed });
  cluster.kernel.runFor(10_000);
  const leader = statesOf(cluster).find(({ role }) => role === 'leader')?.name as string;
  return { cluster, desk: new Desk(cluster), leader, others: ['cp-1', 'cp-2', 'cp-3'].filter((name) => name !== leader) };
}

/** Runs a command and tells how long it took. */
async function timed({ cluster, desk }: { cluster: Cluster; desk: Desk }, command: string) {
  const startedAt = cluster.now;
  const ran = await desk.run(command);
  return { ...ran, tookMs: cluster.now - startedAt };
}

test('what is read in the seconds of an election comes when they are over', async () => {
  const { cluster, desk, leader } = group('read');
  cluster.crash(leader);
  const { stdout, exitCode, tookMs } = await timed({ cluster, desk }, 'get namespaces');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('kube-system');
  expect(tookMs).toBeGreaterThan(200);
  expect(tookMs).toBeLessThan(7_000);
});

test('what is written to a leader that is lost fails after seven seconds; later it is written', async () => {
  const { cluster, desk, leader } = group('write');
  cluster.crash(leader);
  const lost = await timed({ cluster, desk }, 'create namespace lost');
  expect(lost).toMatchObject({
    exitCode: 1,
    stderr: 'Error from server: etcdserver: request timed out, possibly due to connection lost\n',
  });
  expect(lost.tookMs).toBeGreaterThanOrEqual(7_000);
  expect(await timed({ cluster, desk }, 'create namespace later')).toMatchObject({ exitCode: 0, stdout: 'namespace/later created\n' });
});

test('what is written while nobody leads waits for the next leader', async () => {
  const { cluster, desk, others } = group('elect');
  for (const name of others) cluster.crash(name);
  cluster.kernel.runFor(20_000);
  cluster.bootMachine(others[0] as string);
  const { tookMs, ...ran } = await timed({ cluster, desk }, 'create namespace soon');
  expect(ran).toMatchObject({ exitCode: 0, stdout: 'namespace/soon created\n' });
  expect(tookMs).toBeGreaterThan(200);
});

test('without a quorum every request for the latest state hangs for seven seconds and fails', async () => {
  const { cluster, desk, others } = group('none');
  for (const name of others) cluster.crash(name);
  cluster.kernel.runFor(20_000);
  for (const command of ['create namespace lost', 'get nodes', 'delete namespace default', 'get node cp-1']) {
    const { exitCode, stderr, tookMs } = await timed({ cluster, desk }, command);
    expect([command, exitCode, stderr, tookMs]).toEqual([command, 1, 'Error from server: etcdserver: request timed out\n', 7_000]);
  }
  expect(cluster.asAdmin('test')({ method: 'GET', url: '/readyz', headers: {} })).toMatchObject({ status: 500 });
  expect(cluster.asAdmin('test')({ method: 'GET', url: '/livez', headers: {} })).toMatchObject({ status: 200 });
});

test('components that cannot renew their leases end, and lead again when the quorum is back', () => {
  const { cluster, others } = group('leases');
  const holders = () =>
    adminOf(cluster)
      .list<{ metadata: { name: string }; spec: { holderIdentity: string; renewTime: string } }>(
        '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases',
      )
      .map(({ metadata, spec }) => `${metadata.name} ${spec.holderIdentity}`);
  const before = holders();
  for (const name of others) cluster.crash(name);
  cluster.kernel.runFor(60_000);
  const survivor = cluster.machines.find(({ raft, isUp }) => raft && isUp)?.name as string;
  const ended = cluster
    .runtimeOf(survivor)
    .listContainers()
    .filter(({ name, state }) => state === 'exited' && /controller-manager|scheduler/.test(name));
  const led = before.filter((holder) => holder.includes(` ${survivor}_`)).length;
  expect(ended.length).toBeGreaterThanOrEqual(led > 0 ? 1 : 0);
  for (const name of others) cluster.bootMachine(name);
  cluster.kernel.runFor(180_000);
  expect(holders().every((holder) => !before.includes(holder))).toBe(true);
});

test('a request from outside is answered when the server would answer it', async () => {
  const { cluster, others } = group('outside');
  for (const name of others) cluster.crash(name);
  cluster.kernel.runFor(20_000);
  let answeredAt = 0;
  const startedAt = cluster.now;
  const ask = () => cluster.api({ method: 'GET', url: '/api/v1/nodes', headers: {} }, { isAdmin: true });
  const answer = Promise.resolve(patiently(cluster, ask)).then((response) => ((answeredAt = cluster.now), response.status));
  await settle(cluster, 7_000);
  expect([await answer, answeredAt - startedAt]).toEqual([500, 7_000]);
  const later = Promise.resolve(patiently(cluster, ask)).then(({ status }) => status);
  cluster.bootMachine(others[0] as string);
  await settle(cluster, 7_000);
  expect(await later).toBe(200);
  expect(patiently(cluster, ask)).toMatchObject({ status: 200 });
});

/** Lets time pass, and whoever waits for it act in between. */
async function settle(cluster: Cluster, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    cluster.kernel.runFor(100);
    await Promise.resolve();
    await Promise.resolve();
  }
}
