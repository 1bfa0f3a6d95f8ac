import { Cluster } from '@/lib/cluster';
import { adminOf } from '@/tests/support/api-calls';
import { etcdLog, inEtcd, membersOf, statesOf } from '@/tests/support/etcd-pods';

/** Moves a static Pod's manifest out of its directory, or puts a text there. */
function manifest(cluster: Cluster, name: string, text?: string, machine = 'cp-1'): string {
  const { disk } = cluster.machine(machine);
  const path = `/etc/kubernetes/manifests/${name}.yaml`;
  const before = disk.get<string>(path) ?? '';
  if (text === undefined) disk.delete(path);
  else disk.set(path, text);
  return before;
}

test('a cluster is restored from a snapshot of etcd as the documentation tells', () => {
  const cluster = Cluster.boot({ topology: { controlPlanes: 1, workers: 1 }, seed: 'restore' });
  const namespaces = () =>
    adminOf(cluster)
      .list('/api/v1/namespaces')
      .map(({ metadata }) => metadata.name);
  adminOf(cluster).create('/api/v1/namespaces', { metadata: { name: 'kept' } });
  expect(inEtcd(cluster, 'cp-1', ['etcdctl', 'snapshot', 'save', '/var/lib/etcd/snapshot.db']).exitCode).toBe(0);
  adminOf(cluster).create('/api/v1/namespaces', { metadata: { name: 'late' } });
  expect(
    inEtcd(cluster, 'cp-1', ['etcdutl', 'snapshot', 'restore', '/var/lib/etcd/snapshot.db', '--data-dir=/var/lib/etcd/restored']).exitCode,
  ).toBe(0);
  const [apiServer, etcd] = [manifest(cluster, 'kube-apiserver'), manifest(cluster, 'etcd')];
  cluster.kernel.runFor(60_000);
  manifest(cluster, 'etcd', etcd.replace('--data-dir=/var/lib/etcd', '--data-dir=/var/lib/etcd/restored'));
  manifest(cluster, 'kube-apiserver', apiServer);
  cluster.kernel.runFor(120_000);
  expect(namespaces()).toContain('kept');
  expect(namespaces()).not.toContain('late');
  adminOf(cluster).create('/api/v1/namespaces', { metadata: { name: 'later' } });
  const restored = Cluster.restore(JSON.parse(JSON.stringify(cluster.snapshot())) as ReturnType<Cluster['snapshot']>);
  expect(
    adminOf(restored)
      .list('/api/v1/namespaces')
      .map(({ metadata }) => metadata.name),
  ).toEqual(namespaces());
});

const controlPlanes = ['cp-1', 'cp-2', 'cp-3'] as const;
let template: Cluster | undefined;

function group(seed: string): Cluster {
  template ??= Cluster.boot({ topology: { controlPlanes: 3, workers: 1 }, seed: 'template' });
  return template.fork({ seed });
}

/** Saves a snapshot on cp-1 and copies the file to the others. */
function saveAndCopy(cluster: Cluster): void {
  const path = '/var/lib/etcd/snapshot.db';
  expect(inEtcd(cluster, 'cp-1', ['etcdctl', 'snapshot', 'save', path]).output).toContain('Snapshot saved at');
  const text = cluster.machine('cp-1').disk.get<string>(path) as string;
  for (const name of controlPlanes) cluster.machine(name).disk.set(path, text);
}

function restoreOn(cluster: Cluster, machine: string, ...flags: readonly string[]) {
  const argv = ['etcdutl', 'snapshot', 'restore', '/var/lib/etcd/snapshot.db', '--data-dir=/var/lib/etcd/restored'];
  return inEtcd(cluster, machine, [...argv, ...flags]);
}

/** The group as it is written down for a restore. */
const rows = (cluster: Cluster) => controlPlanes.map((name) => `${name}=https://${cluster.machine(name).ip}:2380`).join();

test('three members are restored from one snapshot, each by its own command line, and the API server works on what they hold', () => {
  const cluster = group('restore three');
  const namespaces = () =>
    adminOf(cluster)
      .list('/api/v1/namespaces')
      .map(({ metadata }) => metadata.name);
  adminOf(cluster).create('/api/v1/namespaces', { metadata: { name: 'kept' } });
  saveAndCopy(cluster);
  adminOf(cluster).create('/api/v1/namespaces', { metadata: { name: 'late' } });
  for (const name of controlPlanes)
    expect(
      restoreOn(
        cluster,
        name,
        `--name=${name}`,
        `--initial-cluster=${rows(cluster)}`,
        '--initial-cluster-token=restored',
        `--initial-advertise-peer-urls=https://${cluster.machine(name).ip}:2380`,
        '--bump-revision=1000000',
        '--mark-compacted',
      ),
    ).toMatchObject({ exitCode: 0, output: expect.stringContaining('restored snapshot') });
  const before = membersOf(cluster, 'cp-1').map(({ id }) => id);
  const manifests = controlPlanes.map((name) => [
    name,
    manifest(cluster, 'kube-apiserver', undefined, name),
    manifest(cluster, 'etcd', undefined, name),
  ]);
  cluster.kernel.runFor(60_000);
  for (const [name = '', apiServer, etcd = ''] of manifests) {
    manifest(cluster, 'etcd', etcd.replace('--data-dir=/var/lib/etcd', '--data-dir=/var/lib/etcd/restored'), name);
    manifest(cluster, 'kube-apiserver', apiServer, name);
  }
  cluster.kernel.runFor(180_000);
  expect(namespaces()).toContain('kept');
  expect(namespaces()).not.toContain('late');
  adminOf(cluster).create('/api/v1/namespaces', { metadata: { name: 'later' } });
  const states = statesOf(cluster);
  expect(new Set(states.map(({ revision, hash }) => `${revision} ${hash}`)).size).toBe(1);
  expect(states[0]?.revision).toBeGreaterThan(1_000_000);
  const after = membersOf(cluster, 'cp-2');
  expect(after.map(({ name, clientUrls }) => `${name} ${clientUrls.join()}`)).toEqual(
    controlPlanes.map((name) => `${name} https://${cluster.machine(name).ip}:2379`),
  );
  expect(after.some(({ id }) => before.includes(id))).toBe(false);
  cluster.crash('cp-1');
  cluster.kernel.runFor(30_000);
  expect(namespaces()).toContain('later');
});

test('a restore that does not fit together is refused in the words of etcdutl', () => {
  const cluster = group('refused');
  saveAndCopy(cluster);
  const refusal = (...flags: readonly string[]) => restoreOn(cluster, 'cp-1', ...flags).output.trim();
  expect(refusal('--name=cp-1')).toBe('Error: couldn\'t find local name "cp-1" in the initial cluster configuration');
  expect(refusal('--name=cp-1', `--initial-cluster=${rows(cluster)}`)).toBe(
    'Error: --initial-cluster has cp-1=https://172.18.0.2:2380 but missing from --initial-advertise-peer-urls=http://localhost:2380 ("http://localhost:2380"(resolved from "http://localhost:2380") != "https://172.18.0.2:2380"(resolved from "https://172.18.0.2:2380"))',
  );
  expect(refusal('--initial-cluster=default=http://localhost:2380,other=http://localhost:2380')).toBe(
    'Error: initial cluster default=http://localhost:2380,other=http://localhost:2380 has duplicate url',
  );
  expect(refusal('--bump-revision=5')).toBe('Error: --mark-compacted required if --revision-bump > 0');
  expect(refusal('--data-dir=/var/lib/etcd')).toBe('Error: data-dir "/var/lib/etcd" not empty or could not be read');
});

test('a member whose data directory is gone begins anew: alone where it may, or not at all where its group has it already', () => {
  const cluster = Cluster.boot({ topology: { controlPlanes: 1, workers: 0 }, seed: 'wiped' });
  const { disk } = cluster.machine('cp-1');
  const etcd = manifest(cluster, 'etcd');
  cluster.kernel.runFor(60_000);
  for (const [path] of disk.list('/var/lib/etcd/')) disk.delete(path);
  manifest(cluster, 'etcd', etcd);
  cluster.kernel.runFor(120_000);
  expect(inEtcd(cluster, 'cp-1', ['etcdctl', 'get', '/registry/deployments/kube-system/coredns']).output).toBe('');
  expect(inEtcd(cluster, 'cp-1', ['etcdctl', 'member', 'list']).output).toContain('started, cp-1');
  const three = group('wiped');
  const first = manifest(three, 'etcd');
  three.kernel.runFor(60_000);
  for (const [path] of three.machine('cp-1').disk.list('/var/lib/etcd/')) three.machine('cp-1').disk.delete(path);
  manifest(three, 'etcd', first.replace(/--initial-cluster=.*/, `--initial-cluster=${rows(three)}`));
  three.kernel.runFor(20_000);
  const [{ id } = { id: '' }] = membersOf(three, 'cp-2');
  expect(etcdLog(three, 'cp-1')).toContain(`"error":"member ${id} has already been bootstrapped"`);
});

test('a member that comes back without its data panics, and its group goes on without it', () => {
  const cluster = group('emptied');
  const { disk } = cluster.machine('cp-3');
  const etcd = manifest(cluster, 'etcd', undefined, 'cp-3');
  cluster.kernel.runFor(60_000);
  for (const [path] of disk.list('/var/lib/etcd/')) disk.delete(path);
  manifest(cluster, 'etcd', etcd, 'cp-3');
  cluster.kernel.runFor(60_000);
  expect(etcdLog(cluster, 'cp-3')).toMatch(
    /"level":"panic".*"msg":"tocommit\(\d+\) is out of range \[lastIndex\(0\)\]\. Was the raft log corrupted, truncated, or lost\?"/,
  );
  adminOf(cluster).create('/api/v1/namespaces', { metadata: { name: 'meanwhile' } });
});
