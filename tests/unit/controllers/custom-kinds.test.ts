import type { V1Namespace, V1ResourceQuota } from '@/generated/kubernetes/types';
import type { Draft, KubeObject } from '@/lib/cluster/api';
import { ConfigMap, CustomResourceDefinition, Namespace, ResourceQuota } from '@/lib/cluster/resources';
import { ControlPlane } from '@/tests/support/control-plane';

const Widget = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  names: { plural: 'widgets', singular: 'widget' },
  scope: 'Namespaced',
} as const;

const definition = {
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } },
        },
      },
    ],
  },
};

function cluster() {
  const cp = new ControlPlane();
  cp.client.create(Namespace, { metadata: { name: 'shop' } } as Draft<V1Namespace>);
  cp.client.create(CustomResourceDefinition, definition as never);
  cp.settle();
  return cp;
}

const make = (cp: ControlPlane, name: string) =>
  cp.client.create<KubeObject>(Widget, { metadata: { name, namespace: 'shop' }, spec: {} } as unknown as Draft<KubeObject>);

test('what a custom resource owns goes when it does', () => {
  const cp = cluster();
  const owner = make(cp, 'a');
  const ownerReferences = [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'a', uid: owner.metadata.uid }];
  cp.client.create(ConfigMap, { metadata: { name: 'own', namespace: 'shop', ownerReferences }, data: {} });
  cp.settle();
  expect(cp.client.find(ConfigMap, { namespace: 'shop', name: 'own' })).toBeDefined();
  cp.client.delete(Widget, { namespace: 'shop', name: 'a' });
  cp.settle();
  expect(cp.client.find(ConfigMap, { namespace: 'shop', name: 'own' })).toBeUndefined();
});

test('a custom resource goes when its owner does', () => {
  const cp = cluster();
  const owner = cp.client.create(ConfigMap, { metadata: { name: 'owner', namespace: 'shop' }, data: {} });
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }];
  cp.client.create<KubeObject>(Widget, {
    metadata: { name: 'a', namespace: 'shop', ownerReferences },
    spec: {},
  } as unknown as Draft<KubeObject>);
  cp.settle();
  cp.client.delete(ConfigMap, { namespace: 'shop', name: 'owner' });
  cp.settle();
  expect(cp.client.find(Widget, { namespace: 'shop', name: 'a' })).toBeUndefined();
});

test('a namespace that is deleted takes its custom resources with it', () => {
  const cp = cluster();
  make(cp, 'a');
  cp.client.delete(Namespace, { name: 'shop' });
  cp.kernel.runFor(10_000);
  expect(cp.client.find(Namespace, { name: 'shop' })).toBeUndefined();
  expect(cp.client.list(Widget, {}).items).toEqual([]);
});

test('a quota counts custom resources', () => {
  const cp = cluster();
  const hard = { 'count/widgets.example.com': '1' };
  cp.client.create(ResourceQuota, { metadata: { name: 'few', namespace: 'shop' }, spec: { hard } } as Draft<V1ResourceQuota>);
  cp.settle();
  make(cp, 'a');
  expect(() => make(cp, 'b')).toThrow('exceeded quota: few, requested: count/widgets.example.com=1');
  cp.client.delete(Widget, { namespace: 'shop', name: 'a' });
  cp.settle();
  expect(cp.client.get(ResourceQuota, { namespace: 'shop', name: 'few' }).status?.used).toEqual({ 'count/widgets.example.com': '0' });
});

test('when a definition goes, nobody watches its kind any more', () => {
  const cp = cluster();
  make(cp, 'a');
  cp.client.delete(CustomResourceDefinition, { name: 'widgets.example.com' });
  cp.kernel.runFor(60_000);
  expect(cp.client.find(CustomResourceDefinition, { name: 'widgets.example.com' })).toBeUndefined();
  expect(cp.log.filter((line) => line.includes('widgets'))).toEqual([]);
  cp.client.create(CustomResourceDefinition, definition as never);
  cp.settle();
  expect(make(cp, 'a').metadata.name).toBe('a');
});

test('what a custom resource owns goes with it, and no sooner, when its kind has moved to another version', () => {
  const cp = cluster();
  const [first] = definition.spec.versions;
  const crd = cp.client.get(CustomResourceDefinition, { name: 'widgets.example.com' });
  const versions = [
    { ...first, served: false, storage: false },
    { ...first, name: 'v2' },
  ];
  cp.client.update(CustomResourceDefinition, { ...crd, spec: { ...crd.spec, versions } } as never);
  cp.settle();
  const Second = { ...Widget, version: 'v2' } as const;
  const owner = cp.client.create<KubeObject>(Second, {
    metadata: { name: 'b', namespace: 'shop' },
    spec: {},
  } as unknown as Draft<KubeObject>);
  const ownerReferences = [{ apiVersion: 'example.com/v2', kind: 'Widget', name: 'b', uid: owner.metadata.uid }];
  cp.client.create(ConfigMap, { metadata: { name: 'own', namespace: 'shop', ownerReferences }, data: {} });
  cp.kernel.runFor(60_000);
  expect(cp.client.find(ConfigMap, { namespace: 'shop', name: 'own' })).toBeDefined();
  cp.client.delete(Second, { namespace: 'shop', name: 'b' });
  cp.kernel.runFor(60_000);
  expect(cp.client.find(ConfigMap, { namespace: 'shop', name: 'own' })).toBeUndefined();
  expect(cp.log.filter((line) => line.includes('widgets'))).toEqual([]);
});
