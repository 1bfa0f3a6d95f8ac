import { assert, Random } from '@/lib/base';
import { instant, type Instant } from './instant';
import { Trace, type About, type TraceKind } from './trace';

/** Something that will happen. Entries at the same instant run in the order they were scheduled. */
export interface Entry {
  readonly at: Instant;
  readonly actor: string;
  readonly what: string;
  readonly isBackground: boolean;
  /** Whether it was still to come. */
  cancel(): boolean;
}

export interface ScheduleOptions {
  /** Whole milliseconds from now; 0 means later in this instant. */
  delayMs: number;
  actor: string;
  what: string;
  /**
   * Background entries (heartbeats, resyncs, lease renewals) go on for ever, so they do not keep the cluster from being idle.
   * Absent, an entry is what the entry that schedules it is.
   */
  background?: boolean | undefined;
  /** What the trace says of it when it runs: `entry` when absent. */
  kind?: TraceKind;
  about?: About | undefined;
  run: () => void;
}

export interface KernelOptions {
  seed: string | number;
  now: Instant;
  /** How many times the components have been started from stores since the cluster was created; it moves every random stream on. */
  generation?: number;
  traceCapacity?: number;
}

/** How many entries keep the cluster from being idle. */
interface Load {
  foreground: number;
}

class HeapEntry implements Entry {
  readonly at: Instant;
  readonly actor: string;
  readonly what: string;
  readonly isBackground: boolean;
  readonly sequence: number;
  readonly cause: number | undefined;
  readonly kind: TraceKind;
  readonly about: About | undefined;
  readonly load: Load;
  /** Absent once it ran or was cancelled. */
  run: (() => void) | undefined;

  constructor(
    options: ScheduleOptions,
    at: Instant,
    { isBackground, sequence, cause, load }: Pick<HeapEntry, 'isBackground' | 'sequence' | 'cause' | 'load'>,
  ) {
    this.at = at;
    this.actor = options.actor;
    this.what = options.what;
    this.isBackground = isBackground;
    this.sequence = sequence;
    this.cause = cause;
    this.kind = options.kind ?? 'entry';
    this.about = options.about;
    this.load = load;
    this.run = options.run;
    if (!isBackground) load.foreground++;
  }

  cancel(): boolean {
    return this.take() !== undefined;
  }

  /** What is to be run, once. */
  take(): (() => void) | undefined {
    const { run } = this;
    if (run && !this.isBackground) this.load.foreground--;
    this.run = undefined;
    return run;
  }
}

/**
 * A discrete-event kernel: the only clock, the only scheduler and the only source of chance of one cluster.
 * It never waits: whoever owns it decides when simulated time passes.
 */
export class Kernel {
  readonly random: Random;
  readonly #streams = new Map<string, number>();
  readonly trace: Trace;
  readonly seed: string;
  readonly generation: number;
  #now: Instant;
  #sequence = 0;
  #heap: HeapEntry[] = [];
  readonly #load: Load = { foreground: 0 };
  #current: HeapEntry | undefined;
  #cause: number | undefined;
  #isAside = false;
  #serial = 0;

  constructor({ seed, now, generation = 0, traceCapacity }: KernelOptions) {
    this.seed = String(seed);
    this.generation = generation;
    this.random = Random.of(seed).fork(`generation-${generation}`);
    this.trace = new Trace(traceCapacity);
    this.#now = now;
  }

  get now(): Instant {
    return this.#now;
  }

  /** The trace entry under whose influence things happen now. */
  get cause(): number | undefined {
    return this.#cause;
  }

  /** Whether what runs now is a heartbeat or a resync. */
  get isBackground(): boolean {
    return this.#current?.isBackground ?? false;
  }

  schedule(options: ScheduleOptions): Entry {
    const { delayMs } = options;
    assert(delayMs >= 0 && delayMs < Infinity, () => `delay of ${delayMs} ms for ${options.actor}: ${options.what}`);
    const entry = new HeapEntry(options, instant(this.#now + delayMs), {
      sequence: this.#sequence++,
      cause: this.#cause,
      isBackground: options.background ?? this.isBackground,
      load: this.#load,
    });
    push(this.#heap, entry);
    return entry;
  }

  /** Records in the trace what happens now, caused by what runs now; returns the id. */
  record(kind: TraceKind, actor: string, what: string, { object, revision }: About = {}): number {
    if (this.#isAside) return 0;
    return this.trace.record({ at: this.#now, cause: this.#cause, kind, actor, what, object, revision });
  }

  /** Runs `body`, which looks on from outside the simulation, and leaves no trace of it: a screen must not change what it shows. */
  aside<T>(body: () => T): T {
    const before = this.#isAside;
    this.#isAside = true;
    try {
      return body();
    } finally {
      this.#isAside = before;
    }
  }

  /** A stream of chance for one process: whoever starts later under the same name gets another, so that they never draw the same. */
  streamFor(name: string): Random {
    const earlier = this.#streams.get(name) ?? 0;
    this.#streams.set(name, earlier + 1);
    return this.random.fork(earlier === 0 ? name : `${name}/${earlier}`);
  }

  /** A number that nobody was given before: what tells two draws at the same instant apart. */
  takeSerial(): number {
    return this.#serial++;
  }

  /** Runs `body` with everything it does and schedules caused by trace entry `cause`. */
  causedBy<T>(cause: number, body: () => T): T {
    const before = this.#cause;
    this.#cause = cause;
    try {
      return body();
    } finally {
      this.#cause = before;
    }
  }

  /** The next entry due, or undefined when nothing is scheduled at all. */
  peek(): Entry | undefined {
    while (this.#heap[0] && !this.#heap[0].run) pop(this.#heap);
    return this.#heap[0];
  }

  /** No entry but heartbeats and resyncs is due, however far one looks. */
  get isIdle(): boolean {
    return this.#load.foreground === 0;
  }

  /** Advances the clock to the next entry and runs it. False when there is none. */
  step(): boolean {
    const entry = this.peek() as HeapEntry | undefined;
    if (!entry) return false;
    pop(this.#heap);
    const run = entry.take() as () => void;
    this.#now = entry.at;
    const current = this.#current;
    const cause = this.#cause;
    this.#current = entry;
    this.#cause = this.trace.record({
      at: entry.at,
      cause: entry.cause,
      kind: entry.kind,
      actor: entry.actor,
      what: entry.what,
      object: entry.about?.object,
      revision: entry.about?.revision,
    });
    try {
      run();
    } finally {
      this.#current = current;
      this.#cause = cause;
    }
    return true;
  }

  /** Runs every entry due until `until` and leaves the clock there. Returns how many ran; stops early, clock unmoved, after `entriesMax`. */
  runUntil(until: Instant, { entriesMax = Infinity } = {}): number {
    let ran = 0;
    for (let next = this.peek(); next && next.at <= until; next = this.peek()) {
      if (ran >= entriesMax) return ran;
      this.step();
      ran++;
    }
    if (until > this.#now) this.#now = until;
    return ran;
  }

  runFor(ms: number, options?: { entriesMax?: number }): number {
    return this.runUntil(instant(this.#now + ms), options);
  }

  /** Runs until only heartbeats and resyncs are left, at most `limitMs` of simulated time. Whether it got there. */
  runUntilIdle({ limitMs = 3_600_000 } = {}): boolean {
    return this.runUntilCondition(() => this.isIdle, { limitMs });
  }

  /** Runs until `condition` holds, looking after every entry, at most `limitMs` of simulated time. Whether it came to hold. */
  runUntilCondition(condition: () => boolean, { limitMs = 3_600_000 } = {}): boolean {
    const limit = instant(this.#now + limitMs);
    while (!condition()) {
      const next = this.peek();
      if (!next || next.at > limit) {
        if (limit > this.#now) this.#now = limit;
        return condition();
      }
      this.step();
    }
    return true;
  }
}

function before(a: HeapEntry, b: HeapEntry): boolean {
  return a.at !== b.at ? a.at < b.at : a.sequence < b.sequence;
}

function push(heap: HeapEntry[], entry: HeapEntry): void {
  let index = heap.length;
  heap.push(entry);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as HeapEntry;
    if (!before(entry, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap: HeapEntry[]): void {
  const last = heap.pop() as HeapEntry;
  if (heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    const right = heap[child + 1];
    if (right && before(right, heap[child] as HeapEntry)) child++;
    if (!before(heap[child] as HeapEntry, last)) break;
    heap[index] = heap[child] as HeapEntry;
    index = child;
  }
  heap[index] = last;
}
