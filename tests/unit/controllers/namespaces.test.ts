import type { V1Namespace } from '@/generated/kubernetes/types';
import type { Draft } from '@/lib/cluster/api';
import { ConfigMap, Deployment, Namespace, Pod, ReplicaSet, ServiceAccount } from '@/lib/cluster/resources';
import { ControlPlane } from '@/tests/support/control-plane';

function cluster() {
  const cp = new ControlPlane({ manager: { rootCa: 'PEM' } });
  cp.addNode('worker-1');
  cp.settle();
  cp.client.create(Namespace, { metadata: { name: 'shop' } } as Draft<V1Namespace>);
  cp.settle();
  return cp;
}

test("every namespace has a service account and the cluster's CA, and gets them again", () => {
  const cp = cluster();
  const check = () => {
    expect(cp.client.get(ServiceAccount, { namespace: 'shop', name: 'default' })).toBeDefined();
    expect(cp.client.get(ConfigMap, { namespace: 'shop', name: 'kube-root-ca.crt' }).data).toEqual({ 'ca.crt': 'PEM' });
  };
  check();
  cp.client.delete(ServiceAccount, { namespace: 'shop', name: 'default' });
  cp.client.patch(ConfigMap, { namespace: 'shop', name: 'kube-root-ca.crt' }, { data: { 'ca.crt': 'forged' } });
  cp.settle();
  check();
});

test('a namespace that is deleted is emptied after 5 s and goes with everything in it', () => {
  const cp = cluster();
  cp.client.create(ConfigMap, { metadata: { name: 'a', namespace: 'shop' }, data: {} });
  cp.client.delete(Namespace, { name: 'shop' });
  expect(cp.client.get(Namespace, { name: 'shop' }).status.phase).toBe('Terminating');
  cp.kernel.runFor(4_000);
  expect(cp.client.find(ConfigMap, { namespace: 'shop', name: 'a' })).toBeDefined();
  cp.kernel.runFor(3_000);
  expect(cp.client.find(Namespace, { name: 'shop' })).toBeUndefined();
  expect(cp.client.list(ConfigMap, { namespace: 'shop' }).items).toEqual([]);
});

test('what is left in a namespace that is going is said in its conditions', () => {
  const cp = cluster();
  cp.client.create(ConfigMap, { metadata: { name: 'held', namespace: 'shop', finalizers: ['example.test/hold'] }, data: {} });
  cp.client.delete(Namespace, { name: 'shop' });
  cp.kernel.runFor(10_000);
  const conditions = cp.client.get(Namespace, { name: 'shop' }).status.conditions ?? [];
  const says = (type: string) => conditions.find((one) => one.type === type);
  expect(says('NamespaceContentRemaining')).toMatchObject({
    status: 'True',
    reason: 'SomeResourcesRemain',
    message: 'Some resources are remaining: configmaps. has 1 resource instances',
  });
  expect(says('NamespaceFinalizersRemaining')).toMatchObject({
    status: 'True',
    message: 'Some content in the namespace has finalizers remaining: example.test/hold in 1 resource instances',
  });
  cp.client.patch(ConfigMap, { namespace: 'shop', name: 'held' }, { metadata: { finalizers: null } }, { type: 'merge' });
  cp.kernel.runFor(30_000);
  expect(cp.client.find(Namespace, { name: 'shop' })).toBeUndefined();
});

const web = { namespace: 'default', name: 'web' };
function deployed() {
  const cp = cluster();
  cp.deploy('web', 2);
  cp.settle();
  const left = () => [
    cp.client.list(Deployment, { namespace: 'default' }).items.length,
    cp.client.list(ReplicaSet, { namespace: 'default' }).items.length,
    cp.pods().length,
  ];
  expect(left()).toEqual([1, 1, 2]);
  return { cp, left };
}

test('deleted in the background, an owner goes first and all it owns follows', () => {
  const { cp, left } = deployed();
  cp.client.delete(Deployment, web, { propagationPolicy: 'Background' });
  expect(left()).toEqual([0, 1, 2]);
  cp.settle();
  expect(left()).toEqual([0, 0, 0]);
});

test('deleted in the foreground, an owner goes last', () => {
  const { cp, left } = deployed();
  cp.client.delete(Deployment, web, { propagationPolicy: 'Foreground' });
  const seen = new Set<string>();
  while (!cp.kernel.isIdle) {
    cp.kernel.step();
    seen.add(left().join());
  }
  expect([...seen]).toEqual(['1,1,2', '1,1,1', '1,1,0', '1,0,0', '0,0,0']);
});

test('orphaned, what was owned stays and has no owner any more', () => {
  const { cp, left } = deployed();
  cp.client.delete(Deployment, web, { propagationPolicy: 'Orphan' });
  cp.settle();
  expect(left()).toEqual([0, 1, 2]);
  expect(cp.client.list(ReplicaSet, { namespace: 'default' }).items[0]?.metadata.ownerReferences ?? []).toEqual([]);
});

test('an object whose owner never was is collected', () => {
  const cp = cluster();
  cp.client.create(ConfigMap, {
    metadata: {
      name: 'lost',
      namespace: 'default',
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'nobody', uid: '0-0' }],
    },
    data: {},
  });
  cp.settle();
  expect(cp.client.find(ConfigMap, { namespace: 'default', name: 'lost' })).toBeUndefined();
});

test('an object with one owner left stays, without the reference to the one that went', () => {
  const cp = cluster();
  const owner = (name: string) => cp.client.create(ConfigMap, { metadata: { name, namespace: 'default' }, data: {} });
  const references = [owner('a'), owner('b')].map(({ metadata }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: metadata.name,
    uid: metadata.uid,
  }));
  cp.client.create(ConfigMap, { metadata: { name: 'shared', namespace: 'default', ownerReferences: references }, data: {} });
  cp.settle();
  cp.client.delete(ConfigMap, { namespace: 'default', name: 'a' });
  cp.settle();
  expect(cp.client.get(ConfigMap, { namespace: 'default', name: 'shared' }).metadata.ownerReferences?.map(({ name }) => name)).toEqual([
    'b',
  ]);
});

test('a Pod of a ReplicaSet that is gone does not outlive it', () => {
  const { cp } = deployed();
  const [set] = cp.client.list(ReplicaSet, { namespace: 'default' }).items;
  cp.client.delete(Deployment, web, { propagationPolicy: 'Orphan' });
  cp.settle();
  cp.client.delete(ReplicaSet, set?.metadata as never);
  cp.settle();
  expect(cp.client.list(Pod, { namespace: 'default' }).items).toEqual([]);
});
