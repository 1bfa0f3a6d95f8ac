import { threeWayMergePatch, twoWayMergePatch } from '@/lib/kubectl/patch/three-way';

const deployment = 'io.k8s.api.apps.v1.Deployment';
const withContainers = (...containers: object[]) => ({ spec: { template: { spec: { containers } } } });

test('what the manifest no longer says is removed, what others set stays', () => {
  const patch = threeWayMergePatch(
    { metadata: { labels: { a: '1', b: '2' } } },
    { metadata: { labels: { a: '9' } } },
    { metadata: { labels: { a: '1', b: '2', theirs: 'x' } } },
    deployment,
  );
  expect(patch).toEqual({ metadata: { labels: { a: '9', b: null } } });
});

test('containers are told apart by name, and their order is set', () => {
  const before = withContainers({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' });
  const patch = threeWayMergePatch(before, withContainers({ name: 'a', image: 'a:2' }), before, deployment);
  expect(patch).toEqual({
    spec: {
      template: {
        spec: {
          '$setElementOrder/containers': [{ name: 'a' }],
          containers: [
            { name: 'a', image: 'a:2' },
            { $patch: 'delete', name: 'b' },
          ],
        },
      },
    },
  });
});

test('nothing changed makes an empty patch, defaults of the server notwithstanding', () => {
  const applied = withContainers({ name: 'a', image: 'a:1' });
  const live = withContainers({ name: 'a', image: 'a:1', imagePullPolicy: 'IfNotPresent', terminationMessagePath: '/dev/termination-log' });
  expect(threeWayMergePatch(applied, applied, live, deployment)).toEqual({});
});

test('changing the strategy keeps only its own keys', () => {
  const patch = twoWayMergePatch(
    { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
    { spec: { strategy: { type: 'Recreate' } } },
    deployment,
  );
  expect(patch).toEqual({ spec: { strategy: { $retainKeys: ['type'], type: 'Recreate', rollingUpdate: null } } });
});

test('finalizers are a set', () => {
  const patch = twoWayMergePatch({ metadata: { finalizers: ['a', 'b'] } }, { metadata: { finalizers: ['b', 'c'] } }, deployment);
  expect(patch).toEqual({
    metadata: { finalizers: ['c'], '$deleteFromPrimitiveList/finalizers': ['a'], '$setElementOrder/finalizers': ['b', 'c'] },
  });
});
