import { instant, type Entry, type Instant, type Kernel } from '../kernel';

export interface LessorOptions {
  readonly kernel: Kernel;
  readonly actor: string;
  /** Whether this member is the one to end leases: the leader. */
  readonly isPrimary: () => boolean;
  readonly revoke: (lease: number) => void;
}

/**
 * When leases end (`server/lease/lessor.go`). Every member counts along; the leader alone revokes.
 * The deadlines are memory: after a restart every lease has its whole time again, as after an election upstream.
 */
export class Lessor {
  readonly #options: LessorOptions;
  readonly #deadlines = new Map<number, Instant>();
  #entry: Entry | undefined;

  constructor(options: LessorOptions) {
    this.#options = options;
  }

  renew(lease: number, ttl: number): void {
    this.#deadlines.set(lease, instant(this.#options.kernel.now + ttl * 1000));
    this.arm();
  }

  forget(lease: number): void {
    this.#deadlines.delete(lease);
    this.arm();
  }

  /** Every lease has its whole time from now. */
  reset(leases: ReadonlyMap<number, number>): void {
    this.#deadlines.clear();
    for (const [lease, ttl] of leases) this.#deadlines.set(lease, instant(this.#options.kernel.now + ttl * 1000));
    this.arm();
  }

  secondsLeft(lease: number): number {
    const deadline = this.#deadlines.get(lease);
    return deadline === undefined ? -1 : Math.max(0, Math.floor((deadline - this.#options.kernel.now) / 1000));
  }

  /** Waits for the next lease to end, where that is this member's to do. */
  arm(): void {
    this.#entry?.cancel();
    this.#entry = undefined;
    if (this.#deadlines.size === 0 || !this.#options.isPrimary()) return;
    const { kernel, actor } = this.#options;
    let next = Infinity;
    for (const deadline of this.#deadlines.values()) if (deadline < next) next = deadline;
    this.#entry = kernel.schedule({
      delayMs: Math.max(0, next - kernel.now),
      actor,
      what: 'expire leases',
      background: true,
      run: () => this.#expire(),
    });
  }

  stop(): void {
    this.#entry?.cancel();
  }

  #expire(): void {
    this.#entry = undefined;
    const { kernel, revoke } = this.#options;
    const expired = [...this.#deadlines].filter(([, deadline]) => deadline <= kernel.now).map(([lease]) => lease);
    for (const lease of expired) {
      // Until the revocation is agreed on, try again after half a second.
      this.#deadlines.set(lease, instant(kernel.now + 500));
      revoke(lease);
    }
    this.arm();
  }
}
