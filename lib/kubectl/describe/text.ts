import { compareBytes } from '@/lib/base';

/**
 * Lines whose cells are parted by tabs. Upstream writes them through a tabwriter (`describe.tabbedString`); `align` does
 * the same: a column is as wide as its widest cell among neighbouring lines that have it, plus two.
 */
export class Text {
  readonly #lines: string[] = [];

  /** Writes a line `level` steps in. */
  line(level: number, ...cells: string[]): this {
    this.#lines.push('  '.repeat(level) + cells.join('\t'));
    return this;
  }

  /** Takes over finished lines. */
  append(text: Text): this {
    this.#lines.push(...text.#lines);
    return this;
  }

  /** With its tabs as they are. */
  raw(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  aligned(): string {
    return align(this.raw());
  }
}

export function align(text: string): string {
  const lines = text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split('\t'));
  const widths = lines.map(() => [] as number[]);
  const columns = Math.max(...lines.map((cells) => cells.length - 1));
  for (let column = 0; column < columns; column++) alignColumn(lines, widths, column);
  return lines
    .map(
      (cells, row) =>
        `${cells.map((cell, index) => (index === cells.length - 1 ? cell : cell + ' '.repeat((widths[row]?.[index] as number) - [...cell].length))).join('')}\n`,
    )
    .join('');
}

/** Gives every run of lines that have `column` one width. */
function alignColumn(lines: readonly (readonly string[])[], widths: number[][], column: number): void {
  const has = (row: number) => row < lines.length && column < (lines[row] as readonly string[]).length - 1;
  for (let row = 0; row < lines.length; row++) {
    if (!has(row)) continue;
    let end = row;
    let width = 0;
    for (; has(end); end++) width = Math.max(width, [...((lines[end] as readonly string[])[column] as string)].length + 2);
    for (; row < end; row++) (widths[row] as number[])[column] = width;
  }
}

/** `Labels:  app=web`, one a line, sorted. */
export function labelLines(text: Text, title: string, labels: Readonly<Record<string, string>> | undefined, indent = ''): void {
  const keys = Object.keys(labels ?? {}).sort(compareBytes);
  if (keys.length === 0) text.line(0, `${indent}${title}:`, '<none>');
  keys.forEach((key, index) => text.line(0, index === 0 ? `${indent}${title}:` : '', `${key}=${labels?.[key]}`));
}

const hiddenAnnotations = new Set(['kubectl.kubernetes.io/last-applied-configuration']);
const annotationWidth = 140;

export function annotationLines(text: Text, title: string, annotations: Readonly<Record<string, string>> | undefined): void {
  const keys = Object.keys(annotations ?? {})
    .filter((key) => !hiddenAnnotations.has(key))
    .sort(compareBytes);
  if (keys.length === 0) text.line(0, `${title}:`, '<none>');
  keys.forEach((key, index) => {
    const value = (annotations?.[key] ?? '').replace(/\n$/, '');
    const head = index === 0 ? `${title}:` : '';
    if (value.length + key.length + 2 < annotationWidth && !value.includes('\n')) {
      text.line(0, head, `${key}: ${value}`);
      return;
    }
    text.line(0, head, `${key}:`);
    for (const line of value.split('\n')) text.line(0, '', `  ${shorten(line, annotationWidth - 2)}`);
  });
}

function shorten(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}...` : text;
}

/** The names of a resource list in the order they are shown. */
export function resourceNames(list: Readonly<Record<string, string>> | undefined): string[] {
  return Object.keys(list ?? {}).sort(compareBytes);
}
