import { deepFreeze } from '@/lib/base';
import { applyJsonPatch, mergePatch, strategicMergePatch } from '@/lib/cluster/api';

const podId = 'io.k8s.api.core.v1.Pod';
const pod = deepFreeze({
  metadata: { name: 'p', finalizers: ['a/a', 'b/b'] },
  spec: {
    containers: [
      { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] },
      { name: 'b', image: 'b:1' },
    ],
    nodeSelector: { disk: 'ssd', zone: 'z' },
  },
});
const strategic = (patch: object) => strategicMergePatch<any>(podId, pod, patch);

test('a merge patch merges objects, replaces lists and deletes with null', () => {
  expect(mergePatch({ a: { b: 1, c: 2 }, d: [1, 2] }, { a: { b: null, e: { f: null } }, d: [3] })).toEqual({ a: { c: 2, e: {} }, d: [3] });
});

test('a strategic merge patch merges containers by name and leaves the others', () => {
  const { containers } = strategic({ spec: { containers: [{ name: 'b', image: 'b:2' }] } }).spec;
  expect(containers).toEqual(
    [
      { name: 'b', image: 'b:2' },
      { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] },
    ].reverse(),
  );
});

test('a new item of a merged list stands before what the patch does not name', () => {
  expect(strategic({ spec: { containers: [{ name: 'c', image: 'c:1' }] } }).spec.containers.map((one: any) => one.name)).toEqual([
    'c',
    'a',
    'b',
  ]);
});

test('$patch: delete removes the item with that merge key and $patch: replace the rest of the list', () => {
  expect(strategic({ spec: { containers: [{ name: 'a', $patch: 'delete' }] } }).spec.containers.map((one: any) => one.name)).toEqual(['b']);
  expect(strategic({ spec: { containers: [{ $patch: 'replace' }, { name: 'z' }] } }).spec.containers).toEqual([{ name: 'z' }]);
  expect(strategic({ spec: { nodeSelector: { $patch: 'replace', only: 'this' } } }).spec.nodeSelector).toEqual({ only: 'this' });
});

test('$setElementOrder orders what the patch names', () => {
  const patched = strategic({
    spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [{ name: 'a', image: 'a:2' }] },
  });
  expect(patched.spec.containers.map((one: any) => `${one.name} ${one.image}`)).toEqual(['b b:1', 'a a:2']);
  expect(patched.spec['$setElementOrder/containers']).toBeUndefined();
});

test('$deleteFromPrimitiveList takes values out of a list of scalars', () => {
  expect(strategic({ metadata: { '$deleteFromPrimitiveList/finalizers': ['a/a'] } }).metadata.finalizers).toEqual(['b/b']);
  expect(strategic({ metadata: { finalizers: ['c/c'] } }).metadata.finalizers).toEqual(['c/c', 'a/a', 'b/b']);
});

test('$retainKeys drops the fields it does not name', () => {
  const volumes = { spec: { volumes: [{ name: 'v', emptyDir: {} }] } };
  const patched = strategicMergePatch<any>(podId, volumes, {
    spec: { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] },
  });
  expect(patched.spec.volumes).toEqual([{ name: 'v', hostPath: { path: '/x' } }]);
});

test('an item without its merge key is refused in the words of upstream', () => {
  expect(() => strategic({ spec: { containers: [{ image: 'x:2' }] } })).toThrow(
    'map: map[image:x:2] does not contain declared merge key: name',
  );
  expect(() => strategic({ $patch: 'bogus' })).toThrow('unknown patch type: bogus in map: map[$patch:bogus]');
});

test('a JSON patch is as lax as the library the API server uses', () => {
  expect(applyJsonPatch({ a: {} }, [{ op: 'replace', path: '/a/new', value: 1 }])).toEqual({ a: { new: 1 } });
  expect(
    applyJsonPatch({ a: [1, 2, 3] }, [
      { op: 'remove', path: '/a/-1' },
      { op: 'add', path: '/a/-', value: 4 },
    ]),
  ).toEqual({ a: [1, 2, 4] });
  expect(
    applyJsonPatch({}, [
      { op: 'copy', from: '/nope', path: '/x' },
      { op: 'test', path: '/y', value: null },
    ]),
  ).toEqual({ x: null });
  expect(applyJsonPatch({ 'a/b': 1, 'm~n': 2 }, [{ op: 'move', from: '/a~1b', path: '/m~0n' }])).toEqual({ 'm~n': 1 });
  for (const operation of [
    { op: 'remove', path: '/x' },
    { op: 'add', path: '/x/y', value: 1 },
    { op: 'frob', path: '/' },
    { op: 'test', path: '/a', value: 2 },
    { op: 'add' },
  ]) {
    expect(() => applyJsonPatch({ a: 1 }, [operation])).toThrow();
  }
});
