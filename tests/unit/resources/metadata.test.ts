import { refusalOf, updateRefusalOf } from '../../support/objects';

const configMap = (metadata: object) => ({ metadata: { name: 'config', ...metadata } });
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'u' };

test.each([
  [{ name: 'Bad_Name' }, `metadata.name: Invalid value: "Bad_Name": ${subdomain}`],
  [
    { labels: { app: 'no spaces!' } },
    "metadata.labels: Invalid value: \"no spaces!\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ],
  [{ labels: { app: 'x'.repeat(64) } }, `metadata.labels: Invalid value: "${'x'.repeat(64)}": must be no more than 63 bytes`],
  [{ annotations: { note: 'x'.repeat(262144) } }, 'metadata.annotations: Too long: may not be more than 262144 bytes'],
  [
    { finalizers: ['bad'] },
    'metadata.finalizers[0]: Invalid value: "bad": name is neither a standard finalizer name nor is it fully qualified',
  ],
  [{ ownerReferences: [{ ...owner, uid: '' }] }, 'metadata.ownerReferences.uid: Invalid value: "": must not be empty'],
  [
    { ownerReferences: [{ ...owner, kind: 'Event' }] },
    'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"web","uid":"u"}: /v1, Kind=Event is disallowed from being an owner',
  ],
])('metadata %j is refused', (metadata, sentence) => {
  expect(refusalOf('ConfigMap', configMap(metadata))).toBe(
    `ConfigMap "${(metadata as { name?: string }).name ?? 'config'}" is invalid: ${sentence}`,
  );
});

test('only one owner controls', () => {
  const both = [
    { ...owner, controller: true },
    { ...owner, name: 'other', uid: 'v', controller: true },
  ];
  expect(refusalOf('ConfigMap', configMap({ ownerReferences: both }))).toContain(
    'Only one reference can have Controller set to true. Found "true" in references for Pod/web and Pod/other',
  );
});

test('a Namespace is named by a label', () => {
  expect(refusalOf('Namespace', { metadata: { name: 'a.b' } })).toBe(
    'Namespace "a.b" is invalid: metadata.name: Invalid value: "a.b": must not contain dots',
  );
});

test('nothing new may hold back what is being deleted', () => {
  const going = configMap({ deletionTimestamp: '2026-01-05T08:00:00Z', finalizers: ['example.com/a'] });
  expect(updateRefusalOf('ConfigMap', going, ({ metadata }) => metadata.finalizers.push('example.com/b'))).toBe(
    'ConfigMap "config" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/b"}',
  );
});
