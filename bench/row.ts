/** One line of the table: a measured figure beside the mark to beat. */
export interface BenchRow {
  /** Its key in `--json`. */
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  /** The figure to beat, and whose it is. Lower is better unless `isHigherBetter`. */
  readonly mark?: { readonly value: number; readonly of: string };
  readonly isHigherBetter?: boolean;
  /** The real thing, measured in the same run in place of a mark; undefined where it is not installed. In `--json` the ratio is `<key>Ratio`. */
  readonly rival?: { readonly of: string; measure(): Promise<number | undefined> };
  measure(): number | Promise<number>;
}

/** The median wall time of `runs` calls of `body`, in milliseconds, after `warmUps` that do not count; nor does what is done `before` each. */
export function medianMs(body: () => void, { runs = 9, warmUps = 2, before = () => {} } = {}): number {
  for (let run = 0; run < warmUps; run++) body();
  const times = Array.from({ length: runs }, () => {
    before();
    const start = performance.now();
    body();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)] as number;
}

/** Calls of `body` in a second: the best of a few rounds, since whatever else runs only ever slows one down. */
export function perSecond(calls: number, body: (call: number) => void, { rounds = 7 } = {}): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let call = 0; call < calls; call++) body(call);
    best = Math.min(best, performance.now() - start);
  }
  return (calls / best) * 1000;
}
