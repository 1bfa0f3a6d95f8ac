import type { Random } from '@/lib/base';

/** Exponential back-off with jitter (`apimachinery/pkg/util/wait`): each delay doubles, plus up to `jitter` times itself. */
export class Backoff {
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #jitter: number;
  readonly #random: Random;
  #failures = 0;

  constructor({ initialMs, maxMs, jitter, random }: { initialMs: number; maxMs: number; jitter: number; random: Random }) {
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
    this.#jitter = jitter;
    this.#random = random;
  }

  nextMs(): number {
    const delayMs = Math.min(this.#initialMs * 2 ** Math.min(this.#failures++, 30), this.#maxMs);
    return Math.round(delayMs * (1 + this.#jitter * this.#random.float()));
  }

  reset(): void {
    this.#failures = 0;
  }
}
