import { Quantity } from '@/lib/cluster';
import type { KubeObject } from '@/lib/cluster';
import { JsonPath } from '../jsonpath';

/** `meta.k8s.io/v1 Table`, the server's answer to `get`. */
export interface Table {
  readonly kind: 'Table';
  readonly columnDefinitions?: readonly Column[];
  readonly rows?: readonly Row[];
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly priority: number;
  readonly description?: string;
}

export interface Row {
  readonly cells: readonly unknown[];
  readonly object?: KubeObject;
}

export interface TableOptions {
  readonly isWide: boolean;
  readonly noHeaders: boolean;
  readonly withNamespace: boolean;
  /** `pod` or `deployment.apps`, put before names. */
  readonly kind?: string | undefined;
  readonly showLabels: boolean;
  readonly labelColumns: readonly string[];
}

/** Prints the server's tables as kubectl does (`cli-runtime/pkg/printers/tableprinter.go`). One per kind: it remembers columns and widths. */
export class TablePrinter {
  readonly #options: TableOptions;
  #columns: readonly Column[] = [];
  #hasHeader = false;
  readonly #tabs = new TabWriter();

  constructor(options: TableOptions) {
    this.#options = options;
  }

  /** `events` puts an EVENT column first, for `--output-watch-events`. */
  print(table: Table, events?: readonly string[]): string {
    const rows = table.rows ?? [];
    const columns = table.columnDefinitions?.length ? table.columnDefinitions : this.#columns;
    if (!sameColumns(columns, this.#columns)) {
      this.#columns = columns;
      this.#hasHeader = false;
    }
    if (rows.length === 0) return '';
    const shown = columns.flatMap((column, index) => (this.#options.isWide || column.priority === 0 ? [index] : []));
    const lines: string[][] = [];
    if (!this.#options.noHeaders && !this.#hasHeader) lines.push([...(events ? ['EVENT'] : []), ...this.#headers(columns, shown)]);
    this.#hasHeader = true;
    rows.forEach((row, index) => lines.push([...(events ? [events[index] ?? ''] : []), ...this.#cells(row, columns, shown)]));
    return this.#tabs.write(lines);
  }

  #headers(columns: readonly Column[], shown: readonly number[]): string[] {
    const { withNamespace, labelColumns, showLabels } = this.#options;
    return [
      ...(withNamespace ? ['NAMESPACE'] : []),
      ...shown.map((index) => (columns[index] as Column).name.toUpperCase()),
      ...labelColumns.map((label) => label.slice(label.lastIndexOf('/') + 1).toUpperCase()),
      ...(showLabels ? ['LABELS'] : []),
    ];
  }

  #cells(row: Row, columns: readonly Column[], shown: readonly number[]): string[] {
    const { withNamespace, labelColumns, showLabels, kind } = this.#options;
    const labels = row.object?.metadata.labels ?? {};
    return [
      ...(withNamespace ? [row.object?.metadata.namespace ?? ''] : []),
      ...shown.map((index) => {
        const text = cellText(row.cells[index]);
        const column = columns[index] as Column;
        return kind && column.format === 'name' && column.type === 'string' ? `${kind}/${text}` : text;
      }),
      ...labelColumns.map((label) => labels[label] ?? ''),
      ...(showLabels ? [labelText(labels)] : []),
    ];
  }
}

function sameColumns(a: readonly Column[], b: readonly Column[]): boolean {
  return (
    a === b ||
    (a.length === b.length && a.every((column, index) => column.name === b[index]?.name && column.priority === b[index]?.priority))
  );
}

/** Text up to its first line break, as the cell of a table. */
function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  const text = String(cell);
  const end = text.search(/[\f\n\r]/);
  return end < 0 ? text : `${text.slice(0, end)}...`;
}

export function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  return pairs.length ? pairs.join(',') : '<none>';
}

/** Columns of text as Go's tabwriter aligns them: three spaces between, six wide at least, the last one ragged. Widths only grow. */
export class TabWriter {
  readonly #widths: number[] = [];
  readonly #minWidth: number;
  readonly #padding: number;

  constructor({ minWidth = 6, padding = 3 }: { minWidth?: number; padding?: number } = {}) {
    this.#minWidth = minWidth;
    this.#padding = padding;
  }

  write(lines: readonly (readonly string[])[]): string {
    for (const line of lines) {
      line.slice(0, -1).forEach((cell, index) => {
        this.#widths[index] = Math.max(this.#widths[index] ?? this.#minWidth, [...cell].length + this.#padding);
      });
    }
    return lines
      .map(
        (line) =>
          `${line.map((cell, index) => (index === line.length - 1 ? cell : cell + ' '.repeat((this.#widths[index] as number) - [...cell].length))).join('')}\n`,
      )
      .join('');
  }
}

/** Sorts rows or objects by a JSONPath of the object (`kubectl/pkg/cmd/get/sorter.go`). */
export function sortByPath<T>(items: readonly T[], objectOf: (item: T) => unknown, expression: string): T[] {
  const path = JsonPath.parseRelaxed(expression);
  const keyed = items.map((item) => ({ item, key: path.find(objectOf(item)).flat()[0] }));
  return keyed.sort((a, b) => compareValues(a.key, b.key)).map(({ item }) => item);
}

function compareValues(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const left = parseQuantity(String(a));
  const right = parseQuantity(String(b));
  if (left && right) return left.compare(right);
  return naturalCompare(String(a), String(b));
}

function parseQuantity(text: string): Quantity | undefined {
  try {
    return Quantity.parse(text);
  } catch {
    return undefined;
  }
}

/** Runs of digits compare by value, as in `web-9` before `web-10` (`sortorder.NaturalLess`). */
function naturalCompare(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const l = left[at] as string;
    const r = right[at] as string;
    if (l === r) continue;
    if (/^\d/.test(l) && /^\d/.test(r)) {
      const difference = Number(l) - Number(r);
      if (difference !== 0) return difference;
      continue;
    }
    return l < r ? -1 : 1;
  }
  return left.length - right.length;
}
