import { readFileSync } from 'node:fs';
import { fieldFacts } from '@/lib/cluster/api';
import { describeRecorded } from '@/tests/support/recordings';

interface RecordedField {
  readonly type?: string;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-map-type'?: string;
}

describeRecorded('the merge rules of every field are those a v1.36 API server publishes', 'schema-facts.json', (file) => {
  const definitions = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { fields?: Record<string, RecordedField> }>;
  const kubernetes = Object.entries(definitions).filter(([id]) => id.startsWith('io.k8s.'));
  test.each(kubernetes.map(([id, { fields = {} }]) => ({ id, fields })))('$id', ({ id, fields }) => {
    const ours = Object.fromEntries(Object.keys(fields).map((name) => [name, fieldFacts(id, name) ?? {}]));
    const theirs = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, factsOf(field)]));
    expect(ours).toEqual(theirs);
  });
});

function factsOf(field: RecordedField): object {
  return {
    ...(field['x-kubernetes-list-type'] && { listType: field['x-kubernetes-list-type'] }),
    ...(field['x-kubernetes-list-map-keys'] && { listMapKeys: field['x-kubernetes-list-map-keys'] }),
    ...(field['x-kubernetes-patch-merge-key'] && { patchMergeKey: field['x-kubernetes-patch-merge-key'] }),
    ...(field['x-kubernetes-patch-strategy'] && { patchStrategies: field['x-kubernetes-patch-strategy'].split(',') }),
    ...(field['x-kubernetes-map-type'] && { mapType: field['x-kubernetes-map-type'] }),
  };
}
