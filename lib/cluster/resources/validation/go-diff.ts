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

/** What is not in a matching block is taken out and put in, in that order. */
function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  for (const { at, to, length } of [...matchingBlocks(before, after), { at: before.length, to: after.length, length: 0 }]) {
    for (; i < at; i++) edits.push({ mark: '-', text: before[i] as string });
    for (; j < to; j++) edits.push({ mark: '+', text: after[j] as string });
    for (const end = at + length; i < end; i++, j++) edits.push({ mark: ' ', text: before[i] as string });
  }
  return edits;
}

interface Block {
  readonly at: number;
  readonly to: number;
  readonly length: number;
}

const popularFrom = 200;

/**
 * The longest run of equal lines, then the same on either side of it: the matching of Python's difflib, which `go-difflib` ports.
 * In a long text, lines that stand in more than one place in a hundred begin no run.
 */
function matchingBlocks(before: readonly string[], after: readonly string[]): Block[] {
  const places = new Map<string, number[]>();
  after.forEach((line, index) => places.set(line, [...(places.get(line) ?? []), index]));
  if (after.length >= popularFrom)
    for (const [line, found] of places) if (found.length > Math.trunc(after.length / 100) + 1) places.delete(line);
  const matchWithin = (from: number, end: number, low: number, high: number): Block[] => {
    const longest = longestMatch(before, after, places, [from, end, low, high]);
    if (longest.length === 0) return [];
    const { at, to, length } = longest;
    return [
      ...(from < at && low < to ? matchWithin(from, at, low, to) : []),
      longest,
      ...(at + length < end && to + length < high ? matchWithin(at + length, end, to + length, high) : []),
    ];
  };
  return matchWithin(0, before.length, 0, after.length);
}

function longestMatch(
  before: readonly string[],
  after: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  [from, end, low, high]: readonly [from: number, end: number, low: number, high: number],
): Block {
  let [at, to, length] = [from, low, 0];
  let runs = new Map<number, number>();
  for (let i = from; i < end; i++) {
    const longer = new Map<number, number>();
    for (const j of places.get(before[i] as string) ?? []) {
      if (j < low || j >= high) continue;
      const run = (runs.get(j - 1) ?? 0) + 1;
      longer.set(j, run);
      if (run > length) [at, to, length] = [i - run + 1, j - run + 1, run];
    }
    runs = longer;
  }
  while (at > from && to > low && before[at - 1] === after[to - 1]) [at, to, length] = [at - 1, to - 1, length + 1];
  while (at + length < end && to + length < high && before[at + length] === after[to + length]) length++;
  return { at, to, length };
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
