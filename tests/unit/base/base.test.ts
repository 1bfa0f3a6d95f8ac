import { byteLength, compareBytes, deepEqual, deepFreeze, prefixEnd, Random, SortedMap } from '@/lib/base';

test('strings sort by their UTF-8 bytes, as in Go and etcd', () => {
  const words = ['b', 'a/', 'a', 'Z', 'é', '\u{ffff}', '\u{1f600}', ''];
  const byBuffer = [...words].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect([...words].sort(compareBytes)).toEqual(byBuffer);
});

test('a random stream depends on its seed and name alone', () => {
  const root = Random.of('seed');
  const before = root.fork('pods').suffix(8);
  root.next();
  expect(root.fork('pods').suffix(8)).toBe(before);
  expect(root.fork('nodes').suffix(8)).not.toBe(before);
  expect(Random.of('seed').uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('random integers stay below their bound and reach every value', () => {
  const random = Random.of(3);
  const seen = new Set(Array.from({ length: 500 }, () => random.int(7)));
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('clones of a sorted map share what was there and nothing later', () => {
  const map = new SortedMap([
    ['b', 1],
    ['a', 2],
    ['ab', 3],
  ]);
  const clone = map.clone();
  clone.set('c', 4);
  map.delete('a');
  expect(map.entries()).toEqual([
    ['ab', 3],
    ['b', 1],
  ]);
  expect(clone.entries('a')).toEqual([
    ['a', 2],
    ['ab', 3],
  ]);
  expect([map.size, clone.size]).toEqual([2, 4]);
  expect(prefixEnd('/registry/pods/')).toBe('/registry/pods0');
});

test('an absent property equals an undefined one', () => {
  expect(deepEqual({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(deepEqual({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] })).toBe(false);
  expect(Object.isFrozen(deepFreeze({ a: { b: [] } }).a.b)).toBe(true);
});

test('a text has as many bytes as its UTF-8', () => {
  for (const text of ['', 'plain', 'é', '…', '\u{1f600}', 'a\u0000b', `${'é'.repeat(300)}\u{1f600}`])
    expect(byteLength(text)).toBe(Buffer.byteLength(text));
});
