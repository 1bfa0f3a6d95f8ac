import { agentPart, layoutCluster, shortPodName } from '@/app/figures/cluster-layout';
import { clusterView, pod } from '../support/screens/cluster-view';

const width = 380;
const inside = (
  inner: { x: number; y: number; width: number; height: number },
  outer: { x: number; y: number; width: number; height: number },
) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

test('a Pod is drawn inside the node that the scheduler bound it to', () => {
  const { nodes, pods } = layoutCluster(clusterView, width);
  for (const box of pods.filter(({ pod: { node } }) => node))
    expect(inside(box, nodes.find(({ node }) => node.name === box.pod.node) ?? box)).toBe(true);
  expect(pods.filter(({ pod: { node } }) => node === 'worker-2')).toHaveLength(3);
});

test("a Pod without a node waits outside all of them, with the scheduler's sentence", () => {
  const { waiting, nodes, pods } = layoutCluster(clusterView, width);
  expect(waiting?.pods.map(({ name }) => name)).toEqual(['render-6c9d8b7f45-4kzqt']);
  expect(waiting?.reason).toMatch(/^0\/3 nodes are available/);
  const box = pods.find((one) => one.pod.node === undefined);
  expect(nodes.some((node) => box && inside(box, node))).toBe(false);
});

test('a Pod on a node that is gone is not lost from sight', () => {
  const view = { ...clusterView, nodes: clusterView.nodes.filter((node) => node.name !== 'worker-2') };
  expect(layoutCluster(view, width).waiting?.pods.map(({ name }) => name)).toContain('client');
});

test('nothing overlaps: no two Pods, no two nodes', () => {
  for (const wide of [240, 380, 664, 900]) {
    const { nodes, pods, services } = layoutCluster(clusterView, wide);
    for (const boxes of [nodes, pods, services]) {
      for (const [index, a] of boxes.entries()) {
        for (const b of boxes.slice(index + 1))
          expect(a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height).toBe(false);
      }
    }
    for (const box of [...nodes, ...pods, ...services]) expect(box.x + box.width).toBeLessThanOrEqual(wide);
  }
});

test("the control plane is drawn as the parts of its node, not as the learner's Pods", () => {
  const { nodes, pods } = layoutCluster(clusterView, width);
  expect(nodes[0]?.agents.map(({ part }) => part)).toEqual(['etcd', 'api', 'sch', 'kcm', 'kpx']);
  expect(pods.some(({ pod: { namespace } }) => namespace === 'kube-system')).toBe(false);
  expect(agentPart(pod('etcd-cp-1', 'cp-1'))).toBeUndefined();
});

test('a node with more than forty Pods draws them small and without names', () => {
  const many = Array.from({ length: 41 }, (_, index) => pod(`many-${index}`, 'worker-1'));
  const dense = layoutCluster({ ...clusterView, pods: many }, width).pods;
  expect(dense.every((box) => box.isDense && box.width <= 12)).toBe(true);
  expect(layoutCluster({ ...clusterView, pods: many.slice(1) }, width).pods.some((box) => box.isDense)).toBe(false);
});

test('a Service reaches the nodes of its ready endpoints and no other', () => {
  const services = clusterView.services.map((service) => ({ ...service, endpoints: ['default/web-7d4b9c6f58-tl5nw'] }));
  for (const wide of [380, 664]) {
    const { lanes, nodes } = layoutCluster({ ...clusterView, services }, wide);
    const stops = lanes.flatMap((lane) =>
      lane.beads.map(
        ({ x, y }) => nodes.find((node) => x >= node.x && x <= node.x + node.width && y > node.y && y <= node.y + node.height)?.node.name,
      ),
    );
    expect(stops).toEqual(['worker-2']);
  }
});

test('a Pod of a ReplicaSet is told apart by the end of its name', () => {
  expect(shortPodName(pod('web-7d4b9c6f58-hq9zd', 'worker-1', { owner: 'ReplicaSet/web-7d4b9c6f58' }))).toBe('web-…-hq9zd');
  expect(shortPodName(pod('client', 'worker-1'))).toBe('client');
});
