import type { V1Lease, V1Node, V1Pod } from '@/generated/kubernetes/types';
import { Disk, instant } from '@/lib/cluster/kernel';
import { readStaticPods } from '@/lib/cluster/kubelet/static-pods';
import { freshCluster } from '../../support/template';
import { PodLab } from '../../support/pods';

const node = (pods: PodLab, name = 'worker-1') => pods.admin.get(`/api/v1/nodes/${name}`) as unknown as V1Node;
const sleeper = { containers: [{ command: ['sleep', '100000'] }], terminationGracePeriodSeconds: 1 };

describe('the kubelet and its Node', () => {
  test('reports capacity, addresses, conditions and versions', () => {
    const { status, metadata } = node(new PodLab(freshCluster()));
    expect(metadata.labels).toMatchObject({
      'kubernetes.io/hostname': 'worker-1',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
    });
    expect(status).toMatchObject({
      addresses: [
        { type: 'InternalIP', address: '172.18.0.3' },
        { type: 'Hostname', address: 'worker-1' },
      ],
      capacity: { cpu: '4', memory: '8149260Ki', pods: '110' },
      allocatable: { cpu: '4', memory: '8046860Ki', pods: '110' },
      nodeInfo: { kubeletVersion: 'v1.36.0', containerRuntimeVersion: 'containerd://2.1.9', operatingSystem: 'linux' },
    });
    expect(status.conditions?.map(({ type, status: state, reason, message }) => `${type} ${state} ${reason} ${message}`)).toEqual([
      'MemoryPressure False KubeletHasSufficientMemory kubelet has sufficient memory available',
      'DiskPressure False KubeletHasNoDiskPressure kubelet has no disk pressure',
      'PIDPressure False KubeletHasSufficientPID kubelet has sufficient PID available',
      'Ready True KubeletReady kubelet is posting ready status',
    ]);
  });

  test('renews its lease every ten seconds, and its status every five minutes', () => {
    const pods = new PodLab(freshCluster());
    const lease = () => pods.admin.get('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker-1') as unknown as V1Lease;
    pods.run(15_000);
    const before = Date.parse(lease().spec.renewTime ?? '');
    expect(lease().spec).toMatchObject({ holderIdentity: 'worker-1', leaseDurationSeconds: 40 });
    pods.run(10_500);
    expect(Date.parse(lease().spec.renewTime ?? '') - before).toBeGreaterThanOrEqual(10_000);
    const heartbeat = () => node(pods).status.conditions?.[0]?.lastHeartbeatTime;
    const beat = heartbeat();
    pods.run(200_000);
    const unchanged = heartbeat();
    pods.run(120_000);
    expect([unchanged === beat, heartbeat() === beat]).toEqual([true, false]);
  });

  test('lists the images that were pulled', () => {
    const pods = new PodLab(freshCluster()).create('web', { containers: [{ image: 'nginx:1.28' }] }).run(15_000);
    expect(node(pods).status.images?.flatMap(({ names }) => names)).toContain('docker.io/library/nginx:1.28');
  });
});

describe('a machine that stops', () => {
  test('after a crash starts its containers again in new sandboxes, with one restart more', () => {
    const pods = new PodLab(freshCluster()).create('box', sleeper).run(3_000);
    const before = pods.status('box').containerID;
    pods.cluster.crash('worker-1');
    pods.run(5_000);
    pods.cluster.bootMachine('worker-1');
    pods.run(5_000);
    expect(pods.get('box').status.phase).toBe('Running');
    expect(pods.status('box')).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 255, reason: 'Unknown', containerID: before } },
    });
    expect(pods.events('box')).toContain('SandboxChanged Pod sandbox changed, it will be killed and re-created.');
  });

  test('a fork goes on as if nothing had happened, process by process', () => {
    const counting = { containers: [{ command: ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo $i; sleep 10; done'] }] };
    const pods = new PodLab(freshCluster()).create('box', counting).run(25_000);
    const fork = new PodLab(pods.cluster.fork()).run(20_000);
    pods.run(20_000);
    expect(fork.logs('box')).toBe('1\n2\n3\n4\n5\n');
    expect(fork.logs('box')).toBe(pods.logs('box'));
    expect(fork.status('box')).toEqual(pods.status('box'));
  });

  test('a restored snapshot keeps Pods on their addresses and reachable', () => {
    const pods = new PodLab(freshCluster()).create('web', { containers: [{ image: 'nginx:1.27' }] }).run(3_000);
    const fork = pods.cluster.fork();
    const { podIP } = pods.get('web').status;
    const answer = fork.network.http(fork.network.host('worker-2'), { method: 'GET', url: `http://${podIP}/`, headers: {} });
    expect(answer).toMatchObject({ type: 'response', response: { status: 200 } });
  });
});

describe('a kubelet that stops', () => {
  test('leaves its containers running and finds them again', () => {
    const pods = new PodLab(freshCluster()).create('box', sleeper).run(3_000);
    const before = pods.status('box');
    pods.cluster.machine('worker-1').stopUnit('kubelet');
    pods.run(5_000);
    expect(
      pods.cluster
        .runtimeOf('worker-1')
        .listContainers()
        .some(({ name, state }) => name === 'main' && state === 'running'),
    ).toBe(true);
    pods.cluster.machine('worker-1').startUnit('kubelet');
    pods.run(5_000);
    expect(pods.status('box')).toEqual(before);
  });

  test('takes up what changed while it was away: ends, deletions and new Pods', () => {
    const pods = new PodLab(freshCluster())
      .create('ends', { restartPolicy: 'Never', containers: [{ command: ['sleep', '5'] }] })
      .create('deleted', sleeper)
      .run(3_000);
    pods.cluster.machine('worker-1').stopUnit('kubelet');
    pods.admin.remove('/api/v1/namespaces/default/pods/deleted');
    pods.create('new', sleeper).run(5_000);
    expect([pods.get('ends').status.phase, pods.get('new').status.phase]).toEqual(['Running', 'Pending']);
    pods.cluster.machine('worker-1').startUnit('kubelet');
    pods.run(5_000);
    expect([pods.get('ends').status.phase, pods.get('new').status.phase]).toEqual(['Succeeded', 'Running']);
    expect(() => pods.get('deleted')).toThrow('not found');
  });

  test('without its runtime can create nothing, and says so', () => {
    const pods = new PodLab(freshCluster());
    pods.cluster.machine('worker-1').stopUnit('containerd');
    pods.create('new', sleeper).run(60_000);
    expect(pods.get('new').status.phase).toBe('Pending');
    expect(node(pods).status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      message: 'container runtime is down',
    });
    pods.cluster.machine('worker-1').startUnit('containerd');
    pods.run(30_000);
    expect(pods.get('new').status.phase).toBe('Running');
  });
});

describe('static Pods', () => {
  const manifest = (command: string) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'static', namespace: 'default' },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: 'busybox:1.36', command: ['sh', '-c', command] }] },
    });
  const path = '/etc/kubernetes/manifests/static.yaml';

  test('run as long as their file is there, and are seen through a mirror', () => {
    const pods = new PodLab(freshCluster());
    const { disk } = pods.cluster.machine('worker-1');
    disk.set(path, manifest('echo one; sleep 100000'));
    pods.run(3_000);
    const mirror = pods.get('static-worker-1');
    expect(mirror.metadata.annotations).toMatchObject({
      'kubernetes.io/config.source': 'file',
      'kubernetes.io/config.mirror': mirror.metadata.annotations?.['kubernetes.io/config.hash'],
    });
    expect(mirror.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Node', name: 'worker-1', controller: true });
    expect([mirror.status.phase, pods.logs('static-worker-1')]).toEqual(['Running', 'one\n']);
    disk.delete(path);
    expect(() => pods.run(5_000).get('static-worker-1')).toThrow('not found');
  });

  test('are replaced when their file changes', () => {
    const pods = new PodLab(freshCluster());
    const { disk } = pods.cluster.machine('worker-1');
    disk.set(path, manifest('echo one; sleep 100000'));
    pods.run(3_000);
    disk.set(path, manifest('echo two; sleep 100000'));
    pods.run(5_000);
    expect(pods.logs('static-worker-1')).toBe('two\n');
  });

  test.each([
    ['- --a=b\n', /couldn't parse as pod\(Object 'Kind' is missing in/],
    ['kind: Pod\nmetadata: { name: a }\n', /couldn't parse as pod\(Object 'apiVersion' is missing in/],
    ['apiVersion: v1\nkind: Service\n', /couldn't parse as pod\(no kind "Service" is registered/],
    [
      'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: {} }\n',
      /couldn't parse as pod\(json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type \[\]v1.Container\), please check config file/,
    ],
    [
      'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a, image: b, command: [{ "--etcd-servers=": null }] }] }\n',
      /couldn't parse as pod\(json: cannot unmarshal object into Go struct field Container.spec.containers.command of type string\)/,
    ],
    [
      'apiVersion: v1\nkind: Pod\nmetadata: { name: 1 }\nspec: { containers: [] }\n',
      /couldn't parse as pod\(json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string\)/,
    ],
    ['apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [] }\n', /invalid pod: \[spec.containers: Required value\]/],
  ])('of which a manifest makes none, the kubelet says what is wrong with it: %j', (text, why) => {
    const { pods, bad } = readStaticPods(new Disk('worker-1', [[path, text]]), '/etc/kubernetes/manifests', {
      nodeName: 'worker-1',
      now: instant(0),
    });
    expect(pods).toEqual([]);
    expect(bad).toEqual([{ path, error: expect.stringMatching(why) }]);
  });

  test('and a kubelet whose configuration is of the wrong types starts again and again until it is of the right ones', () => {
    const pods = new PodLab(freshCluster());
    const machine = pods.cluster.machine('worker-1');
    const good = machine.disk.get<string>('/var/lib/kubelet/config.yaml') as string;
    machine.disk.set('/var/lib/kubelet/config.yaml', good.replace(/maxPods: .*/, 'maxPods: many'));
    machine.stopUnit('kubelet');
    machine.startUnit('kubelet');
    pods.create('new', { containers: [{ command: ['sleep', '1000'] }] });
    pods.run(60_000);
    expect(pods.get('new').status.phase).toBe('Pending');
    const said = pods.cluster.kernel.trace.since(0).filter(({ what }) => what.includes('command failed'));
    expect(said.at(-1)?.what).toContain(
      'error: failed to decode: json: cannot unmarshal string into Go struct field KubeletConfiguration.maxPods of type int32',
    );
    machine.disk.set('/var/lib/kubelet/config.yaml', good);
    pods.run(30_000);
    expect(pods.get('new').status.phase).toBe('Running');
  });

  test('outlive the deletion of their mirror', () => {
    const pods = new PodLab(freshCluster());
    pods.cluster.machine('worker-1').disk.set(path, manifest('sleep 100000'));
    pods.run(3_000);
    const before = pods.get('static-worker-1');
    pods.admin.remove('/api/v1/namespaces/default/pods/static-worker-1');
    pods.run(3_000);
    const after = pods.get('static-worker-1');
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
    expect(after.status.containerStatuses?.[0]?.containerID).toBe(before.status.containerStatuses?.[0]?.containerID);
  });

  test('the control plane is made of them', () => {
    const names = new PodLab(freshCluster()).admin
      .list<V1Pod>('/api/v1/namespaces/kube-system/pods')
      .filter(({ metadata }) => metadata.annotations?.['kubernetes.io/config.source'] === 'file')
      .map(({ metadata, status }) => `${metadata.name} ${status.phase}`);
    expect(names.sort()).toEqual([
      'etcd-cp-1 Running',
      'kube-apiserver-cp-1 Running',
      'kube-controller-manager-cp-1 Running',
      'kube-scheduler-cp-1 Running',
    ]);
  });
});
