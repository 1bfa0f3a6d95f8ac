import type { V1Namespace, V1Pod } from '@/generated/kubernetes/types';
import type { Draft } from '@/lib/cluster/api';
import { Namespace, Node, Pod } from '@/lib/cluster/resources';
import { ControlPlane, type ControlPlaneOptions, type NodeShape } from '@/tests/support/control-plane';

const noHelp = (nodes: number) =>
  `no new claims to deallocate, preemption: 0/${nodes} nodes are available: ${nodes} Preemption is not helpful for scheduling.`;

function cluster(nodes: Record<string, NodeShape>, options: ControlPlaneOptions = {}) {
  const cp = new ControlPlane({ kubelet: false, controllers: ['serviceaccount-controller'], ...options });
  for (const [name, shape] of Object.entries(nodes)) cp.addNode(name, shape);
  cp.settle();
  const place = (name: string, spec: Parameters<ControlPlane['createPod']>[1] = {}) => {
    cp.createPod(name, spec);
    cp.settle();
    return cp.pod(name).spec.nodeName;
  };
  return { cp, place };
}

const scheduled = ({ status }: V1Pod) => status.conditions?.find(({ type }) => type === 'PodScheduled');
const asking = (requests: Record<string, string>) => ({ containers: [{ name: 'main', image: 'nginx', resources: { requests } }] });

test('a Pod is bound to a node and says so', () => {
  const { cp, place } = cluster({ a: {} });
  expect(place('web')).toBe('a');
  expect(scheduled(cp.pod('web'))).toMatchObject({ status: 'True' });
  expect(cp.said('web')).toEqual(['Scheduled: Successfully assigned default/web to a']);
  expect(cp.events('web')[0]).toMatchObject({ action: 'Binding', reportingComponent: 'default-scheduler', type: 'Normal' });
});

test('without any node a Pod waits for one', () => {
  const { cp, place } = cluster({});
  expect(place('web')).toBeUndefined();
  expect(scheduled(cp.pod('web'))).toMatchObject({
    status: 'False',
    reason: 'Unschedulable',
    message: 'no nodes available to schedule pods',
  });
  cp.addNode('a');
  cp.settle();
  expect(cp.pod('web').spec.nodeName).toBe('a');
});

test.each<[string, NodeShape, Parameters<ControlPlane['createPod']>[1], string]>([
  ['a selector nobody matches', {}, { nodeSelector: { disk: 'ssd' } }, "1 node(s) didn't match Pod's node affinity/selector"],
  ['more than the node has', { cpu: '1' }, asking({ cpu: '2' }), '1 Insufficient cpu'],
  [
    'more of two things than the node has',
    { cpu: '1', memory: '1Gi' },
    asking({ cpu: '2', memory: '2Gi' }),
    '1 Insufficient cpu, 1 Insufficient memory',
  ],
  [
    'a resource the node does not know',
    {},
    { containers: [{ name: 'main', image: 'nginx', resources: { limits: { 'example.test/gpu': '1' } } }] },
    '1 Insufficient example.test/gpu',
  ],
  [
    'a taint it does not tolerate',
    { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] },
    {},
    '1 node(s) had untolerated taint(s)',
  ],
])('a Pod that meets %s stays pending and says why', (_, node, pod, reason) => {
  const { cp, place } = cluster({ a: node });
  expect(place('web', pod)).toBeUndefined();
  const message = `0/1 nodes are available: ${reason}. ${noHelp(1)}`;
  expect(scheduled(cp.pod('web'))).toMatchObject({ status: 'False', reason: 'Unschedulable', message });
  expect(cp.said('web')).toEqual([`FailedScheduling: ${message}`]);
  expect(cp.kernel.isIdle).toBe(true);
});

test('the reasons of all nodes are counted', () => {
  const { cp, place } = cluster({ a: { cpu: '1' }, b: { taints: [{ key: 'x', effect: 'NoSchedule' }] }, c: {} });
  cp.client.patch(Node, { name: 'c' }, { spec: { unschedulable: true } });
  cp.settle();
  place('web', asking({ cpu: '2' }));
  expect(scheduled(cp.pod('web'))?.message).toBe(
    `0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. ${noHelp(3)}`,
  );
});

test('a full node says whether making room would have helped', () => {
  const { cp, place } = cluster({ a: { cpu: '1' } });
  place('first', asking({ cpu: '1' }));
  place('second', asking({ cpu: '1' }));
  expect(scheduled(cp.pod('second'))?.message).toBe(
    '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  );
});

test('a node that holds as many Pods as it may is full', () => {
  const { cp, place } = cluster({ a: { pods: '1' } });
  place('first');
  place('second');
  expect(scheduled(cp.pod('second'))?.message).toMatch(/^0\/1 nodes are available: 1 Too many pods\. /);
});

test('a waiting Pod is tried again when something changes that may help, and only then', () => {
  const { cp, place } = cluster({ a: { cpu: '1' } });
  place('first', asking({ cpu: '1' }));
  place('second', asking({ cpu: '1' }));
  const tries = () => cp.kernel.trace.about('Pod/default/second').filter(({ kind }) => kind === 'reconcile').length;
  expect(tries()).toBe(1);
  cp.client.patch(Node, { name: 'a' }, { metadata: { labels: { irrelevant: 'yes' } } });
  cp.settle();
  expect(tries()).toBe(1);
  cp.client.delete(Pod, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 });
  cp.settle();
  expect(cp.pod('second').spec.nodeName).toBe('a');
});

test('a label that a selector waits for places the Pod', () => {
  const { cp, place } = cluster({ a: {} });
  expect(place('web', { nodeSelector: { disk: 'ssd' } })).toBeUndefined();
  cp.client.patch(Node, { name: 'a' }, { metadata: { labels: { disk: 'ssd' } } });
  cp.settle();
  expect(cp.pod('web').spec.nodeName).toBe('a');
});

test('a scheduling gate keeps a Pod from being tried until it is removed', () => {
  const { cp, place } = cluster({ a: {} });
  expect(place('web', { schedulingGates: [{ name: 'example.test/wait' }] })).toBeUndefined();
  expect(cp.said('web')).toEqual([]);
  cp.client.patch(Pod, { namespace: 'default', name: 'web' }, { spec: { schedulingGates: null } }, { type: 'merge' });
  cp.settle();
  expect(cp.pod('web').spec.nodeName).toBe('a');
});

test('a Pod of another scheduler is left to it', () => {
  const { place } = cluster({ a: {} });
  expect(place('web', { schedulerName: 'mine' })).toBeUndefined();
});

test('required node affinity is met, preferred is followed where it can be', () => {
  const zones = { a: { labels: { zone: 'x' } }, b: { labels: { zone: 'y' } }, c: { labels: { zone: 'y', disk: 'ssd' } } };
  const { place } = cluster(zones);
  const term = (key: string, value: string) => ({ matchExpressions: [{ key, operator: 'In' as const, values: [value] }] });
  const nodeAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term('zone', 'y')] },
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: term('disk', 'ssd') }],
  };
  expect(place('web', { affinity: { nodeAffinity } } as never)).toBe('c');
});

test('a host port is given out once on each node', () => {
  const { cp, place } = cluster({ a: {} });
  const pod = { containers: [{ name: 'main', image: 'nginx', ports: [{ containerPort: 80, hostPort: 8080 }] }] };
  expect(place('first', pod)).toBe('a');
  expect(place('second', pod)).toBeUndefined();
  expect(scheduled(cp.pod('second'))?.message).toMatch(
    /^0\/1 nodes are available: 1 node\(s\) didn't have free ports for the requested pod ports\./,
  );
});

test('Pods of one set are spread over the nodes', () => {
  const { cp } = cluster({ a: {}, b: {}, c: {} }, { controllers: ['*'] });
  cp.deploy('web', 6);
  cp.settle();
  const counts = new Map<string, number>();
  for (const { spec } of cp.pods()) counts.set(spec.nodeName as string, (counts.get(spec.nodeName as string) ?? 0) + 1);
  expect([...counts.values()]).toEqual([2, 2, 2]);
});

test('of two nodes the emptier one is taken', () => {
  const { place } = cluster({ a: {}, b: {} });
  const first = place('first', asking({ cpu: '2', memory: '4Gi' }));
  expect(place('second', asking({ cpu: '1', memory: '2Gi' }))).toBe(first === 'a' ? 'b' : 'a');
});

test('a taint to be avoided is avoided while there is another node', () => {
  const { place } = cluster({ a: { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] }, b: { cpu: '1' } });
  expect(place('first', asking({ cpu: '800m' }))).toBe('b');
  expect(place('second', asking({ cpu: '800m' }))).toBe('a');
});

test('a hard topology spread constraint holds the skew', () => {
  const { cp, place } = cluster({ a: { labels: { zone: 'x' } }, b: { labels: { zone: 'y' }, cpu: '1' } });
  const spread = {
    labels: { app: 'web' },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' as const, labelSelector: { matchLabels: { app: 'web' } } },
    ],
    ...asking({ cpu: '600m' }),
  };
  const places = ['one', 'two', 'three', 'four'].map((name) => place(name, spread));
  expect(places.slice(0, 2).sort()).toEqual(['a', 'b']);
  expect(places.slice(2)).toEqual(['a', undefined]);
  expect(scheduled(cp.pod('four'))?.message).toMatch(/1 Insufficient cpu, 1 node\(s\) didn't match pod topology spread constraints\./);
});

const near = (topologyKey: string, app: string) => [{ topologyKey, labelSelector: { matchLabels: { app } } }];

test('Pods go where the Pods are that they want to be near, and not where those are they avoid', () => {
  const { cp, place } = cluster({ a: { labels: { zone: 'x' } }, b: { labels: { zone: 'x' } }, c: { labels: { zone: 'y' } } });
  const db = place('db', { labels: { app: 'db' }, nodeSelector: { 'kubernetes.io/hostname': 'a' } });
  expect(db).toBe('a');
  const affinity = {
    podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: near('zone', 'db') },
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: near('kubernetes.io/hostname', 'db') },
  };
  expect(place('web', { affinity } as never)).toBe('b');
  expect(
    place('lonely', { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: near('zone', 'nobody') } } } as never),
  ).toBeUndefined();
  expect(scheduled(cp.pod('lonely'))?.message).toMatch(/^0\/3 nodes are available: 3 node\(s\) didn't match pod affinity rules\./);
});

test('a Pod that tolerates no company keeps others away', () => {
  const { cp, place } = cluster({ a: {} });
  place('hermit', {
    labels: { app: 'hermit' },
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: near('kubernetes.io/hostname', 'web') } },
  } as never);
  expect(place('web', { labels: { app: 'web' } })).toBeUndefined();
  expect(scheduled(cp.pod('web'))?.message).toMatch(/1 node\(s\) didn't satisfy existing pods anti-affinity rules\./);
});

test('a Pod of higher priority makes lower ones go, as few as will do', () => {
  const { cp, place } = cluster({ a: { cpu: '3' } });
  const system = { priorityClassName: 'system-cluster-critical' };
  cp.client.create(Namespace, { metadata: { name: 'other' } } as Draft<V1Namespace>);
  for (const name of ['one', 'two', 'three']) place(name, asking({ cpu: '1' }));
  cp.createPod('vip', { ...system, ...asking({ cpu: '2' }) });
  cp.settle();
  const going = cp.pods().filter(({ metadata }) => metadata.deletionTimestamp);
  expect(going).toHaveLength(2);
  expect(cp.pod('vip').status.nominatedNodeName).toBe('a');
  expect(scheduled(cp.pod('vip'))?.message).toBe('0/1 nodes are available: 1 Insufficient cpu.');
  expect(going[0]?.status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
    reason: 'PreemptionByScheduler',
    message: 'default-scheduler: preempting to accommodate a higher priority pod',
  });
  for (const { metadata } of going) cp.client.delete(Pod, metadata, { gracePeriodSeconds: 0 });
  cp.settle();
  expect(cp.pod('vip').spec.nodeName).toBe('a');
  expect(cp.said('vip').at(-1)).toBe('Scheduled: Successfully assigned default/vip to a');
});

test('a Pod that must not preempt waits', () => {
  const { cp, place } = cluster({ a: { cpu: '1' } });
  place('first', asking({ cpu: '1' }));
  cp.client.create(
    { group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass', names: { plural: 'priorityclasses' }, scope: 'Cluster' },
    { metadata: { name: 'polite' }, value: 1000, preemptionPolicy: 'Never' },
  );
  cp.settle();
  place('second', { priorityClassName: 'polite', ...asking({ cpu: '1' }) });
  expect(scheduled(cp.pod('second'))?.message).toBe(
    '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
  );
});

test('Pods of higher priority are tried first', () => {
  const { cp } = cluster({});
  cp.createPod('low', asking({ cpu: '3' }));
  cp.createPod('high', { priorityClassName: 'system-cluster-critical', ...asking({ cpu: '3' }) });
  cp.settle();
  cp.addNode('a');
  cp.settle();
  expect([cp.pod('high').spec.nodeName, cp.pod('low').spec.nodeName]).toEqual(['a', undefined]);
});

test('a Pod that was never scheduled and is deleted is not tried again', () => {
  const { cp, place } = cluster({});
  place('web');
  cp.client.delete(Pod, { namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 });
  cp.addNode('a');
  cp.settle();
  expect(cp.said('web').filter((line) => line.startsWith('Scheduled'))).toEqual([]);
});

test('the same seed places Pods alike, another may not', () => {
  const run = (seed: number) => {
    const { cp } = cluster({ a: {}, b: {}, c: {} }, { seed });
    for (let index = 0; index < 5; index++) cp.createPod(`p${index}`);
    cp.settle();
    return [cp.kernel.trace.hash, ...cp.pods().map(({ spec }) => spec.nodeName)].join();
  };
  expect(run(7)).toBe(run(7));
  expect(run(7)).not.toBe(run(8));
});
