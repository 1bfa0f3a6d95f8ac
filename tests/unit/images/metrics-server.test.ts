import { readFileSync } from 'node:fs';
import type { Cluster } from '@/lib/cluster';
import { adminOf } from '../../support/api-calls';
import { Desk } from '../../support/kubectl';
import { freshCluster } from '../../support/template';

const manifest = readFileSync('tests/support/metrics-server.yaml', 'utf8');
const metrics = '/apis/metrics.k8s.io/v1beta1';

async function deployed(): Promise<{ desk: Desk; admin: ReturnType<typeof adminOf> }> {
  const cluster = freshCluster();
  const desk = new Desk(cluster, { '/home/learner/components.yaml': manifest });
  expect(await desk.run('apply -f components.yaml')).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await desk.run('wait --for=condition=Available apiservice/v1beta1.metrics.k8s.io --timeout=90s')).toMatchObject({ exitCode: 0 });
  run(cluster, 20_000);
  return { desk, admin: adminOf(cluster) };
}

/** What the other server answered, which the API server passes on as it is. */
function answered(admin: ReturnType<typeof adminOf>, url: string): any {
  return JSON.parse(admin.transport({ method: 'GET', url, headers: {} }).body as string);
}

function run(cluster: Cluster, ms: number): void {
  cluster.kernel.runFor(ms);
}

const web = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { nodeName: 'worker-1', containers: [{ name: 'nginx', image: 'nginx:1.27' }] },
};

test('metrics-server serves what nodes and Pods use, through the API server', async () => {
  const { admin } = await deployed();
  const nodes = answered(admin, `${metrics}/nodes`);
  expect(nodes).toMatchObject({ kind: 'NodeMetricsList', apiVersion: 'metrics.k8s.io/v1beta1' });
  expect(nodes.items.map((one: any) => one.metadata.name)).toEqual(['cp-1', 'worker-1', 'worker-2']);
  expect(answered(admin, `${metrics}/nodes/cp-1`)).toMatchObject({
    kind: 'NodeMetrics',
    metadata: { name: 'cp-1', labels: { 'kubernetes.io/hostname': 'cp-1' } },
    timestamp: expect.stringMatching(/^\d{4}-.*\d\dZ$/),
    window: '15s',
    usage: { cpu: expect.stringMatching(/^\d+[num]$/), memory: expect.stringMatching(/^\d+[KM]i$/) },
  });
  expect(answered(admin, `${metrics}/namespaces/kube-system/pods/etcd-cp-1`)).toMatchObject({
    kind: 'PodMetrics',
    metadata: { name: 'etcd-cp-1', namespace: 'kube-system' },
    containers: [{ name: 'etcd', usage: { cpu: '20m', memory: '40Mi' } }],
  });
  const selected = answered(admin, `${metrics}/pods?labelSelector=k8s-app%3Dkube-dns`);
  expect(selected.items.map((one: any) => one.containers[0].name)).toEqual(['coredns', 'coredns']);
  const { status, body } = admin.transport({ method: 'GET', url: `${metrics}/nodes/nosuch`, headers: {} });
  expect([status, JSON.parse(body as string).message]).toEqual([404, 'nodemetrics.metrics.k8s.io "nosuch" not found']);
});

test('a Pod that has just started has no metrics yet; one that is asked much uses more of the processor', async () => {
  const { desk, admin } = await deployed();
  const { cluster } = desk;
  admin.create('/api/v1/namespaces/default/pods', web);
  run(cluster, 3_000);
  expect(await desk.run('top pods')).toMatchObject({ exitCode: 1, stderr: 'error: metrics not available yet\n' });
  run(cluster, 40_000);
  expect((await desk.run('top pods')).stdout).toBe('NAME   CPU(cores)   MEMORY(bytes)   \nweb    0m           2Mi             \n');
  for (let second = 0; second < 45; second++) {
    for (let count = 0; count < 100; count++)
      admin.transport({ method: 'GET', url: '/api/v1/namespaces/default/pods/web/proxy/', headers: {} });
    run(cluster, 1_000);
  }
  expect((await desk.run('top pods --no-headers')).stdout).toMatch(/^web {3}(9\d|10\d)m {3}/);
});

test('what the API server does not let metrics-server read, it refuses in the same words', async () => {
  const { desk, admin } = await deployed();
  expect(await desk.run('delete clusterrolebinding system:metrics-server')).toMatchObject({ exitCode: 0 });
  for (const [path, verb] of [
    ['nodes/cp-1', 'get'],
    ['nodes', 'list'],
  ])
    expect(answered(admin, `${metrics}/${path}`)).toMatchObject({
      code: 403,
      message: expect.stringContaining(`User "system:serviceaccount:kube-system:metrics-server" cannot ${verb} resource "nodes"`),
    });
});

test('names that mean something in JavaScript are names like any other', async () => {
  const { desk, admin } = await deployed();
  admin.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'constructor' } });
  const containers = [{ name: 'constructor', image: 'nginx:1.27' }];
  admin.create('/api/v1/namespaces/default/pods', { ...web, spec: { ...web.spec, containers } });
  run(desk.cluster, 3_000);
  expect(answered(admin, `${metrics}/nodes/constructor`)).toMatchObject({ code: 404 });
  expect(answered(admin, `${metrics}/namespaces/default/pods/web`)).toMatchObject({ code: 404 });
  run(desk.cluster, 40_000);
  expect(answered(admin, `${metrics}/namespaces/default/pods/web`).containers).toMatchObject([{ name: 'constructor', usage: {} }]);
});

test('kubectl top prints nodes, Pods, containers and sums as upstream does', async () => {
  const { desk } = await deployed();
  const nodes = await desk.run('top nodes');
  expect(nodes.stderr).toBe('');
  expect(nodes.stdout).toMatch(
    /^NAME {7}CPU\(cores\) {3}CPU\(%\) {3}MEMORY\(bytes\) {3}MEMORY\(%\) {3}\ncp-1 {7}\d+m +\d+% +\d+Mi +\d+% +\nworker-1 .*\nworker-2 .*\n$/,
  );
  const system = await desk.run('top pods -n kube-system --sort-by=memory --sum --no-headers');
  expect(system.stdout.split('\n')[0]).toMatch(/^kube-apiserver-cp-1 +40m +220Mi +$/);
  expect(system.stdout).toMatch(/\n +________ {3}________ {3}\n +\d+m +\d+Mi +\n$/);
  expect((await desk.run('top pod etcd-cp-1 -n kube-system --containers')).stdout).toBe(
    'POD         NAME   CPU(cores)   MEMORY(bytes)   \netcd-cp-1   etcd   20m          40Mi            \n',
  );
  expect(await desk.run('top pods')).toMatchObject({ exitCode: 0, stderr: 'No resources found in default namespace.\n' });
  expect((await desk.run('top nodes --sort-by=name')).stderr).toBe('error: --sort-by accepts only cpu or memory\n');
  expect((await desk.run('top pod nosuch')).stderr).toBe('Error from server (NotFound): podmetrics.metrics.k8s.io "nosuch" not found\n');
});

test("a kubelet tells what its node uses in Prometheus' words, through the API server's node proxy too", () => {
  const admin = adminOf(freshCluster());
  const { body } = admin.transport({ method: 'GET', url: '/api/v1/nodes/cp-1/proxy/metrics/resource', headers: {} });
  expect(body).toContain('# TYPE node_cpu_usage_seconds_total counter\nnode_cpu_usage_seconds_total ');
  expect(body).toMatch(
    /\ncontainer_memory_working_set_bytes\{container="etcd",namespace="kube-system",pod="etcd-cp-1"\} 41943040 \d{13}\n/,
  );
  expect(body).toContain('\nresource_scrape_error 0\n');
});
