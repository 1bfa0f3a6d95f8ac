/** The indexes of a Job's Pods as its fields write them, `1,3-5`, and what is wrong when they cannot be read (`validateIndexesFormat`). */
export type IndexIntervals = { readonly total: number } | { readonly problem: string };

export function readIndexIntervals(text: string, completions: number): IndexIntervals {
  if (text === '') return { total: 0 };
  let total = 0;
  let last: number | undefined;
  for (const interval of text.split(',')) {
    const read = readInterval(interval, completions);
    if (typeof read === 'string') return { problem: read };
    const [first, end] = read;
    if (last !== undefined && last >= first) return { problem: `non-increasing order, previous: ${last}, current: ${first}` };
    total += end - first + 1;
    last = end;
  }
  return { total };
}

function readInterval(text: string, completions: number): readonly [first: number, last: number] | string {
  const limits = text.split('-');
  if (limits.length > 2)
    return `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  const [low = '', high] = limits;
  const first = readIndex(low, completions);
  if (typeof first === 'string') return first;
  if (high === undefined) return [first, first];
  const last = readIndex(high, completions);
  if (typeof last === 'string') return last;
  return first >= last ? `non-increasing order, previous: ${first}, current: ${last}` : [first, last];
}

function readIndex(text: string, completions: number): number | string {
  if (!/^[+-]?\d+$/.test(text)) return `cannot convert string to integer for index: ${JSON.stringify(text)}`;
  return Number(text) >= completions ? `too large index: ${JSON.stringify(text)}` : Number(text);
}
