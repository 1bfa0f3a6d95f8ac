import { readFileSync } from 'node:fs';
import { descriptions } from '@/generated/kubernetes/descriptions';
import type { TableColumn } from '@/lib/cluster/api';
import { builtInResources } from '@/lib/cluster/resources';
import { describeRecorded } from '@/tests/support/recordings';

/** Of kinds without printer columns. */
const plain: readonly Pick<TableColumn<never>, 'name' | 'type' | 'format' | 'priority'>[] = [
  { name: 'Name', format: 'name' },
  { name: 'Created At', type: 'date' },
];

test('every description a column borrows exists', () => {
  const borrowed = builtInResources.flatMap(({ columns }) => (columns ?? []).flatMap(({ describedBy }) => describedBy ?? []));
  expect(borrowed.filter((field) => !descriptions[field])).toEqual([]);
});

describeRecorded('the columns of every kind are those a v1.36 API server answers with', 'table-columns.json', (file) => {
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object[]>;
  test.each(builtInResources.map((definition) => [definition.group, definition.names.plural, definition] as const))(
    '%s %s',
    (group, plural, { version, columns }) => {
      const ours = (columns ?? plain).map(({ name, type = 'string', format = '', priority = 0 }) => ({ name, type, format, priority }));
      expect(ours).toEqual(recorded[group ? `/apis/${group}/${version}/${plural}` : `/api/${version}/${plural}`]);
    },
  );
});
