import { deepFreeze } from '@/lib/base';
import { jsonBytes, jsonText } from '@/lib/sandbox/api-json';

const pod = (name: string, kind = 'Pod') => deepFreeze({ kind, apiVersion: 'v1', metadata: { name }, spec: { note: 'é ]}' } });

test.each([
  ['a list of frozen items', { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '7' }, items: [pod('a'), pod('b')] }],
  ['an empty list', { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [] }],
  ['a list of what may change', { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [{ kind: 'Pod', apiVersion: 'v1' }] }],
  ['a list of another kind', { kind: 'List', apiVersion: 'v1', metadata: {}, items: [pod('a')] }],
  ['a list with little in it', { items: [1, null, 'x'] }],
  ['an object', pod('a')],
  ['an event', { type: 'ADDED', object: pod('a') }],
  ['nothing', null],
])('the bytes of %s are those of its text, however often they are asked for', (_what, value) => {
  for (let time = 0; time < 2; time++) expect(jsonBytes(value, '\n').toString()).toBe(`${jsonText(value)}\n`);
});

test('an item says its kind in no list of its kind, and in any other', () => {
  const item = pod('a');
  const list = { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [item] };
  expect(JSON.parse(jsonBytes(list).toString()).items[0]).not.toHaveProperty('kind');
  expect(JSON.parse(jsonBytes({ ...list, kind: 'List' }).toString()).items[0]).toHaveProperty('kind', 'Pod');
});
