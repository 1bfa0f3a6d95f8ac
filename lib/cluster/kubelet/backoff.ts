interface Item {
  readonly delayMs: number;
  readonly updatedAt: number;
}

/** Delays that double from 10 s to 300 s for each key, and are forgotten after twice the most (`client-go/util/flowcontrol.Backoff`). */
export class Backoff {
  readonly #items = new Map<string, Item>();
  readonly #initialMs: number;
  readonly #maxMs: number;

  constructor({ initialMs = 10_000, maxMs = 300_000 } = {}) {
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
  }

  delayMs(key: string): number {
    return this.#items.get(key)?.delayMs ?? 0;
  }

  next(key: string, eventAt: number, now: number): void {
    const item = this.#items.get(key);
    const delayMs = item && eventAt - item.updatedAt <= 2 * this.#maxMs ? Math.min(item.delayMs * 2, this.#maxMs) : this.#initialMs;
    this.#items.set(key, { delayMs, updatedAt: now });
  }

  /** Milliseconds left of the delay that began at `eventAt`; 0 when it is over or never began. */
  remainingMs(key: string, eventAt: number, now: number): number {
    const item = this.#items.get(key);
    if (!item || now - item.updatedAt > 2 * this.#maxMs) return 0;
    return Math.max(0, eventAt + item.delayMs - now);
  }

  forget(prefix: string): void {
    for (const key of [...this.#items.keys()]) if (key.startsWith(prefix)) this.#items.delete(key);
  }
}
