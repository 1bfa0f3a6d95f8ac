import { instant, type Kernel } from '@/lib/cluster';

/** Work that may be laid aside wherever it yields. What it returns does not depend on when that was, nor for how long. */
export type Sliced<T> = Generator<void, T, void>;

/** A kernel's entries between two yields: few enough that a turn is over soon after its time is up. */
const entriesEach = 4;

export function inOneGo<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** `kernel.runFor`, laid aside after every few entries. */
export function* runFor(kernel: Kernel, ms: number, { entriesMax = Infinity } = {}): Sliced<void> {
  const until = instant(kernel.now + ms);
  for (let left = entriesMax, ran = entriesEach; ran === entriesEach; left -= ran) {
    yield;
    ran = kernel.runUntil(until, { entriesMax: Math.min(left, entriesEach) });
  }
}
