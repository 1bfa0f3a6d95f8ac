import { JsonPath } from '@/lib/kubectl/jsonpath';

const list = {
  kind: 'List',
  items: [
    { metadata: { name: 'a', labels: { 'app.kubernetes.io/name': 'x', tier: 'web' } }, status: { replicas: 3 }, ports: [80, 443] },
    { metadata: { name: 'b', labels: {} }, status: { replicas: 1 }, ports: [8080] },
  ],
};

test.each([
  ['{.kind}', 'List'],
  ['{.items[*].metadata.name}', 'a b'],
  ['{.items[-1].metadata.name}', 'b'],
  ['{.items[0:1].metadata.name}', 'a'],
  ['{.items[0].ports[0,1]}', '80 443'],
  ["{.items[0]['metadata','status']}", '{"labels":{"app.kubernetes.io/name":"x","tier":"web"},"name":"a"} {"replicas":3}'],
  ["{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}", 'x'],
  ['{.items[0].metadata.labels.app\\.kubernetes\\.io/name}', 'x'],
  ['{..name}', 'a b'],
  ['{.items[?(@.status.replicas>1)].metadata.name}', 'a'],
  ['{.items[?(@.metadata.name=="b")].ports[0]}', '8080'],
  ['{.items[?(@.metadata.labels.tier)].metadata.name}', 'a'],
  ['{range .items[*]}{.metadata.name}={.status.replicas}{"\\n"}{end}', 'a=3\nb=1\n'],
  ['{range .items[*]}[{range .ports[*]}{@},{end}]{end}', '[80,443,][8080,]'],
  ['all: {.items[*].missing}', 'all: '],
])('%s gives %j', (template, text) => {
  expect(JsonPath.parse(template).render(list)).toBe(text);
});

test('an index beyond the end is an error that shows the template', () => {
  expect(() => JsonPath.parse('{.items[5]}').render(list)).toThrow(
    'error executing jsonpath "{.items[5]}": Error executing template: array index out of bounds: index 5, length 2.',
  );
});

test('sort-by and custom columns accept a path with or without braces', () => {
  for (const expression of ['metadata.name', '.metadata.name', '{.metadata.name}'])
    expect(JsonPath.parseRelaxed(expression).find(list.items[0])).toEqual([['a']]);
});
