import { Cluster } from '@/lib/cluster';
import type { ApiResponse } from '@/lib/cluster/api';

const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';

/** Three control planes; the API server of the first is told of all members of etcd, its own first. */
function namingAll(seed: string): Cluster {
  const cluster = Cluster.boot({ topology: { controlPlanes: 3, workers: 0 }, seed });
  const { disk } = cluster.machine('cp-1');
  const servers = ['127.0.0.1', ...['cp-2', 'cp-3'].map((name) => cluster.machine(name).ip)].map((ip) => `https://${ip}:2379`);
  disk.set(manifest, (disk.get<string>(manifest) as string).replace(/--etcd-servers=\S+/, `--etcd-servers=${servers.join()}`));
  cluster.kernel.runFor(60_000);
  return cluster;
}

/** The API server of one machine, asked from that machine. */
function serverOf(cluster: Cluster, name: string) {
  const url = `https://${cluster.machine(name).ip}:6443`;
  const subject = { commonName: 'kubernetes-admin', organizations: ['system:masters'] };
  const transport = cluster.dial(name, { server: url, subject });
  const ask = (method: string, path: string, body?: object): ApiResponse =>
    transport({
      method: method as 'GET',
      url: path,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body,
    } as never);
  return { ask, transport };
}

const configMaps = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

test('an API server whose own member of etcd is stopped goes on with the others that it is told of', () => {
  const cluster = namingAll('servers');
  const [first, second] = ['cp-1', 'cp-2'].map((name) => serverOf(cluster, name)) as [
    ReturnType<typeof serverOf>,
    ReturnType<typeof serverOf>,
  ];
  const seen: string[] = [];
  const { stream } = first.ask('GET', `${configMaps}?watch=true`);
  stream?.start({
    write: (chunk: unknown) => void seen.push(JSON.stringify(chunk).replace(/.*"type\W+(\w+).*"name\W+([-\w.]+).*/s, '$1 $2')),
    end: () => void seen.push('end'),
  } as never);
  cluster.kernel.runFor(1_000);
  const { disk } = cluster.machine('cp-1');
  disk.delete('/etc/kubernetes/manifests/etcd.yaml');
  cluster.kernel.runFor(60_000);
  const running = cluster
    .runtimeOf('cp-1')
    .listContainers()
    .filter(({ state }) => state === 'running');
  expect(running.map(({ name }) => name).sort()).toContain('kube-apiserver');
  expect(running.map(({ name }) => name)).not.toContain('etcd');
  expect(first.ask('POST', configMaps, configMap('own')).status).toBe(201);
  expect(second.ask('POST', configMaps, configMap('others')).status).toBe(201);
  cluster.kernel.runFor(2_000);
  expect(first.ask('GET', `${configMaps}/others`).status).toBe(200);
  expect(second.ask('GET', `${configMaps}/own`).status).toBe(200);
  for (const path of ['/readyz', '/livez', '/healthz/etcd']) expect([path, first.ask('GET', path).status]).toEqual([path, 200]);
  expect(seen.filter((line) => /own|others/.test(line))).toEqual(['ADDED own', 'ADDED others']);
});

test('an API server that is told only of its own member is not ready without it', () => {
  const cluster = Cluster.boot({ topology: { controlPlanes: 3, workers: 0 }, seed: 'own' });
  cluster.machine('cp-1').disk.delete('/etc/kubernetes/manifests/etcd.yaml');
  cluster.kernel.runFor(60_000);
  expect(serverOf(cluster, 'cp-1').ask('GET', '/readyz').status).toBe(500);
});
