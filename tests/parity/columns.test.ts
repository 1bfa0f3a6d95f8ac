import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { descriptions } from '@/generated/kubernetes/descriptions';
import type { TableColumn } from '@/lib/cluster/api';
import { builtInResources } from '@/lib/cluster/resources';

/** Of kinds without printer columns. */
const plain: readonly Pick<TableColumn<never>, 'name' | 'type' | 'format' | 'priority'>[] = [
  { name: 'Name', format: 'name' },
  { name: 'Created At', type: 'date' },
];

const reference = process.env.ORRERY_REFERENCE;
const file = reference ? join(reference, 'v1.36/table-columns.json') : undefined;

test('every description a column borrows exists', () => {
  const borrowed = builtInResources.flatMap(({ columns }) => (columns ?? []).flatMap(({ describedBy }) => describedBy ?? []));
  expect(borrowed.filter((field) => !descriptions[field])).toEqual([]);
});

describe('the columns of every kind are those a v1.36 API server answers with', () => {
  if (!file || !existsSync(file)) {
    console.log('skipped: ORRERY_REFERENCE does not point at recordings of a real v1.36 API server');
    test.skip('compared with the recordings', () => {});
    return;
  }
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object[]>;
  test.each(builtInResources.map((definition) => [definition.group, definition.names.plural, definition] as const))(
    '%s %s',
    (group, plural, { version, columns }) => {
      const ours = (columns ?? plain).map(({ name, type = 'string', format = '', priority = 0 }) => ({ name, type, format, priority }));
      expect(ours).toEqual(recorded[group ? `/apis/${group}/${version}/${plural}` : `/api/${version}/${plural}`]);
    },
  );
});
