import { celActivation, compileCel } from '@/lib/cluster/api/cel';

const digits = '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]';

function evaluate(expression: string, values: Record<string, unknown> = {}): unknown {
  const compiled = compileCel(expression, { items: 'list<dyn>' });
  if (compiled.type === 'error') throw new Error(compiled.detail);
  return compiled.program.evaluate(celActivation({ items: [], ...values }));
}

const nested = (depth: number, body: string) =>
  Array.from({ length: depth }, (_, level) => `${digits}.all(x${level}, `).join('') + body + ')'.repeat(depth);

test('an expression that would take for ever is given up', () => {
  expect(() => evaluate(nested(9, 'true'))).toThrow('operation cancelled: actual cost limit exceeded');
  expect(() => evaluate(`${nested(4, 'true')} && ${digits}.map(a, ${digits}.map(b, ${nested(6, 'true')})).size() > 0`)).toThrow(
    'operation cancelled: actual cost limit exceeded',
  );
});

test('what an expression makes counts by its size', () => {
  const items = Array.from({ length: 100_000 }, (_, index) => index);
  expect(() => evaluate(`(${Array(200).fill('items').join(' + ')}).size() > 0`, { items })).toThrow('actual cost limit exceeded');
  expect(evaluate('(items + items).size()', { items })).toBe(200_000n);
});

test('ordinary loops have nothing to fear', () => {
  const items = Array.from({ length: 500 }, (_, index) => `item-${index}`);
  expect(evaluate("items.all(x, items.exists(y, x == y)) && items.filter(x, x.endsWith('7')).size() == 50", { items })).toBe(true);
});

test('evaluations of one policy share a larger budget', () => {
  const compiled = compileCel(nested(5, 'true'), {});
  if (compiled.type === 'error') throw new Error(compiled.detail);
  const values = celActivation({});
  const run = () => compiled.program.evaluate(values);
  expect(() => Array.from({ length: 1000 }, run)).toThrow('actual cost limit exceeded');
  expect(compiled.program.evaluate(celActivation({}))).toBe(true);
});
