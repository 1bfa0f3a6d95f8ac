import fc from 'fast-check';
import { canonicalQuantity, compareQuantities, Quantity } from '@/lib/cluster/api';

test.each([
  ['1000m', '1'],
  ['0.5', '500m'],
  ['1.5', '1500m'],
  ['1024Mi', '1Gi'],
  ['1500Mi', '1500Mi'],
  ['1000', '1k'],
  ['100', '100'],
  ['0', '0'],
  ['1e3', '1e3'],
  ['8E', '8E'],
  ['12E', '9223372036854775807'],
  ['0.5Gi', '512Mi'],
  ['512', '512'],
  ['1Ki', '1Ki'],
  ['0.5Ki', '512'],
  ['100n', '100n'],
  ['0.0000000001', '1n'],
  ['-1.5', '-1500m'],
  ['1000k', '1M'],
  ['1e-3', '1e-3'],
])('%s is written %s', (text, canonical) => {
  expect(canonicalQuantity(text)).toBe(canonical);
});

test.each(['', 'x', '1x', '1.2.3', '1 Gi', 'Gi', '--1'])('%p is no quantity', (text) => {
  expect(() => Quantity.parse(text)).toThrow(/^quantities must match the regular expression|^unable to parse quantity's suffix/);
});

test('quantities are compared and added by what they are worth', () => {
  expect(compareQuantities('1', '1000m')).toBe(0);
  expect(compareQuantities('1Gi', '1G')).toBe(1);
  expect(Quantity.parse('1Gi').add(Quantity.parse('512Mi')).toString()).toBe('1536Mi');
  expect(Quantity.parse('0').add(Quantity.parse('512Mi')).toString()).toBe('512Mi');
  expect(Quantity.parse('250m').milliValue()).toBe(250);
  expect(Quantity.parse('1m').value()).toBe(1);
});

test('the canonical form of a quantity is its own canonical form and worth the same', () => {
  const texts = fc
    .tuple(fc.integer({ min: 0, max: 1_000_000 }), fc.constantFrom('', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi', 'e2', 'u'))
    .map(([number, suffix]) => `${number}${suffix}`);
  fc.assert(
    fc.property(texts, (text) => {
      const canonical = canonicalQuantity(text);
      return canonicalQuantity(canonical) === canonical && compareQuantities(text, canonical) === 0;
    }),
  );
});
