import type { V1DaemonSet } from '@/generated/kubernetes/types';
import type { Draft } from '@/lib/cluster/api';
import { ControllerRevision, DaemonSet, Node } from '@/lib/cluster/resources';
import { ControlPlane, type NodeShape } from '@/tests/support/control-plane';

const name = { namespace: 'default', name: 'agent' };

function cluster(nodes: Record<string, NodeShape>, spec: object = {}, pod: object = {}) {
  const cp = new ControlPlane();
  for (const [node, shape] of Object.entries(nodes)) cp.addNode(node, shape);
  cp.settle();
  cp.client.create(DaemonSet, {
    metadata: name,
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: { metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'main', image: 'nginx:1.27' }], ...pod } },
      ...spec,
    },
  } as Draft<V1DaemonSet>);
  cp.settle();
  return {
    cp,
    get: (): V1DaemonSet => cp.client.get(DaemonSet, name),
    nodesOf: () =>
      cp
        .pods()
        .filter(({ metadata }) => !metadata.deletionTimestamp)
        .map(({ spec: { nodeName } }) => nodeName)
        .sort(),
  };
}

test('one Pod runs on each node, the scheduler puts it there, and a new node gets one too', () => {
  const { cp, get, nodesOf } = cluster({ a: {}, b: {} });
  expect(nodesOf()).toEqual(['a', 'b']);
  cp.addNode('c');
  cp.settle();
  expect(nodesOf()).toEqual(['a', 'b', 'c']);
  expect(get().status).toMatchObject({
    desiredNumberScheduled: 3,
    currentNumberScheduled: 3,
    numberReady: 3,
    numberAvailable: 3,
    updatedNumberScheduled: 3,
    numberMisscheduled: 0,
  });
  expect(cp.events('agent').filter(({ reason }) => reason === 'Scheduled')).toHaveLength(3);
});

test('nodes that the template does not select or tolerate are left out', () => {
  const { nodesOf } = cluster(
    { a: { labels: { disk: 'ssd' } }, b: {}, c: { labels: { disk: 'ssd' }, taints: [{ key: 'gpu', effect: 'NoSchedule' }] } },
    {},
    { nodeSelector: { disk: 'ssd' } },
  );
  expect(nodesOf()).toEqual(['a']);
});

test('a cordoned node keeps its daemon, and a new daemon goes there', () => {
  const { cp, nodesOf } = cluster({ a: {}, b: {} });
  cp.client.patch(Node, { name: 'a' }, { spec: { unschedulable: true } });
  cp.settle();
  cp.client.delete(
    { group: '', version: 'v1', kind: 'Pod', names: { plural: 'pods' }, scope: 'Namespaced' },
    cp.pods().find(({ spec }) => spec.nodeName === 'a')?.metadata as never,
  );
  cp.settle();
  expect(nodesOf()).toEqual(['a', 'b']);
});

test('a node that loses the label loses its daemon', () => {
  const { cp, nodesOf } = cluster(
    { a: { labels: { disk: 'ssd' } }, b: { labels: { disk: 'ssd' } } },
    {},
    { nodeSelector: { disk: 'ssd' } },
  );
  cp.client.patch(Node, { name: 'a' }, { metadata: { labels: { disk: 'hdd' } } });
  cp.settle();
  expect(nodesOf()).toEqual(['b']);
});

test('a rolling update replaces one daemon at a time, each new one available before the next goes', () => {
  const { cp, get } = cluster({ a: {}, b: {}, c: {} });
  cp.client.patch(DaemonSet, name, { spec: { template: { spec: { containers: [{ name: 'main', image: 'nginx:1.28' }] } } } });
  while (!cp.kernel.isIdle) {
    cp.kernel.step();
    const up = cp
      .pods()
      .filter(
        ({ metadata, status }) =>
          !metadata.deletionTimestamp && status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
      );
    expect(up.length).toBeGreaterThanOrEqual(2);
  }
  expect(cp.pods().map(({ spec }) => spec.containers[0]?.image)).toEqual(['nginx:1.28', 'nginx:1.28', 'nginx:1.28']);
  expect(get().status).toMatchObject({ updatedNumberScheduled: 3, numberAvailable: 3 });
  expect(
    cp.client
      .list(ControllerRevision, { namespace: 'default' })
      .items.map(({ revision }) => revision)
      .sort(),
  ).toEqual([1, 2]);
});

test('with a surge the new daemon comes before the old one goes', () => {
  const { cp } = cluster({ a: {}, b: {} }, { updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  cp.client.patch(DaemonSet, name, { spec: { template: { spec: { containers: [{ name: 'main', image: 'nginx:1.28' }] } } } });
  while (!cp.kernel.isIdle) {
    cp.kernel.step();
    const up = cp
      .pods()
      .filter(
        ({ metadata, status }) =>
          !metadata.deletionTimestamp && status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
      );
    expect(up.length).toBeGreaterThanOrEqual(2);
  }
  expect(cp.pods().map(({ spec }) => spec.containers[0]?.image)).toEqual(['nginx:1.28', 'nginx:1.28']);
});
