import { deepFreeze } from '@/lib/base';
import { decodeObject, decodeStatusOf, openProtobuf, readJson, readProtobuf } from '@/lib/cluster/api';

const pod = 'io.k8s.api.core.v1.Pod';

test('unknown fields are named with their paths and left out', () => {
  const { value, unknown } = decodeObject(pod, {
    metadata: { name: 'a', lables: {} },
    spec: { containers: [{ name: 'c', imagee: 'x' }] },
    extra: 1,
  });
  expect(unknown).toEqual(['metadata.lables', 'spec.containers[0].imagee', 'extra']);
  expect(JSON.stringify(value)).not.toMatch(/lables|imagee|extra/);
});

test.each([
  [
    { spec: { containers: { name: 'c' } } },
    'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
  ],
  [{ metadata: { labels: { a: 1 } } }, 'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string'],
  [{ spec: { hostNetwork: 'yes' } }, 'json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool'],
  [{ spec: { priority: 1.5 } }, 'json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.priority of type int32'],
  [
    { metadata: { creationTimestamp: 'yesterday' } },
    'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
  ],
])('a mistyped field is refused as Go does: %j', (data, sentence) => {
  expect(() => decodeObject(pod, data)).toThrow(sentence);
});

test('what Go cannot tell from absent goes, what it always writes appears, and quantities become canonical', () => {
  const { value } = decodeObject(pod, {
    metadata: { name: 'a', labels: {} },
    spec: {
      nodeName: '',
      containers: [{ name: 'c', command: [], resources: { requests: { cpu: '1000m' } } }],
      terminationGracePeriodSeconds: 0,
    },
  });
  expect(value).toEqual({
    metadata: { name: 'a' },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }], terminationGracePeriodSeconds: 0 },
    status: {},
  });
});

test('a decoded object shares nothing with what it was decoded from', () => {
  const data = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c' }] } };
  const { value } = decodeObject('io.k8s.api.core.v1.Pod', data) as unknown as { value: typeof data };
  value.metadata.labels.a = 'changed';
  expect(data.metadata.labels.a).toBe('b');
});

describe('decoding an object whose status alone is written', () => {
  const known = deepFreeze(
    decodeObject(pod, { metadata: { name: 'a' }, spec: { containers: [{ name: 'c' }] }, status: { phase: 'Pending' } }).value,
  );

  test('comes to what decoding all of it does', () => {
    const data = { ...known, metadata: { name: 'a', uid: 'u', lables: {} }, status: { phase: 'Running', message: '' }, extra: 1 };
    expect(decodeStatusOf(known, pod, data)).toEqual(decodeObject(pod, data));
    expect(Object.keys(decodeStatusOf(known, pod, data).value)).toEqual(['metadata', 'spec', 'status']);
  });

  test('takes over the spec that is stored, and makes copies of metadata and status', () => {
    const { value } = decodeStatusOf(known, pod, known);
    expect(value['spec']).toBe(known['spec']);
    expect(Object.isFrozen(value['metadata']) || Object.isFrozen(value['status'])).toBe(false);
  });

  test('decodes a spec that is another one', () => {
    expect(decodeStatusOf(known, pod, { ...known, spec: { containers: [{ name: 'd', imagee: 'x' }] } }).unknown).toEqual([
      'spec.containers[0].imagee',
    ]);
  });
});

test('__proto__ in a body is a key like any other', () => {
  const { value } = readJson('{"metadata":{"labels":{"__proto__":"x"}},"__proto__":{"polluted":1}}') as { value: any };
  const decoded = decodeObject(pod, value);
  expect(Object.keys((decoded.value['metadata'] as any).labels)).toEqual(['__proto__']);
  expect(decoded.unknown).toEqual(['__proto__']);
  expect(({} as any).polluted).toBeUndefined();
});

test('repeated keys are named, and repeated objects are merged as Go merges them', () => {
  const { value, duplicates } = readJson('{"metadata":{"name":"a","name":"b"},"data":{"x":"1"},"data":{"y":"2"}}');
  expect(duplicates).toEqual(['metadata.name', 'data']);
  expect(value).toEqual({ metadata: { name: 'b' }, data: { x: '1', y: '2' } });
});

test.each([
  ['{"a":', 'unexpected end of JSON input'],
  ['{{', "invalid character '{' looking for beginning of object key string"],
  ['[1 2]', "invalid character '2' after array element"],
  ['{} x', "invalid character 'x' after top-level value"],
])('%s is no JSON, in the words of Go', (text, sentence) => {
  expect(() => readJson(text)).toThrow(sentence);
});

test('nesting without end is refused before the stack is', () => {
  expect(() => readJson('['.repeat(100_000))).toThrow('exceeded max depth');
});

test('a protobuf body of client-go means the same as its JSON', () => {
  const text = (value: string) => [...new TextEncoder().encode(value)];
  const message = (number: number, bytes: number[]) => [(number << 3) | 2, bytes.length, ...bytes];
  const raw = [
    ...message(1, [...message(1, text('shop')), ...message(11, [...message(1, text('a')), ...message(2, text('b'))])]),
    ...message(2, []),
  ];
  const typeMeta = [...message(1, text('v1')), ...message(2, text('Namespace'))];
  const envelope = Uint8Array.from([0x6b, 0x38, 0x73, 0, ...message(1, typeMeta), ...message(2, raw)]);
  const opened = openProtobuf(envelope);
  expect([opened.apiVersion, opened.kind]).toEqual(['v1', 'Namespace']);
  expect(readProtobuf('io.k8s.api.core.v1.Namespace', opened.raw)).toEqual({ metadata: { name: 'shop', labels: { a: 'b' } }, spec: {} });
  expect(() => openProtobuf(Uint8Array.from([1, 2, 3, 4]))).toThrow('expected prefix');
});
