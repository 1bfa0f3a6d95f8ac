import { memo } from '@/lib/base';

test('a result is worked out once, whatever it is, until too many others were asked for', () => {
  const asked: string[] = [];
  const length = memo((text) => (asked.push(text), text === '' ? undefined : text.length), { max: 2 });
  expect([length('a'), length('a'), length(''), length(''), length('b'), length('a')]).toEqual([1, 1, undefined, undefined, 1, 1]);
  expect(asked).toEqual(['a', '', 'b', 'a']);
});

test('the result of a text that is too long is not kept', () => {
  let count = 0;
  const length = memo((text) => (count++, text.length), { lengthMax: 3 });
  expect([length('abc'), length('abc'), length('abcd'), length('abcd')]).toEqual([3, 3, 4, 4]);
  expect(count).toBe(3);
});
