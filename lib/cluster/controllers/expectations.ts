import type { Instant, Kernel } from '../kernel';

interface Expected {
  creations: number;
  readonly deletions: Set<string>;
  readonly at: Instant;
}

const expiresAfterMs = 300_000;

/**
 * What a controller has asked for and not yet seen in its cache (`controller.UIDTrackingControllerExpectations`).
 * Until all of it was seen, or five minutes went by, acting on the cache again would ask for it twice.
 */
export class Expectations {
  readonly #kernel: Kernel;
  readonly #expected = new Map<string, Expected>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  expect(key: string, { creations = 0, deletions = [] }: { creations?: number; deletions?: readonly string[] }): void {
    this.#expected.set(key, { creations, deletions: new Set(deletions), at: this.#kernel.now });
  }

  creationObserved(key: string): void {
    const expected = this.#expected.get(key);
    if (expected && expected.creations > 0) expected.creations--;
  }

  deletionObserved(key: string, object: string): void {
    this.#expected.get(key)?.deletions.delete(object);
  }

  areSatisfied(key: string): boolean {
    const expected = this.#expected.get(key);
    if (!expected) return true;
    return (expected.creations === 0 && expected.deletions.size === 0) || this.#kernel.now - expected.at > expiresAfterMs;
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }
}
