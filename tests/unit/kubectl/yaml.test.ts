import { parseYamlDocuments, toYaml } from '@/lib/kubectl/yaml';

const scalarOf = (text: string) => toYaml({ a: text }).replace(/^a: /, '').replace(/\n$/, '');

test.each([
  ['true', '"true"'],
  ['123', '"123"'],
  ['1e3', '"1e3"'],
  ['yes', '"yes"'],
  ['12:30', '"12:30"'],
  ['2026-01-05', '"2026-01-05"'],
  ['', '""'],
  ['~', '"~"'],
  ['a: b', "'a: b'"],
  ['#b', "'#b'"],
  ["'a'", "'''a'''"],
  ['{a', "'{a'"],
  ['a:', "'a:'"],
  [' lead', "' lead'"],
  ['tab\there', '"tab\\there"'],
  ["a'b", "a'b"],
  ['a{b', 'a{b'],
  [':a', ':a'],
  ['v1.2', 'v1.2'],
  ['=', '='],
])('a string %j is written so that it is read back as one', (text, written) => {
  expect(scalarOf(text)).toBe(written);
});

test('text of several lines is a literal block that keeps its end', () => {
  expect(toYaml({ data: { a: 'x\ny\n', b: 'x\ny', c: 'x\n\n' } })).toBe(
    'data:\n  a: |\n    x\n    y\n  b: |-\n    x\n    y\n  c: |+\n    x\n\n',
  );
});

test('a line is folded once it is longer than 80', () => {
  const text = Array.from({ length: 25 }, () => 'long').join(' ');
  expect(toYaml({ data: { k44: text } })).toBe(`data:\n  k44: ${'long '.repeat(15).trimEnd()}\n    ${'long '.repeat(10).trimEnd()}\n`);
});

test('keys are in natural order and lists are not indented', () => {
  expect(toYaml({ k10: 1, k9: [{ b: 1, a: [] }], K: {} })).toBe('K: {}\nk9:\n- a: []\n  b: 1\nk10: 1\n');
});

test('yes, on and octal numbers are what YAML 1.1 says, and dates stay text', () => {
  expect(parseYamlDocuments('a: yes\nb: 0o17\nc: 2026-01-05\nd: 017\n', 'x')).toEqual([{ a: true, b: '0o17', c: '2026-01-05', d: 15 }]);
});

test.each([
  ['a: b\nc:\n\td: e\n', 'line 3: found character that cannot start any token'],
  ['a: b: c\n', 'line 1: mapping values are not allowed in this context'],
  ['a:\n  b: @x\n', 'line 2: found character that cannot start any token'],
  ['a: *x\n', "unknown anchor 'x' referenced"],
])('broken YAML %j gets yaml.v2’s sentence', (text, sentence) => {
  expect(() => parseYamlDocuments(text, 'web.yaml')).toThrow(`error parsing web.yaml: error converting YAML to JSON: yaml: ${sentence}`);
});
