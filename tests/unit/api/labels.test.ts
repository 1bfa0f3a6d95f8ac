import { labelSelectorAsSelector, matchesFields, parseFieldSelector, parseSelector, selectorOfLabels } from '@/lib/cluster/api';

const labels = { app: 'web', tier: 'front', size: '3' };

test.each([
  ['app=web', true],
  ['app==web', true],
  ['app!=web', false],
  ['missing!=web', true],
  ['app', true],
  ['!app', false],
  ['!missing', true],
  ['app in (web,db)', true],
  ['app notin (web)', false],
  ['missing notin (web)', true],
  ['app=web,tier=front', true],
  ['app=web,tier=back', false],
  ['size>2', true],
  ['size<3', false],
  ['', true],
  ['app in (,web)', true],
])('%s selects the labels: %s', (text, selects) => {
  expect(parseSelector(text).matches(labels)).toBe(selects);
});

test.each([
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['=x', "found '=', expected: !, identifier, or 'end of string'"],
  ['i in 1', "unable to parse requirement: found '1' expected: '('"],
  ['i in (1', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['a=b c', "found 'c', expected: ',' or 'end of string'"],
  ['!!a', "unable to parse requirement: found '!', expected: identifier"],
  ['a=b,', "found '', expected: identifier after ','"],
  ['i>x', `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`],
])('%s is refused in the words of upstream', (text, sentence) => {
  expect(() => parseSelector(text)).toThrow(sentence);
});

test('a selector is printed with its requirements sorted by key', () => {
  expect(parseSelector('tier in (b,a),!x,app=web').toString()).toBe('app=web,tier in (a,b),!x');
});

test('a label selector that is absent selects nothing and an empty one everything', () => {
  expect(labelSelectorAsSelector(undefined).matches(labels)).toBe(false);
  expect(labelSelectorAsSelector({}).matches(labels)).toBe(true);
  expect(
    labelSelectorAsSelector({ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }] }).matches(labels),
  ).toBe(true);
  expect(selectorOfLabels({ app: 'db' }).matches(labels)).toBe(false);
});

test('a field selector compares fields, and a missing field is empty', () => {
  const fields = { 'metadata.name': 'web', 'status.phase': 'Running' };
  expect(matchesFields(parseFieldSelector('metadata.name=web,status.phase!=Failed'), fields)).toBe(true);
  expect(matchesFields(parseFieldSelector('spec.nodeName=a'), fields)).toBe(false);
  expect(matchesFields(parseFieldSelector('spec.nodeName='), fields)).toBe(true);
  expect(() => parseFieldSelector('metadata.name')).toThrow("invalid selector: 'metadata.name'; can't understand 'metadata.name'");
  expect(() => parseFieldSelector('metadata.name=s\\x')).toThrow('invalid field selector: invalid escape sequence: \\x');
});
