import { instant, type Kernel, type TraceEntry } from '@/lib/cluster';
import type { ClockState } from '@/lib/realtime/events';
import type { Waits } from './waits';

/** How fast a page may ask time to run. */
const speedMax = 600;
/** Real time a host may be behind before the rest is forgotten: a sandbox that was starved does not race afterwards. */
const behindMaxMs = 2_000;

export interface ClockSetting {
  readonly isPaused: boolean;
  readonly speed: number;
}

/** Lets simulated time follow the host's, at a chosen speed, without overtaking a shell that was just woken. */
export class SessionClock {
  readonly #kernel: Kernel;
  readonly #waits: Waits;
  readonly #now: () => number;
  #setting: ClockSetting;
  /** Simulated milliseconds that should have passed and have not yet. */
  #owedMs = 0;
  /** It stands until what happened so far can be saved. */
  isHeld = false;

  constructor(options: { kernel: Kernel; waits: Waits; now: () => number; setting?: ClockSetting | undefined }) {
    this.#kernel = options.kernel;
    this.#waits = options.waits;
    this.#now = options.now;
    this.#setting = options.setting ?? { isPaused: false, speed: 1 };
  }

  get setting(): ClockSetting {
    return this.#setting;
  }

  get state(): ClockState {
    const last = lastHappening(this.#kernel.trace);
    return {
      now: this.#kernel.now,
      ...this.#setting,
      ...(this.isHeld ? { isHeld: true } : {}),
      ...(last ? { last: { actor: last.actor, what: last.what } } : {}),
    };
  }

  set(setting: Partial<ClockSetting>): void {
    const speed = Math.min(speedMax, Math.max(0.1, setting.speed ?? this.#setting.speed));
    this.#setting = { isPaused: setting.isPaused ?? this.#setting.isPaused, speed };
    this.#owedMs = 0;
  }

  /** Notes that time went by, for the next turn to catch up with. */
  owe(realMs: number): void {
    if (this.#setting.isPaused || this.isHeld) return;
    this.#owedMs = Math.min(this.#owedMs + realMs * this.#setting.speed, behindMaxMs * this.#setting.speed);
  }

  advance(realMs: number, budgetMs: number): void {
    if (this.#setting.isPaused || this.isHeld) return;
    this.owe(realMs);
    const before = this.#kernel.now;
    this.#run(before + this.#owedMs, budgetMs);
    this.#owedMs = Math.max(0, this.#owedMs - (this.#kernel.now - before));
  }

  /** Real milliseconds until something is due. */
  nextDueMs(): number | undefined {
    if (this.#setting.isPaused || this.isHeld) return undefined;
    const next = this.#kernel.peek();
    return next && Math.max(0, (next.at - this.#kernel.now - this.#owedMs) / this.#setting.speed);
  }

  #run(until: number, budgetMs: number): void {
    const deadline = this.#now() + budgetMs;
    const target = Math.floor(until);
    this.#waits.takeWoken();
    while ((this.#kernel.peek()?.at ?? Infinity) <= target) {
      this.#kernel.step();
      if (this.#waits.takeWoken() || this.#now() > deadline) return;
    }
    this.#kernel.runUntil(instant(Math.max(target, this.#kernel.now)));
  }
}

/** How far to look for something worth a line. */
const lookBackMax = 64;

/** The newest entry that says more than how a write got to where it is kept. */
function lastHappening(trace: Kernel['trace']): TraceEntry | undefined {
  return trace
    .since(trace.lastId - lookBackMax)
    .findLast(({ kind, object }) => !isPlumbing.has(kind) && (kind !== 'request' || object !== undefined));
}

const isPlumbing: ReadonlySet<TraceEntry['kind']> = new Set(['packet', 'proposal', 'commit']);
