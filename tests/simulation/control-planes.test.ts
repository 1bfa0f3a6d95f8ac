import { Cluster } from '@/lib/cluster';
import { adminOf, deploymentOf, paths } from '@/tests/support/api-calls';
import { etcdLog, inEtcd, membersOf, statesOf } from '@/tests/support/etcd-pods';

const templates = new Map<number, Cluster>();

function group(controlPlanes: 2 | 3 | 4 | 5, seed: string): Cluster {
  const template =
    templates.get(controlPlanes) ?? Cluster.boot({ topology: { controlPlanes, workers: controlPlanes === 3 ? 1 : 0 }, seed: 'template' });
  templates.set(controlPlanes, template);
  return template.fork({ seed });
}

test.each([2, 4, 5] as const)('%i control planes boot themselves and hold the same, under one leader', (count) => {
  const cluster = group(count, 'boot');
  adminOf(cluster).create('/api/v1/namespaces', { metadata: { name: 'kept' } });
  const states = statesOf(cluster);
  expect(states).toHaveLength(count);
  expect(new Set(states.map(({ revision, hash }) => `${revision} ${hash}`)).size).toBe(1);
  expect(states.filter(({ role }) => role === 'leader')).toHaveLength(1);
});

test('five control planes survive the loss of two, two do not survive the loss of one', () => {
  const five = group(5, 'lose');
  for (const name of ['cp-1', 'cp-4']) five.crash(name);
  five.kernel.runFor(30_000);
  adminOf(five).create('/api/v1/namespaces', { metadata: { name: 'kept' } });
  const two = group(2, 'lose');
  two.crash('cp-1');
  two.kernel.runFor(30_000);
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  expect(two.asAdmin('test')({ method: 'POST', url: '/api/v1/namespaces', headers, body: { metadata: { name: 'lost' } } })).toMatchObject({
    status: 500,
    body: { message: 'etcdserver: request timed out' },
  });
});

test('workers and people reach a group of control planes through its load balancer, whichever of them is lost', () => {
  const cluster = group(3, 'balancer');
  expect(cluster.server).toBe('https://172.18.0.200:6443');
  expect(cluster.machine('worker-1').disk.get('/etc/kubernetes/kubelet.conf')).toContain('server: https://172.18.0.200:6443');
  expect(cluster.machine('cp-2').disk.get('/etc/kubernetes/admin.conf')).toContain('server: https://172.18.0.200:6443');
  expect(cluster.machine('cp-2').disk.get('/etc/kubernetes/scheduler.conf')).toContain('server: https://172.18.0.3:6443');
  for (const name of ['cp-1', 'cp-2', 'cp-3']) {
    cluster.crash(name);
    cluster.kernel.runFor(60_000);
    const app = `without-${name}`;
    adminOf(cluster).create(paths.deployments, deploymentOf(app, 1));
    cluster.kernel.runFor(30_000);
    expect(adminOf(cluster).get(`${paths.deployments}/${app}`).status?.readyReplicas).toBe(1);
    cluster.bootMachine(name);
    cluster.kernel.runFor(60_000);
  }
});

test('a control plane that is lost for good is replaced: its member removed, a new machine joined and promoted', () => {
  const cluster = group(3, 'replace');
  adminOf(cluster).create('/api/v1/namespaces', { metadata: { name: 'kept' } });
  cluster.crash('cp-3');
  cluster.kernel.runFor(30_000);
  const lost = membersOf(cluster, 'cp-1').find(({ name }) => name === 'cp-3')?.id as string;
  const add = ['etcdctl', 'member', 'add', 'cp-4', '--learner', '--peer-urls=https://172.18.0.6:2380'];
  expect(inEtcd(cluster, 'cp-1', add)).toEqual({ exitCode: 1, output: 'Error: etcdserver: unhealthy cluster\n' });
  expect(inEtcd(cluster, 'cp-1', ['etcdctl', 'member', 'remove', lost]).output).toMatch(`Member ${lost} removed from cluster`);
  adminOf(cluster).remove('/api/v1/nodes/cp-3');
  expect(inEtcd(cluster, 'cp-1', add).output).toContain('ETCD_INITIAL_CLUSTER_STATE="existing"');
  expect(inEtcd(cluster, 'cp-1', ['etcdctl', 'member', 'list']).output).toContain('unstarted, , https://172.18.0.6:2380, , true');
  cluster.join({ name: 'cp-4', role: 'control-plane' });
  expect(cluster.machine('cp-4').ip).toBe('172.18.0.6');
  cluster.kernel.runFor(180_000);
  expect(membersOf(cluster, 'cp-1').map(({ name, isLearner }) => `${name} ${isLearner}`)).toEqual([
    'cp-1 false',
    'cp-2 false',
    'cp-4 false',
  ]);
  const manifest = cluster.machine('cp-4').disk.get<string>('/etc/kubernetes/manifests/etcd.yaml');
  expect(manifest).toContain('--initial-cluster-state=existing');
  expect(manifest).toContain('--initial-cluster=cp-1=https://172.18.0.2:2380,cp-2=https://172.18.0.3:2380,cp-4=https://172.18.0.6:2380');
  const states = statesOf(cluster).filter(({ isUp }) => isUp);
  expect(new Set(states.map(({ revision, hash }) => `${revision} ${hash}`)).size).toBe(1);
  expect(adminOf(cluster).get('/api/v1/nodes/cp-4').metadata.labels).toHaveProperty(['node-role.kubernetes.io/control-plane']);
  // The group of three is whole again: it survives the loss of an old member, and of the API server that clients were with.
  cluster.crash('cp-1');
  cluster.kernel.runFor(60_000);
  expect(
    adminOf(cluster)
      .list('/api/v1/namespaces')
      .map(({ metadata }) => metadata.name),
  ).toContain('kept');
  adminOf(cluster).create('/api/v1/namespaces', { metadata: { name: 'after' } });
  // The lost machine comes back and is told that it is no member any more.
  cluster.bootMachine('cp-1');
  cluster.bootMachine('cp-3');
  cluster.kernel.runFor(60_000);
  expect(inEtcd(cluster, 'cp-3', ['etcdctl', 'version'])).toMatchObject({ exitCode: undefined });
  expect(etcdLog(cluster, 'cp-3')).toContain('the member has been permanently removed from the cluster');
});

test('a fork in the middle of a join, a restored snapshot and a replayed journal end where the original ends', () => {
  const cluster = group(3, 'join');
  const before = JSON.parse(JSON.stringify(cluster.snapshot())) as ReturnType<Cluster['snapshot']>;
  const changes: Parameters<NonNullable<Cluster['onChange']>>[0][] = [];
  cluster.onChange = (change) => changes.push(JSON.parse(JSON.stringify(change)));
  cluster.join({ name: 'cp-4', role: 'control-plane' });
  cluster.kernel.runFor(200);
  const replayed = Cluster.restore(before, changes);
  const [fork, restored] = [
    cluster.fork(),
    Cluster.restore(JSON.parse(JSON.stringify(cluster.snapshot())) as ReturnType<Cluster['snapshot']>),
  ];
  for (const one of [replayed, fork, restored]) {
    one.kernel.runFor(180_000);
    expect(membersOf(one, 'cp-4').map(({ name, isLearner }) => `${name} ${isLearner}`)).toEqual([
      'cp-1 false',
      'cp-2 false',
      'cp-3 false',
      'cp-4 false',
    ]);
    expect(new Set(statesOf(one).map(({ revision, hash }) => `${revision} ${hash}`)).size).toBe(1);
  }
  expect(fork.kernel.trace.hash).toBe(restored.kernel.trace.hash);
});

test('a member whose idea of the group is wrong ends with the sentence of etcd', () => {
  const cluster = group(3, 'wrong');
  const { ip } = cluster.join({ name: 'cp-4', role: 'control-plane' });
  cluster.kernel.runFor(60_000);
  const path = '/etc/kubernetes/manifests/etcd.yaml';
  const { disk } = cluster.machine('cp-4');
  const right = disk.get<string>(path) as string;
  const start = (text: string) => {
    disk.delete(path);
    cluster.kernel.runFor(60_000);
    for (const [file] of disk.list('/var/lib/etcd/')) disk.delete(file);
    disk.set(path, text);
    cluster.kernel.runFor(20_000);
    return etcdLog(cluster, 'cp-4');
  };
  const wrong = (from: RegExp | string, to: string) => start(right.replace(from, to));
  expect(wrong('cp-3=https://172.18.0.4:2380,', '')).toMatch(
    /"msg":"discovery failed","error":"error validating peerURLs \{ClusterID:[0-9a-f]{16} Members:\[&\{ID:[0-9a-f]{16} RaftAttributes:\{PeerURLs:\[https:\/\/172\.18\.0\.2:2380\] IsLearner:false\} .* RemovedMemberIDs:\[\]\}: member count is unequal"/,
  );
  expect(wrong('cp-3=https://172.18.0.4:2380', 'cp-3=https://172.18.0.9:2380')).toContain('PeerURLs: no match found for existing member (');
  expect(wrong(`cp-4=https://${ip}:2380`, `cp-x=https://${ip}:2380`)).toContain(
    String.raw`"error":"couldn't find local name \"cp-4\" in the initial cluster configuration"`,
  );
  expect(wrong(/initial-cluster=.*/, `initial-cluster=cp-1=https://172.18.0.9:2380,cp-4=https://${ip}:2380`)).toContain(
    'cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs',
  );
  expect(wrong('--initial-cluster-state=existing', '--initial-cluster-state=old')).toContain(
    'invalid value "old" for flag --initial-cluster-state',
  );
});

test('a single control plane has no load balancer, so no other may join it, but workers may', () => {
  const cluster = Cluster.boot({ topology: { controlPlanes: 1, workers: 0 }, seed: 'alone' });
  expect(cluster.server).toBe('https://172.18.0.2:6443');
  expect(() => cluster.join({ name: 'cp-2', role: 'control-plane' })).toThrow(
    "unable to add a new control plane instance to a cluster that doesn't have a stable controlPlaneEndpoint address",
  );
  cluster.join({ name: 'worker-1', role: 'worker' });
  adminOf(cluster).create(paths.deployments, deploymentOf('web', 1));
  cluster.kernel.runUntilIdle();
  expect(adminOf(cluster).get(`${paths.deployments}/web`).status?.readyReplicas).toBe(1);
});
