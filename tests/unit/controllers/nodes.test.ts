import type { V1Node, V1Pod } from '@/generated/kubernetes/types';
import { Node, Pod } from '@/lib/cluster/resources';
import { firstFree } from '@/lib/cluster/controllers/node-ipam';
import { ControlPlane } from '@/tests/support/control-plane';

function cluster(workers = 3) {
  const cp = new ControlPlane();
  for (let index = 1; index <= workers; index++) cp.addNode(`worker-${index}`);
  cp.kernel.runFor(20_000);
  return cp;
}
const node = (cp: ControlPlane, name: string): V1Node => cp.client.get(Node, { name });
const taints = (cp: ControlPlane, name: string) =>
  (node(cp, name).spec?.taints ?? []).map(({ key, effect }) => `${key.split('/')[1]}:${effect}`);
const ready = (cp: ControlPlane, name: string) => node(cp, name).status.conditions?.find(({ type }) => type === 'Ready');

test('each node gets a range of Pod addresses of its own', () => {
  const cp = cluster();
  expect(['worker-1', 'worker-2', 'worker-3'].map((name) => node(cp, name).spec.podCIDR)).toEqual([
    '10.244.0.0/24',
    '10.244.1.0/24',
    '10.244.2.0/24',
  ]);
});

test('a range that became free is given out again, and when there is none, none is given', () => {
  expect(firstFree('10.244.0.0/16', 24, new Set(['10.244.0.0/24', '10.244.2.0/24']))).toBe('10.244.1.0/24');
  expect(firstFree('10.0.0.0/30', 31, new Set(['10.0.0.0/31', '10.0.0.2/31']))).toBeUndefined();
});

test('a node that is silent for 50 s becomes Unknown, not sooner', () => {
  const cp = cluster();
  cp.silence('worker-1');
  cp.kernel.runFor(48_000);
  expect(ready(cp, 'worker-1')?.status).toBe('True');
  cp.kernel.runFor(18_000);
  expect(ready(cp, 'worker-1')).toMatchObject({
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  });
  expect(taints(cp, 'worker-1')).toEqual(['unreachable:NoSchedule', 'unreachable:NoExecute']);
  expect(cp.said('worker-1')).toContain('NodeNotReady: Node worker-1 status is now: NodeNotReady');
});

test('Pods on a lost node are not ready at once, and evicted after the toleration of 300 s', () => {
  const cp = cluster();
  cp.deploy('web', 3);
  cp.settle();
  const lost = cp.pods().find(({ spec }) => spec.nodeName === 'worker-1');
  cp.silence('worker-1');
  cp.kernel.runFor(70_000);
  const pod = () => cp.client.get(Pod, lost?.metadata as never);
  expect(pod().status.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False');
  expect(pod().metadata.deletionTimestamp).toBeUndefined();
  cp.kernel.runFor(310_000);
  expect(pod().metadata.deletionTimestamp).toBeDefined();
  expect(pod().status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({ reason: 'DeletionByTaintManager' });
  expect(cp.said(pod().metadata.name)).toContain(`TaintManagerEviction: Marking for deletion Pod default/${pod().metadata.name}`);
  const running = cp.pods().filter(({ metadata }) => !metadata.deletionTimestamp);
  expect(running).toHaveLength(3);
  expect(running.map(({ spec }) => spec.nodeName)).not.toContain('worker-1');
});

test('what a kubelet says of its Pods after its node was lost stands', () => {
  const cp = cluster();
  cp.deploy('web', 3);
  cp.settle();
  const lost = cp.pods().find(({ spec }) => spec.nodeName === 'worker-1') as V1Pod;
  cp.silence('worker-1');
  cp.kernel.runFor(70_000);
  const conditions = [{ type: 'Ready', status: 'True' }];
  cp.client.patch(Pod, lost.metadata, { status: { conditions } }, { subresource: 'status' });
  cp.kernel.runFor(10_000);
  expect(cp.client.get(Pod, lost.metadata).status.conditions).toContainEqual(expect.objectContaining(conditions[0] as object));
});

test('a node that comes back in time keeps its Pods', () => {
  const cp = cluster();
  cp.deploy('web', 3);
  cp.settle();
  const before = cp
    .pods()
    .map(({ metadata }) => metadata.uid)
    .sort();
  cp.silence('worker-1');
  cp.kernel.runFor(120_000);
  cp.revive('worker-1');
  cp.kernel.runFor(400_000);
  expect(taints(cp, 'worker-1')).toEqual([]);
  expect(
    cp
      .pods()
      .map(({ metadata }) => metadata.uid)
      .sort(),
  ).toEqual(before);
  expect(
    cp
      .events('web')
      .filter(({ reason }) => reason === 'TaintManagerEviction')
      .map(({ message }) => message?.split(' of ')[0]),
  ).toEqual(['Cancelling deletion']);
});

test('when every node is silent at once none is given up: it is the view that is broken', () => {
  const cp = cluster();
  cp.deploy('web', 3);
  cp.settle();
  for (const name of ['worker-1', 'worker-2', 'worker-3']) cp.silence(name);
  for (let second = 0; second < 900; second++) {
    cp.kernel.runFor(1_000);
    expect(['worker-1', 'worker-2', 'worker-3'].flatMap((name) => taints(cp, name))).not.toContain('unreachable:NoExecute');
  }
  expect(taints(cp, 'worker-1')).toEqual(['unreachable:NoSchedule']);
  expect(cp.pods().every(({ metadata }) => !metadata.deletionTimestamp)).toBe(true);
});

test('a cordoned node is tainted, and freed when it is uncordoned', () => {
  const cp = cluster(1);
  cp.client.patch(Node, { name: 'worker-1' }, { spec: { unschedulable: true } });
  cp.settle();
  expect(taints(cp, 'worker-1')).toEqual(['unschedulable:NoSchedule']);
  cp.client.patch(Node, { name: 'worker-1' }, { spec: { unschedulable: false } });
  cp.settle();
  expect(taints(cp, 'worker-1')).toEqual([]);
});

test('a NoExecute taint chases away who does not tolerate it, at once or when its time is up', () => {
  const cp = cluster(1);
  cp.createPod('plain');
  cp.createPod('patient', { tolerations: [{ key: 'maintenance', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }] });
  cp.createPod('immune', { tolerations: [{ key: 'maintenance', operator: 'Exists' }] });
  cp.settle();
  cp.client.patch(Node, { name: 'worker-1' }, { spec: { taints: [{ key: 'maintenance', effect: 'NoExecute' }] } });
  cp.kernel.runFor(5_000);
  expect(cp.pods().map(({ metadata }) => metadata.name)).toEqual(['immune', 'patient']);
  cp.kernel.runFor(30_000);
  expect(cp.pods().map(({ metadata }) => metadata.name)).toEqual(['immune']);
});

test('Pods of a node that was deleted are collected after the quarantine', () => {
  const cp = cluster(2);
  cp.createPod('stranded', { nodeName: 'worker-2' });
  cp.settle();
  cp.silence('worker-2');
  cp.client.delete(Node, { name: 'worker-2' });
  cp.kernel.runFor(30_000);
  expect(cp.pods()).toHaveLength(1);
  cp.kernel.runFor(60_000);
  expect(cp.pods()).toHaveLength(0);
});
