import { Cluster } from '@/lib/cluster';
import { adminOf } from '@/tests/support/api-calls';

const certificates = [
  '--cacert=/etc/kubernetes/pki/etcd/ca.crt',
  '--cert=/etc/kubernetes/pki/etcd/server.crt',
  '--key=/etc/kubernetes/pki/etcd/server.key',
];

/** `kubectl exec` into the etcd Pod of cp-1. */
function inEtcd(cluster: Cluster, argv: readonly string[]): number | undefined {
  const runtime = cluster.runtimeOf('cp-1');
  const container = runtime.listContainers().find(({ name, state }) => name === 'etcd' && state === 'running');
  let exitCode: number | undefined;
  runtime.exec(container?.id as string, { argv, write: () => undefined, onExit: (code) => void (exitCode = code) });
  cluster.kernel.runUntilCondition(() => exitCode !== undefined, { limitMs: 10_000 });
  return exitCode;
}

/** Moves a static Pod's manifest out of its directory, or puts a text there. */
function manifest(cluster: Cluster, name: string, text?: string): string {
  const { disk } = cluster.machine('cp-1');
  const path = `/etc/kubernetes/manifests/${name}.yaml`;
  const before = disk.get<string>(path) ?? '';
  if (text === undefined) disk.delete(path);
  else disk.set(path, text);
  cluster.kernel.runFor(60_000);
  return before;
}

test('a cluster is restored from a snapshot of etcd as the documentation tells', () => {
  const cluster = Cluster.boot({ topology: { controlPlanes: 1, workers: 1 }, seed: 'restore' });
  const namespaces = () =>
    adminOf(cluster)
      .list('/api/v1/namespaces')
      .map(({ metadata }) => metadata.name);
  adminOf(cluster).create('/api/v1/namespaces', { metadata: { name: 'kept' } });
  expect(inEtcd(cluster, ['etcdctl', ...certificates, 'snapshot', 'save', '/var/lib/etcd/snapshot.db'])).toBe(0);
  adminOf(cluster).create('/api/v1/namespaces', { metadata: { name: 'late' } });
  expect(inEtcd(cluster, ['etcdutl', 'snapshot', 'restore', '/var/lib/etcd/snapshot.db', '--data-dir=/var/lib/etcd/restored'])).toBe(0);
  const [apiServer, etcd] = [manifest(cluster, 'kube-apiserver'), manifest(cluster, 'etcd')];
  manifest(cluster, 'etcd', etcd.replace('--data-dir=/var/lib/etcd', '--data-dir=/var/lib/etcd/restored'));
  manifest(cluster, 'kube-apiserver', apiServer);
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
