import { deepFreeze } from '@/lib/base';
import { jsonParts } from '@/lib/sandbox/json-parts';

const text = (parts: readonly (() => string)[]) => parts.map((part) => part()).join('');

test('all parts joined are what JSON.stringify writes', () => {
  const frozen = deepFreeze({ a: [1, 'ü"', null], b: undefined, c: {} });
  const values = [
    null,
    1,
    'x',
    [],
    {},
    frozen,
    { a: undefined, b: frozen, 'c"': [frozen, undefined, [[]], { d: true }] },
    [undefined, 1.5],
  ];
  for (const value of values) expect(text(jsonParts(value))).toBe(JSON.stringify(value));
  expect(text(jsonParts(deepFreeze(Array.from({ length: 100 }, () => frozen))))).toBe(
    JSON.stringify(Array.from({ length: 100 }, () => frozen)),
  );
});

test('what changes between the call and the writing of a part does not show', () => {
  const list = [deepFreeze({ a: 1 })];
  const value = { list, nested: { n: 1 } };
  const before = JSON.stringify(value);
  const parts = jsonParts(value);
  list.push(deepFreeze({ a: 2 }));
  value.nested.n = 2;
  expect(text(parts)).toBe(before);
});

test('a long list has at least a part for every item, so that none takes long', () => {
  const items = Array.from({ length: 1_000 }, (_, a) => deepFreeze({ a }));
  expect(jsonParts({ items }).length).toBeGreaterThan(1_000);
  expect(jsonParts({ items: deepFreeze([...items]) }).length).toBeGreaterThan(1_000);
});
