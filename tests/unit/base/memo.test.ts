import { memo, memoOfTwo, pathOfUrl } from '@/lib/base';

test('a result is worked out once, whatever it is, until more than twice as many others were asked for', () => {
  const asked: string[] = [];
  const length = memo((text) => (asked.push(text), text === '' ? undefined : text.length), { max: 2 });
  expect(['a', 'a', '', '', 'b', 'a'].map(length)).toEqual([1, 1, undefined, undefined, 1, 1]);
  expect(asked).toEqual(['a', '', 'b']);
  expect(['c', 'd', 'e', 'f', 'a'].map(length)).toEqual([1, 1, 1, 1, 1]);
  expect(asked).toEqual(['a', '', 'b', 'c', 'd', 'e', 'f', 'a']);
});

test('the result of a text that is too long is not kept', () => {
  let count = 0;
  const length = memo((text) => (count++, text.length), { lengthMax: 3 });
  expect([length('abc'), length('abc'), length('abcd'), length('abcd')]).toEqual([3, 3, 4, 4]);
  expect(count).toBe(3);
});

test('a result of two texts belongs to both', () => {
  const asked: string[] = [];
  const joined = memoOfTwo((first, second) => (asked.push(first + second), `${first}/${second}`), { max: 2 });
  expect([joined('a', 'bc'), joined('ab', 'c'), joined('a', 'bc')]).toEqual(['a/bc', 'ab/c', 'a/bc']);
  expect(asked).toEqual(['abc', 'abc']);
});

test('of results of two texts so many pairs are kept, whichever text they differ in', () => {
  let count = 0;
  const joined = memoOfTwo((first, second) => (count++, first + second), { max: 4, lengthMax: 2 });
  const all = () => {
    for (const first of 'abc') for (const second of 'xyz') expect(joined(first, second)).toBe(first + second);
  };
  all();
  expect(joined('c', 'z')).toBe('cz');
  expect(count).toBe(9);
  all();
  expect(count).toBe(18);
  const never = memoOfTwo(() => void count++);
  expect([never('a', 'b'), never('a', 'b'), count]).toEqual([undefined, undefined, 19]);
  expect([joined('abc', 'x'), joined('abc', 'x'), joined('x', 'abc'), joined('x', 'abc')]).toEqual(['abcx', 'abcx', 'xabc', 'xabc']);
  expect(count).toBe(23);
});

test.each([
  ['http://127.0.0.1:2381/readyz', '/readyz'],
  ['https://cp-1:6443/livez/etcd?verbose#top', '/livez/etcd'],
  ['http://cp-1?a=/b', ''],
  ['/health', '/health'],
])('the path of %s', (url, path) => {
  expect(pathOfUrl(url)).toBe(path);
});
