// `npm run bench [-- --json] [key…]`: every figure beside the mark it has to beat.
import { rows } from './registry';
import type { BenchRow } from './row';

const args = process.argv.slice(2);
const isJson = args.includes('--json');
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = wanted.filter((key) => !rows.some((row) => row.key === key));
if (unknown.length > 0) {
  console.error(`no such row: ${unknown.join(', ')}; there are ${rows.map(({ key }) => key).join(', ')}`);
  process.exit(1);
}

const measured: [BenchRow, number][] = [];
for (const row of rows.filter(({ key }) => wanted.length === 0 || wanted.includes(key))) {
  if (!isJson) process.stderr.write(`${row.title} …\n`);
  measured.push([await withRival(row), await row.measure()]);
}

if (isJson) console.log(JSON.stringify(Object.fromEntries(measured.flatMap(entriesOf))));
else for (const line of table(measured)) console.log(line);

/** What the rival does here and now is the mark. */
async function withRival(row: BenchRow): Promise<BenchRow> {
  const value = await row.rival?.measure();
  return row.rival && value !== undefined ? { ...row, mark: { value: round(value), of: row.rival.of } } : row;
}

function entriesOf([row, value]: [BenchRow, number]): [string, number][] {
  const { key, mark, rival } = row;
  return [[key, round(value)], ...(rival && mark ? [[`${key}Ratio`, round(value / mark.value)] as [string, number]] : [])];
}

function table(results: readonly [BenchRow, number][]): string[] {
  const cells = results.map(([row, value]) => [
    row.title,
    `${round(value)} ${row.unit}`,
    row.mark ? `${row.mark.value} ${row.unit}` : '',
    row.mark ? ratio(row, value) : '',
    row.mark?.of ?? '',
  ]);
  const all = [['what', 'here', 'mark', 'ahead by', 'mark is of'], ...cells];
  const widths = (all[0] as string[]).map((_, column) => Math.max(...all.map((line) => (line[column] as string).length)));
  return all.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
}

function ratio({ mark, isHigherBetter }: BenchRow, value: number): string {
  if (!mark) return '';
  return `×${round(isHigherBetter ? value / mark.value : mark.value / value)}`;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
