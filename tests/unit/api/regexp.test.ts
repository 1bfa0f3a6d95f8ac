import { goRegexp } from '@/lib/cluster/api';
import { compileCel } from '@/lib/cluster/api/cel';

test('a pattern is found anywhere unless it is anchored', () => {
  expect(goRegexp('b+').isIn('abbc')).toBe(true);
  expect(goRegexp('^b+$').isIn('abbc')).toBe(false);
  expect(goRegexp('\\Ab\\z').isIn('b')).toBe(true);
  expect(goRegexp('[a-z]').findAll('a1b2c3', 2)).toEqual(['a', 'b']);
});

test.each([
  ['(', 'error parsing regexp: missing closing ): `(`'],
  ['[z', 'error parsing regexp: missing closing ]: `[z`'],
  ['a**', 'error parsing regexp: invalid nested repetition operator: `**`'],
  ['(?=x)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
])('what %s lacks is said in Go’s words', (pattern, message) => {
  expect(() => goRegexp(pattern)).toThrow(message);
});

test('a hostile pattern takes time linear in its text, in CEL too', () => {
  const text = `${'a'.repeat(2_000)}!`;
  expect(goRegexp('^(a+)+$').isIn(text)).toBe(false);
  for (const expression of ["object.matches('^(a+)+$')", "[object].all(one, one.matches('^(a+)+$'))"]) {
    const compiled = compileCel(expression, { object: 'string' });
    expect(compiled.type === 'program' && compiled.program.evaluate({ object: text })).toBe(false);
  }
});
