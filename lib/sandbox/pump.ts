import type { Kernel } from '@/lib/cluster';

export interface PumpOptions {
  /** `realtime`: a simulated second takes a second. `max`: jumps to the next due entry, and keeps real time while only heartbeats and resyncs are due. */
  readonly speed: 'realtime' | 'max';
  /** How long to work before other things on this thread get their turn. */
  readonly sliceMs?: number;
}

/** Lets a kernel's time pass with the host's clock: the one place outside a session where the two meet. */
export class Pump {
  readonly #kernel: Kernel;
  readonly #speed: PumpOptions['speed'];
  readonly #sliceMs: number;
  /** The host's clock when the simulated one stood at `#simulated`. */
  #host = performance.now();
  #simulated: number;
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #isStopped = false;

  constructor(kernel: Kernel, { speed, sliceMs = 10 }: PumpOptions) {
    this.#kernel = kernel;
    this.#speed = speed;
    this.#sliceMs = sliceMs;
    this.#simulated = kernel.now;
  }

  /** Runs what is due and plans the next turn. Call it after anything from outside may have scheduled something. */
  turn(): void {
    if (this.#isStopped) return;
    this.#cancel();
    const until = performance.now() + this.#sliceMs;
    if (this.#speed === 'max') this.#race(until);
    const isCaughtUp = this.#follow(until);
    this.#plan(isCaughtUp);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #race(until: number): void {
    while (!this.#kernel.isIdle && performance.now() < until) this.#kernel.step();
    if (this.#kernel.now > this.#due()) this.#anchor();
  }

  /** Whether simulated time has reached the host's. */
  #follow(until: number): boolean {
    const target = Math.floor(this.#due());
    while ((this.#kernel.peek()?.at ?? Infinity) <= target) {
      if (performance.now() >= until) return false;
      this.#kernel.step();
    }
    this.#kernel.runUntil(Math.max(this.#kernel.now, target) as Kernel['now']);
    return true;
  }

  #due(): number {
    return this.#simulated + (performance.now() - this.#host);
  }

  #anchor(): void {
    this.#host = performance.now();
    this.#simulated = this.#kernel.now;
  }

  #plan(isCaughtUp: boolean): void {
    const next = this.#kernel.peek();
    if (!isCaughtUp || (this.#speed === 'max' && !this.#kernel.isIdle)) this.#timer = setImmediate(() => this.turn());
    else if (next) this.#timer = setTimeout(() => this.turn(), Math.min(Math.max(0, next.at - this.#due()), 60_000));
  }

  #cancel(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer as NodeJS.Timeout);
    clearImmediate(this.#timer as NodeJS.Immediate);
    this.#timer = undefined;
  }
}
