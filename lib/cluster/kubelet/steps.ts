import type { Entry, Kernel } from '../kernel';

/** What a sync waits for: simulated milliseconds, or whatever calls back once. */
export type Wait = number | ((resume: () => void) => void);

/** A piece of work that takes simulated time, written as if it blocked. It is memory: a restart begins it again. */
export type Steps<T> = Generator<Wait, T, void>;

export interface Running {
  /** Drops the rest of it, at once. */
  cancel(): void;
}

/** Runs `steps` to the end, each wait as a kernel entry. */
export function runSteps<T>(
  kernel: Kernel,
  { actor, what, steps, onDone }: { actor: string; what: string; steps: Steps<T>; onDone: (result: T) => void },
): Running {
  let next: Entry | undefined;
  let isCancelled = false;
  const schedule = (delayMs: number) => {
    if (!isCancelled) next = kernel.schedule({ delayMs, actor, what, background: false, run: advance });
  };
  const advance = () => {
    if (isCancelled) return;
    const { done, value } = steps.next();
    if (done) return onDone(value);
    if (typeof value === 'number') schedule(value);
    else value(once(() => schedule(0)));
  };
  advance();
  return {
    cancel: () => {
      isCancelled = true;
      next?.cancel();
      steps.return(undefined as never);
    },
  };
}

function once(callback: () => void): () => void {
  let isCalled = false;
  return () => {
    if (isCalled) return;
    isCalled = true;
    callback();
  };
}
