import { Cluster } from '@/lib/cluster';

const key = '/registry/configmaps/default/made';
const made = JSON.stringify({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'made', namespace: 'default', uid: '1', creationTimestamp: '2026-01-05T08:00:00Z' },
  data: { by: 'hand' },
});

function started() {
  const cluster = Cluster.boot({ topology: { controlPlanes: 1, workers: 0 }, seed: '1' });
  const etcd = cluster.network.dialEtcd(cluster.network.host('cp-1'), 'https://127.0.0.1:2379');
  const get = (path: string) =>
    cluster.asAdmin('test')({ method: 'GET', url: `/api/v1/namespaces/default/configmaps${path}`, headers: {} });
  const names = () => {
    const { body } = get('');
    return ((typeof body === 'string' ? JSON.parse(body) : body) as { items: { metadata: { name: string } }[] }).items.map(
      ({ metadata }) => metadata.name,
    );
  };
  return { cluster, etcd, get, names };
}

test('an object that was put into etcd as JSON is served', () => {
  const { etcd, get, names } = started();
  etcd.put(key, made);
  expect(get('/made').body).toMatchObject({ kind: 'ConfigMap', data: { by: 'hand' } });
  expect(names()).toContain('made');
});

test('a value that is no object does not stop the API server, and is gone once deleted', () => {
  const { etcd, get, names } = started();
  etcd.put(key, made);
  names();
  etcd.put(key, 'rubbish');
  expect(get('/made').status).toBe(404);
  expect(names()).toEqual(['kube-root-ca.crt']);
  etcd.deleteRange(key);
  etcd.put(key, made);
  expect(names()).toContain('made');
});
