import { align } from '@/lib/kubectl/describe/text';
import { humanDuration, formatDuration, parseDuration } from '@/lib/kubectl/duration';
import { GoTemplate } from '@/lib/kubectl/printers/go-template';
import { CustomColumns } from '@/lib/kubectl/printers/custom-columns';
import { sortByPath, TablePrinter, type Table } from '@/lib/kubectl/printers/table';
import { unifiedDiff } from '@/lib/kubectl/unified-diff';

const options = { isWide: false, noHeaders: false, withNamespace: false, kind: undefined, showLabels: false, labelColumns: [] };
const table: Table = {
  kind: 'Table',
  columnDefinitions: [
    { name: 'Name', type: 'string', format: 'name', priority: 0 },
    { name: 'Ready', type: 'string', format: '', priority: 0 },
    { name: 'Node', type: 'string', format: '', priority: 1 },
  ],
  rows: [
    {
      cells: ['web-1', '1/1', 'n1'],
      object: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'web-1', namespace: 'default', labels: { app: 'web', tier: 'x' } } as never,
      },
    },
    {
      cells: ['a-very-long-name', 'no\nlonger', null],
      object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a-very-long-name', namespace: 'other' } as never },
    },
  ],
};

test('columns are as wide as their widest cell plus three, the last one ragged, and a cell ends at its first line', () => {
  expect(new TablePrinter(options).print(table)).toBe('NAME               READY\nweb-1              1/1\na-very-long-name   no...\n');
});

test('wide columns, namespaces, kinds and labels are put where kubectl puts them', () => {
  const printer = new TablePrinter({ ...options, isWide: true, withNamespace: true, kind: 'pod', showLabels: true, labelColumns: ['app'] });
  expect(printer.print(table)).toBe(
    'NAMESPACE   NAME                   READY   NODE   APP   LABELS\ndefault     pod/web-1              1/1     n1     web   app=web,tier=x\nother       pod/a-very-long-name   no...                <none>\n',
  );
});

test('rows of a watch come without headers and no narrower than before', () => {
  const printer = new TablePrinter(options);
  printer.print(table);
  expect(printer.print({ kind: 'Table', rows: [{ cells: ['x', '0/1', null] }] })).toBe('x                  0/1\n');
});

test('sort-by compares numbers, quantities and names with numbers in them', () => {
  const sorted = (values: unknown[]) =>
    sortByPath(
      values.map((v) => ({ v })),
      (one) => one,
      '.v',
    ).map(({ v }) => v);
  expect(sorted([10, 9, 1])).toEqual([1, 9, 10]);
  expect(sorted(['1Gi', '500Mi', '2Ki'])).toEqual(['2Ki', '500Mi', '1Gi']);
  expect(sorted(['web-10', 'web-9'])).toEqual(['web-9', 'web-10']);
});

test('custom columns show what is missing as <none> and lists with commas', () => {
  const columns = CustomColumns.parse('NAME:.metadata.name,IMG:.spec.images[*],NO:.nope', false);
  expect(columns.print([{ apiVersion: 'v1', kind: 'X', metadata: { name: 'a' } as never, spec: { images: ['x', 'y'] } }])).toBe(
    'NAME   IMG   NO\na      x,y   <none>\n',
  );
});

test('describe aligns neighbouring lines only', () => {
  expect(align('Name:\tweb\nNamespace:\tdefault\nContainers:\n  nginx:\n    Image:\tnginx\n    Image ID:\t\n')).toBe(
    'Name:       web\nNamespace:  default\nContainers:\n  nginx:\n    Image:     nginx\n    Image ID:  \n',
  );
});

test.each([
  [1000, '1s'],
  [119_000, '119s'],
  [120_000, '2m'],
  [185_000, '3m5s'],
  [3_600_000, '60m'],
  [11_000_000, '3h3m'],
  [172_800_000, '2d'],
  [200_000_000_000, '6y124d'],
])('an age of %i ms reads %s', (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});

test('durations are Go’s', () => {
  expect([parseDuration('1m30s'), parseDuration('1.5h'), parseDuration('5'), parseDuration('0')]).toEqual([
    90_000,
    5_400_000,
    undefined,
    0,
  ]);
  expect([formatDuration(60_000), formatDuration(3_723_500), formatDuration(0)]).toEqual(['1m0s', '1h2m3.5s', '0s']);
});

test.each([
  ['{{.a.b}}', '1'],
  ['{{range .list}}{{.}},{{end}}', 'x,y,'],
  ['{{range $i, $v := .list}}{{$i}}={{$v}} {{end}}', '0=x 1=y '],
  ['{{if eq .a.b 1}}yes{{else}}no{{end}}', 'yes'],
  ['{{len .list}} {{index .list 1}} {{printf "%5s|" "x"}}', '2 y     x|'],
  ['{{.missing}}', '<no value>'],
  ['{{with .none}}x{{else}}empty{{end}}', 'empty'],
  ['{{.secret | base64decode}}', 'hi'],
  ['a {{- " b " -}} c', 'a b c'],
])('the Go template %s gives %j', (template, text) => {
  expect(GoTemplate.parse(template).render({ a: { b: 1 }, list: ['x', 'y'], secret: 'aGk=' })).toBe(text);
});

test('a difference is shown as diff -u shows it', () => {
  const side = (name: string) => ({ name, time: 'T' });
  expect(unifiedDiff('a\nb\nc\n', 'a\nx\nc\n', side('A'), side('B'))).toBe(
    'diff -u -N A B\n--- A\tT\n+++ B\tT\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n',
  );
  expect(unifiedDiff('a\n', 'a\n', side('A'), side('B'))).toBe('');
});
