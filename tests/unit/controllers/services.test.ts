import type { V1EndpointSlice, V1Pod, V1Service } from '@/generated/kubernetes/types';
import type { Draft } from '@/lib/cluster/api';
import { Endpoints, EndpointSlice, Pod, Service } from '@/lib/cluster/resources';
import { ControlPlane } from '@/tests/support/control-plane';

function cluster(spec: object = {}) {
  const cp = new ControlPlane();
  cp.addNode('worker-1');
  cp.settle();
  cp.client.create(Service, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  } as Draft<V1Service>);
  cp.settle();
  const slices = (): V1EndpointSlice[] =>
    cp.client.list(EndpointSlice, { namespace: 'default', labelSelector: 'kubernetes.io/service-name=web' }).items;
  return { cp, slices };
}
const ready = (slices: V1EndpointSlice[]) =>
  slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready)
    .map(({ targetRef }) => targetRef?.name)
    .sort();

test('a Service without Pods has one empty slice, which is filled when they come', () => {
  const { cp, slices } = cluster();
  expect(slices()).toHaveLength(1);
  expect(slices()[0]?.endpoints ?? []).toEqual([]);
  const uid = slices()[0]?.metadata.uid;
  cp.deploy('web', 2);
  cp.settle();
  expect(slices().map(({ metadata }) => metadata.uid)).toEqual([uid]);
  expect(slices()[0]).toMatchObject({
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    metadata: {
      labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
      ownerReferences: [{ kind: 'Service', name: 'web' }],
    },
  });
  expect(slices()[0]?.endpoints).toMatchObject([
    { conditions: { ready: true, serving: true, terminating: false }, nodeName: 'worker-1' },
    { conditions: { ready: true } },
  ]);
});

test('a Pod that is not ready, or going, is not ready in the slice either', () => {
  const { cp, slices } = cluster();
  cp.deploy('web', 2);
  cp.settle();
  const [one, two] = cp.pods() as [V1Pod, V1Pod];
  cp.setPod(one, 'Running', false);
  cp.settle();
  expect(ready(slices())).toEqual([two.metadata.name]);
  cp.client.delete(Pod, two.metadata);
  cp.kernel.runFor(50);
  const going = slices()[0]?.endpoints?.find(({ targetRef }) => targetRef?.name === two.metadata.name);
  expect(going?.conditions).toEqual({ ready: false, serving: true, terminating: true });
});

test('publishNotReadyAddresses makes every Pod ready here', () => {
  const { cp, slices } = cluster({ publishNotReadyAddresses: true });
  cp.deploy('web', 1);
  cp.settle();
  cp.setPod(cp.pods()[0] as V1Pod, 'Running', false);
  cp.settle();
  expect(ready(slices())).toHaveLength(1);
});

test("a named target port is each Pod's own", () => {
  const { cp, slices } = cluster({ ports: [{ name: 'http', port: 80, targetPort: 'web' }] });
  cp.createPod('a', {
    labels: { app: 'web' },
    containers: [{ name: 'main', image: 'nginx', ports: [{ name: 'web', containerPort: 8080 }] }],
  });
  cp.createPod('b', {
    labels: { app: 'web' },
    containers: [{ name: 'main', image: 'nginx', ports: [{ name: 'web', containerPort: 9090 }] }],
  });
  cp.settle();
  expect(
    slices()
      .map(({ ports }) => ports?.[0]?.port)
      .sort(),
  ).toEqual([8080, 9090]);
});

test('more than a hundred endpoints are shared out among slices', () => {
  const { cp, slices } = cluster();
  cp.addNode('worker-2', { cpu: '64', memory: '64Gi', pods: '250' });
  cp.settle();
  cp.deploy('web', 120);
  cp.settle();
  expect(
    slices()
      .map(({ endpoints }) => endpoints?.length ?? 0)
      .sort(),
  ).toEqual([100, 20].sort());
});

test('a slice that was deleted is made again, and goes with its Service', () => {
  const { cp, slices } = cluster();
  cp.deploy('web', 1);
  cp.settle();
  cp.client.delete(EndpointSlice, slices()[0]?.metadata as never);
  cp.settle();
  expect(ready(slices())).toHaveLength(1);
  cp.client.delete(Service, { namespace: 'default', name: 'web' });
  cp.settle();
  expect(slices()).toEqual([]);
});

test('a Service without a selector has no slices of its own, one of type ExternalName neither', () => {
  const { cp } = cluster();
  cp.client.create(Service, { metadata: { name: 'manual', namespace: 'default' }, spec: { ports: [{ port: 80 }] } } as Draft<V1Service>);
  cp.settle();
  expect(cp.client.list(EndpointSlice, { namespace: 'default', labelSelector: 'kubernetes.io/service-name=manual' }).items).toEqual([]);
});

test('Endpoints list the addresses of ready and unready Pods apart', () => {
  const { cp } = cluster();
  cp.deploy('web', 2);
  cp.settle();
  cp.setPod(cp.pods()[0] as V1Pod, 'Running', false);
  cp.settle();
  const [subset] = cp.client.get(Endpoints, { namespace: 'default', name: 'web' }).subsets ?? [];
  expect(subset).toMatchObject({
    addresses: [{ targetRef: { kind: 'Pod' } }],
    notReadyAddresses: [{ targetRef: { kind: 'Pod' } }],
    ports: [{ port: 8080, protocol: 'TCP' }],
  });
});
