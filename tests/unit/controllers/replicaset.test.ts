import type { V1Pod, V1ReplicaSet } from '@/generated/kubernetes/types';
import type { Draft } from '@/lib/cluster/api';
import { Pod, ReplicaSet } from '@/lib/cluster/resources';
import { podsToDelete } from '@/lib/cluster/controllers/replicaset';
import { instant, rfc3339 } from '@/lib/cluster/kernel';
import { ControlPlane } from '@/tests/support/control-plane';

const name = { namespace: 'default', name: 'web' };

function cluster(replicas: number) {
  const cp = new ControlPlane();
  cp.addNode('worker-1');
  cp.settle();
  cp.client.create(ReplicaSet, {
    metadata: name,
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'nginx' }] } },
    },
  } as Draft<V1ReplicaSet>);
  cp.settle();
  return { cp, get: (): V1ReplicaSet => cp.client.get(ReplicaSet, name) };
}

test('as many Pods are kept alive as are asked for', () => {
  const { cp, get } = cluster(3);
  const [victim] = cp.pods();
  cp.client.delete(Pod, (victim as V1Pod).metadata);
  cp.settle();
  expect(cp.pods()).toHaveLength(3);
  expect(cp.pods().map(({ metadata }) => metadata.uid)).not.toContain(victim?.metadata.uid);
  expect(get().status).toEqual({
    replicas: 3,
    fullyLabeledReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
    observedGeneration: 1,
  });
});

test('a cache that lags never makes a Pod twice', () => {
  const { cp } = cluster(0);
  cp.client.patch(ReplicaSet, name, { spec: { replicas: 20 } });
  while (!cp.kernel.isIdle) {
    cp.kernel.step();
    expect(cp.pods().length).toBeLessThanOrEqual(20);
  }
  expect(cp.pods()).toHaveLength(20);
});

test('hundreds of Pods are made and deleted a few dozen at a time, so that a cluster whose Pods are many does nothing for long at once', () => {
  const { cp } = cluster(0);
  const largest = () => {
    let most = 0;
    for (let before = cp.pods().length; !cp.kernel.isIdle; before = cp.pods().length) {
      cp.kernel.step();
      most = Math.max(most, Math.abs(cp.pods().length - before));
    }
    return most;
  };
  cp.client.patch(ReplicaSet, name, { spec: { replicas: 300 } });
  expect(largest()).toBeLessThanOrEqual(64);
  expect(cp.pods()).toHaveLength(300);
  cp.client.patch(ReplicaSet, name, { spec: { replicas: 0 } });
  expect(largest()).toBeLessThanOrEqual(64);
  expect(cp.pods()).toHaveLength(0);
}, 60_000);

test('a Pod that nothing controls and the selector matches is adopted, and counts', () => {
  const cp = new ControlPlane();
  cp.addNode('worker-1');
  cp.settle();
  cp.createPod('stray', { labels: { app: 'web' } });
  cp.settle();
  cp.client.create(ReplicaSet, {
    metadata: name,
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'nginx' }] } },
    },
  } as Draft<V1ReplicaSet>);
  cp.settle();
  expect(cp.pods().map(({ metadata }) => metadata.name)).toEqual(['stray']);
  expect(cp.pod('stray').metadata.ownerReferences).toMatchObject([
    { kind: 'ReplicaSet', name: 'web', controller: true, blockOwnerDeletion: true },
  ]);
});

test('a Pod whose labels no longer match is released, and replaced', () => {
  const { cp } = cluster(1);
  const [pod] = cp.pods();
  cp.client.patch(Pod, (pod as V1Pod).metadata, { metadata: { labels: { app: 'debug' } } });
  cp.settle();
  expect(cp.pod((pod as V1Pod).metadata.name).metadata.ownerReferences).toBeUndefined();
  expect(cp.pods()).toHaveLength(2);
});

test('a Pod that ended is replaced', () => {
  const { cp } = cluster(1);
  cp.setPod(cp.pods()[0] as V1Pod, 'Failed', false);
  cp.settle();
  expect(
    cp
      .pods()
      .map(({ status }) => status.phase)
      .sort(),
  ).toEqual(['Failed', 'Running']);
});

test('scaled down, it says which Pods it deleted', () => {
  const { cp } = cluster(3);
  cp.client.patch(ReplicaSet, name, { spec: { replicas: 1 } });
  cp.settle();
  expect(cp.said('web').filter((line) => line.startsWith('SuccessfulDelete: Deleted pod: web-'))).toHaveLength(2);
  expect(cp.pods()).toHaveLength(1);
});

const now = instant(Date.parse('2026-01-05T10:00:00Z'));
interface Shape {
  node?: string;
  phase?: string;
  ready?: number;
  cost?: string;
  restarts?: number;
  age?: number;
}
function pod(uid: string, { node = 'n', phase = 'Running', ready = 600, cost, restarts = 0, age = 600 }: Shape = {}): V1Pod {
  const at = (seconds: number) => rfc3339(instant(now - seconds * 1000));
  return {
    metadata: {
      name: uid,
      uid,
      creationTimestamp: at(age),
      annotations: cost ? { 'controller.kubernetes.io/pod-deletion-cost': cost } : {},
    },
    spec: { nodeName: node, containers: [] },
    status: {
      phase,
      conditions: ready ? [{ type: 'Ready', status: 'True', lastTransitionTime: at(ready) }] : [],
      containerStatuses: [{ restartCount: restarts }],
    },
  } as unknown as V1Pod;
}
const first = (pods: V1Pod[]) => podsToDelete(pods, pods, 1, now)[0]?.metadata.uid;

test.each<[string, Shape, Shape]>([
  ['one that has no node', { node: '' }, { phase: 'Pending', ready: 0 }],
  ['one that is pending', { phase: 'Pending', ready: 0 }, { ready: 0 }],
  ['one that is not ready', { ready: 0 }, { cost: '-5' }],
  ['one of a lower deletion cost', { cost: '1' }, { cost: '2' }],
  ['one that became ready later', { ready: 10, age: 900 }, { ready: 600, age: 900 }],
  ['one that restarted more often', { restarts: 3 }, {}],
  ['one that is younger', { age: 10 }, { age: 600 }],
])('of two Pods %s goes first', (_, doomed, spared) => {
  expect(first([pod('spared', spared), pod('doomed', doomed)])).toBe('doomed');
  expect(first([pod('doomed', doomed), pod('spared', spared)])).toBe('doomed');
});

test('of equal Pods one goes that shares its node with others', () => {
  expect(first([pod('alone', { node: 'a' }), pod('crowded', { node: 'b' }), pod('crowd', { node: 'b' })])).toMatch(/^crowd/);
});
