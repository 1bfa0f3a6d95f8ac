import type { V1PodSpec } from '@/generated/kubernetes/types';
import { goValue } from './go-value';

/** The difference of two Pod specs as the API server words it: a unified diff of its internal type as indented JSON (`apimachinery/pkg/util/diff`). */
export function podSpecDiff(before: V1PodSpec, after: V1PodSpec): string {
  return unifiedDiff(linesOf(before), linesOf(after));
}

/** The same of any internal type whose fields are known here. */
export function goValueDiff(shape: string, before: unknown, after: unknown): string {
  const lines = (value: unknown) => JSON.stringify(goValue(shape, value), undefined, 1).split('\n');
  return unifiedDiff(lines(before), lines(after));
}

function linesOf(spec: V1PodSpec): string[] {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers, securityContext } = spec;
  const internal = {
    ...spec,
    securityContext: securityContext && { ...securityContext, hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers },
  };
  return JSON.stringify(goValue('PodSpec', internal), undefined, 1).split('\n');
}

const contextLines = 3;

interface Edit {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

function unifiedDiff(before: readonly string[], after: readonly string[]): string {
  const edits = editsOf(before, after);
  return hunksOf(edits)
    .map(({ from, to }) => renderHunk(edits, from, to))
    .join('');
}

/** The shortest way from one to the other, after setting aside what both begin and end with. */
function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before[before.length - 1 - tail] === after[after.length - 1 - tail])
    tail++;
  const same = (text: string): Edit => ({ mark: ' ', text });
  return [
    ...before.slice(0, head).map(same),
    ...middleEdits(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ];
}

/** Longest common subsequence by dynamic programming: specs differ in a few dozen lines. */
function middleEdits(before: readonly string[], after: readonly string[]): Edit[] {
  const lengths = Array.from({ length: before.length + 1 }, () => Array.from({ length: after.length + 1 }, () => 0));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--)
      (lengths[i] as number[])[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) edits.push({ mark: ' ', text: (j++, before[i++]) as string });
    else if (i < before.length && (j >= after.length || at(i + 1, j) >= at(i, j + 1)))
      edits.push({ mark: '-', text: before[i++] as string });
    else edits.push({ mark: '+', text: after[j++] as string });
  }
  return edits;
}

/** Runs of changes with three lines around them; runs that touch are one. */
function hunksOf(edits: readonly Edit[]): { from: number; to: number }[] {
  const hunks: { from: number; to: number }[] = [];
  edits.forEach(({ mark }, index) => {
    if (mark === ' ') return;
    const from = Math.max(0, index - contextLines);
    const to = Math.min(edits.length, index + contextLines + 1);
    const last = hunks.at(-1);
    if (last && from <= last.to) last.to = to;
    else hunks.push({ from, to });
  });
  return hunks;
}

function renderHunk(edits: readonly Edit[], from: number, to: number): string {
  const count = (marks: string, slice: readonly Edit[]) => slice.filter(({ mark }) => marks.includes(mark)).length;
  const hunk = edits.slice(from, to);
  const before = count(' -', edits.slice(0, from)) + 1;
  const after = count(' +', edits.slice(0, from)) + 1;
  const header = `@@ -${range(before, count(' -', hunk))} +${range(after, count(' +', hunk))} @@\n`;
  return header + hunk.map(({ mark, text }) => `${mark}${text}\n`).join('');
}

function range(start: number, length: number): string {
  return length === 1 ? `${start}` : `${start},${length}`;
}
