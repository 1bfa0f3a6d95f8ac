import type { V1DaemonSet, V1Pod, V1PodDisruptionBudget } from '@/generated/kubernetes/types';
import { StatusError, type Draft, type KubeObject } from '@/lib/cluster/api';
import { CustomResourceDefinition, DaemonSet, Event, Pod, PodDisruptionBudget } from '@/lib/cluster/resources';
import { ControlPlane } from '@/tests/support/control-plane';

function cluster(spec: object, replicas = 4) {
  const cp = new ControlPlane();
  cp.addNode('worker-1');
  cp.deploy('web', replicas);
  cp.settle();
  cp.client.create(PodDisruptionBudget, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  } as unknown as Draft<V1PodDisruptionBudget>);
  cp.settle();
  const status = () => cp.client.get(PodDisruptionBudget, { namespace: 'default', name: 'web' }).status;
  return { cp, status };
}

function refusal(evict: () => void): string | undefined {
  try {
    evict();
    return undefined;
  } catch (error) {
    return (error as StatusError).status.details?.causes?.[0]?.message;
  }
}

test.each([
  [{ minAvailable: 3 }, { desiredHealthy: 3, disruptionsAllowed: 1 }],
  [{ minAvailable: '60%' }, { desiredHealthy: 3, disruptionsAllowed: 1 }],
  [{ maxUnavailable: 1 }, { desiredHealthy: 3, disruptionsAllowed: 1 }],
  [{ maxUnavailable: '40%' }, { desiredHealthy: 2, disruptionsAllowed: 2 }],
  [{ minAvailable: '100%' }, { desiredHealthy: 4, disruptionsAllowed: 0 }],
])('of four Pods of a Deployment, %j allows as many to go as upstream counts', (spec, expected) => {
  expect(cluster(spec).status()).toMatchObject({ expectedPods: 4, currentHealthy: 4, observedGeneration: 1, ...expected });
});

test('a budget allows another eviction once the Pod that went has been replaced', () => {
  const { cp, status } = cluster({ maxUnavailable: 1 });
  const [one, two] = cp.pods() as [V1Pod, V1Pod];
  cp.client.evict(one.metadata);
  expect(refusal(() => cp.client.evict(two.metadata))).toBe('The disruption budget web does not allow evicting pods currently');
  expect(status()).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { [one.metadata.name]: expect.any(String) as string } });
  cp.settle();
  expect(status()).toMatchObject({ disruptionsAllowed: 1, currentHealthy: 4 });
  expect(status()).not.toHaveProperty('disruptedPods');
  cp.client.evict(two.metadata);
});

test('a Pod that is not ready is not healthy', () => {
  const { cp, status } = cluster({ minAvailable: 3 });
  cp.setPod(cp.pods()[0] as V1Pod, 'Running', false);
  cp.settle();
  expect(status()).toMatchObject({
    currentHealthy: 3,
    disruptionsAllowed: 0,
    conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
  });
});

test('a share of Pods that nothing scales cannot be told, and the budget says so', () => {
  const { cp, status } = cluster({ minAvailable: '50%' }, 0);
  const labels = { app: 'web' };
  cp.client.create(DaemonSet, {
    metadata: { name: 'agent', namespace: 'default' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } },
  } as unknown as Draft<V1DaemonSet>);
  cp.kernel.runFor(1000);
  expect(status()).toMatchObject({
    disruptionsAllowed: 0,
    conditions: [{ status: 'False', reason: 'SyncFailed', message: 'daemonsets.apps does not implement the scale subresource' }],
  });
  const reasons = cp.client.list(Event, { namespace: 'default' }).items.map(({ reason }) => reason);
  expect(reasons).toContain('CalculateExpectedPodCountFailed');
  expect(reasons).toContain('NoPods');
});

test('Pods of a custom resource are counted by its scale', () => {
  const { cp, status } = cluster({ maxUnavailable: 1 }, 0);
  const Widget = { group: 'example.com', version: 'v1', kind: 'Widget', names: { plural: 'widgets' }, scope: 'Namespaced' } as const;
  const schema = {
    openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { replicas: { type: 'integer' } } } } },
  };
  const subresources = { scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } };
  cp.client.create(CustomResourceDefinition, {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [{ name: 'v1', served: true, storage: true, schema, subresources }],
    },
  } as never);
  cp.settle();
  const { metadata } = cp.client.create<KubeObject>(Widget, {
    metadata: { name: 'w', namespace: 'default' },
    spec: { replicas: 3 },
  } as unknown as Draft<KubeObject>);
  const owner = { apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: metadata.uid, controller: true };
  for (const name of ['w-1', 'w-2', 'w-3'])
    cp.client.create(Pod, {
      metadata: { name, namespace: 'default', labels: { app: 'web' }, ownerReferences: [owner] },
      spec: { containers: [{ name: 'c', image: 'nginx' }] },
    } as Draft<V1Pod>);
  cp.settle();
  expect(status()).toMatchObject({ expectedPods: 3, desiredHealthy: 2, disruptionsAllowed: 1 });
});
