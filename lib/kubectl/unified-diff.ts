interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

interface Side {
  readonly name: string;
  readonly time: string;
}

/** `diff -u -N` of two texts with three lines of context; empty when they are the same. */
export function unifiedDiff(before: string, after: string, from: Side, to: Side): string {
  if (before === after) return '';
  const lines = compare(linesOf(before), linesOf(after));
  return `diff -u -N ${from.name} ${to.name}\n--- ${from.name}\t${from.time}\n+++ ${to.name}\t${to.time}\n${hunksOf(lines).join('')}`;
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** The longest common subsequence decides which lines stay. */
function compare(a: readonly string[], b: readonly string[]): Line[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      (lengths[i] as Uint32Array)[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ mark: ' ', text: a[i++] as string });
      j++;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) lines.push({ mark: '-', text: a[i++] as string });
    else lines.push({ mark: '+', text: b[j++] as string });
  }
  return lines;
}

function hunksOf(lines: readonly Line[]): string[] {
  const changed = lines.flatMap(({ mark }, index) => (mark === ' ' ? [] : [index]));
  const ranges: [number, number][] = [];
  for (const index of changed) {
    const [from, to] = [Math.max(0, index - 3), Math.min(lines.length, index + 4)];
    const last = ranges.at(-1);
    if (last && from <= last[1]) last[1] = to;
    else ranges.push([from, to]);
  }
  return ranges.map(([from, to]) => hunk(lines, from, to));
}

function hunk(lines: readonly Line[], from: number, to: number): string {
  const count = (part: readonly Line[], mark: '-' | '+') => part.filter((line) => line.mark !== (mark === '-' ? '+' : '-')).length;
  const range = (mark: '-' | '+') => {
    const start = count(lines.slice(0, from), mark);
    const length = count(lines.slice(from, to), mark);
    return `${mark}${length === 0 ? start : start + 1}${length === 1 ? '' : `,${length}`}`;
  };
  return `@@ ${range('-')} ${range('+')} @@\n${lines
    .slice(from, to)
    .map(({ mark, text }) => `${mark}${text}\n`)
    .join('')}`;
}
