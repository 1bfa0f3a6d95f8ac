import type { Entry, Kernel } from '../kernel';

/** What a reconcile came to. Delays are level-based: each outcome replaces whatever delay the key still had. */
export type Outcome =
  | { readonly type: 'done' }
  | { readonly type: 'requeue-after'; readonly delayMs: number; readonly background: boolean };

export const done: Outcome = { type: 'done' };

/** Look at this key again after simulated time. `background` waits do not keep the cluster from being idle. */
export function requeueAfter(delayMs: number, { background = false } = {}): Outcome {
  return { type: 'requeue-after', delayMs: Math.max(0, Math.ceil(delayMs)), background };
}

const retryInitialMs = 5;
const retryMaxMs = 1_000_000;

export interface WorkQueueOptions {
  readonly kernel: Kernel;
  readonly actor: string;
  /** Reconciles one key; a throw retries it with back-off. */
  readonly reconcile: (key: string) => Outcome | void;
  /** Told of every throw, before the retry is scheduled. Return false to give the key up. */
  readonly onError?: (error: unknown, key: string, failures: number) => boolean | void;
  /** Keys are kept until `open` is called: no loop acts on caches that are not filled yet (`cache.WaitForNamedCacheSync`). */
  readonly startsClosed?: boolean;
}

/**
 * A set of keys to reconcile, each by a kernel entry of its own (`client-go/util/workqueue`). A key added twice is reconciled once;
 * failures are retried after 5 ms, doubling to 1000 s, until the key is reconciled without one.
 */
export class WorkQueue {
  readonly #kernel: Kernel;
  readonly #actor: string;
  readonly #reconcile: WorkQueueOptions['reconcile'];
  readonly #onError: WorkQueueOptions['onError'];
  #ready: Map<string, Entry> = nothing;
  #delayed: Map<string, Entry> = nothing;
  #failures: Map<string, number> = nothing;
  /** Keys that wait for `open`, and whether each came with a heartbeat. Undefined once open. */
  #kept: Map<string, boolean> | undefined;
  #isStopped = false;

  constructor({ kernel, actor, reconcile, onError, startsClosed = false }: WorkQueueOptions) {
    this.#kernel = kernel;
    this.#actor = actor;
    this.#reconcile = reconcile;
    this.#onError = onError;
    this.#kept = startsClosed ? new Map() : undefined;
  }

  /** How many keys wait to be reconciled now; delayed ones do not count. */
  get length(): number {
    return this.#ready.size + (this.#kept?.size ?? 0);
  }

  /** Begins with the keys kept so far, in the order they were added. */
  open(): void {
    const kept = this.#kept;
    this.#kept = undefined;
    for (const [key, background] of kept ?? []) this.add(key, { background });
  }

  add(key: string, { background = this.#kernel.isBackground } = {}): void {
    if (this.#isStopped) return;
    if (this.#kept) return void this.#kept.set(key, background && (this.#kept.get(key) ?? true));
    const waiting = this.#ready.get(key);
    if (waiting && (!waiting.isBackground || background)) return;
    waiting?.cancel();
    this.#ready = withEntry(this.#ready, key, this.#schedule(key, 0, background));
  }

  /** The earliest of several delays of a key wins. */
  addAfter(key: string, delayMs: number, { background = false } = {}): void {
    if (this.#isStopped) return;
    if (delayMs <= 0) return this.add(key, { background });
    const waiting = this.#delayed.get(key);
    if (waiting && waiting.at <= this.#kernel.now + delayMs) return;
    waiting?.cancel();
    this.#delayed = withEntry(this.#delayed, key, this.#schedule(key, Math.ceil(delayMs), background));
  }

  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures = withEntry(this.#failures, key, failures + 1);
    this.addAfter(key, Math.min(retryInitialMs * 2 ** Math.min(failures, 30), retryMaxMs));
  }

  /** The key's next failure is its first again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  stop(): void {
    this.#isStopped = true;
    for (const entry of [...this.#ready.values(), ...this.#delayed.values()]) entry.cancel();
    this.#ready.clear();
    this.#delayed.clear();
    this.#failures.clear();
    this.#kept?.clear();
  }

  #schedule(key: string, delayMs: number, background: boolean): Entry {
    return this.#kernel.schedule({ delayMs, actor: this.#actor, what: `reconcile ${key}`, background, run: () => this.#run(key) });
  }

  #run(key: string): void {
    this.#ready.get(key)?.cancel();
    this.#ready.delete(key);
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
    try {
      const outcome = this.#reconcile(key);
      this.forget(key);
      if (outcome?.type === 'requeue-after') this.addAfter(key, outcome.delayMs, outcome);
    } catch (error) {
      const failures = this.#failures.get(key) ?? 0;
      if (this.#onError?.(error, key, failures) === false) this.forget(key);
      else this.addRateLimited(key);
      if (isDefect(error)) throw error;
    }
  }
}

/** Stands for a map until something is put into it: most queues are empty. */
const nothing: Map<string, any> = new Map();

function withEntry<V>(map: Map<string, V>, key: string, value: V): Map<string, V> {
  return (map === nothing ? new Map<string, V>() : map).set(key, value);
}

/** A defect of ours is retried as well, but not in silence. */
function isDefect(error: unknown): boolean {
  return (
    !(error instanceof Error) ||
    error.name === 'AssertionError' ||
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError
  );
}
