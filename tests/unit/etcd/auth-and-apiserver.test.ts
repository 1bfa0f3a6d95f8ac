import { Cluster } from '@/lib/cluster';

test('with authentication on, an API server may do what the user of its certificate may', () => {
  const cluster = Cluster.boot({ topology: { controlPlanes: 1, workers: 0 }, seed: '1' });
  const host = cluster.network.host('cp-1');
  const etcd = cluster.network.dialEtcd(host, 'https://127.0.0.1:2379');
  const list = () => cluster.asAdmin('test')({ method: 'GET', url: '/api/v1/namespaces/default/configmaps?limit=500', headers: {} });
  etcd.auth({ type: 'user-add', name: 'root', password: 'secret' });
  etcd.auth({ type: 'role-add', role: 'root' });
  etcd.auth({ type: 'user-grant-role', name: 'root', role: 'root' });
  etcd.auth({ type: 'enable' });
  expect(list()).toMatchObject({ status: 500, body: { message: expect.stringContaining('etcdserver: permission denied') as string } });

  const token = etcd.auth({ type: 'authenticate', name: 'root', password: 'secret' }).token as string;
  const root = cluster.network.dialEtcd(host, 'https://127.0.0.1:2379', { token });
  root.auth({ type: 'user-add', name: 'kube-apiserver-etcd-client', password: '', hasNoPassword: true });
  root.auth({ type: 'user-grant-role', name: 'kube-apiserver-etcd-client', role: 'root' });
  cluster.kernel.runFor(60_000);
  expect(list().status).toBe(200);
});
