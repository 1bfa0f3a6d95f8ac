import type { Entry, Kernel } from '../kernel';

interface Flight {
  readonly at: number;
  readonly entry: Entry;
  readonly arrive: () => void;
}

/**
 * Messages that slow links hold up, in the order in which they will arrive.
 * A call that is carried to its end inside the call (ADR 0008) lets them arrive ahead of the clock; all others arrive by it.
 */
export class InFlight {
  readonly #kernel: Kernel;
  /** By time of arrival; what was sent first is first among equals. */
  #flights: Flight[] = [];
  /** How far a call has run ahead of the clock. */
  #aheadMs = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  send(delayMs: number, what: string, arrive: () => void): void {
    const at = this.#kernel.now + this.#aheadMs + delayMs;
    const flight: Flight = {
      at,
      arrive,
      entry: this.#kernel.schedule({
        delayMs: at - this.#kernel.now,
        actor: 'network',
        what,
        background: true,
        run: () => {
          this.#flights = this.#flights.filter((one) => one !== flight);
          arrive();
        },
      }),
    };
    const after = this.#flights.findIndex((one) => one.at > at);
    this.#flights.splice(after < 0 ? this.#flights.length : after, 0, flight);
  }

  /** Lets messages arrive, in order, until `isDone` says so or none would arrive within the limit. Answers how long that took. */
  settle(isDone: () => boolean, limitMs: number): number {
    const startMs = this.#aheadMs;
    try {
      for (let next = this.#flights[0]; next && !isDone(); next = this.#flights[0]) {
        const aheadMs = Math.max(this.#aheadMs, next.at - this.#kernel.now);
        if (aheadMs - startMs > limitMs) break;
        this.#aheadMs = aheadMs;
        this.#flights.shift();
        next.entry.cancel();
        next.arrive();
      }
      return this.#aheadMs - startMs;
    } finally {
      this.#aheadMs = startMs;
    }
  }
}
