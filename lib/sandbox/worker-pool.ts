import { Worker } from 'node:worker_threads';
import type { FromWorker, ToWorker } from './protocol';

export interface PoolOptions {
  readonly file: string;
  readonly count: number;
  /** A thread that does not beat for so long is taken to hang. */
  readonly hungMs: number;
  readonly onMessage: (worker: HostWorker, message: FromWorker) => void;
  /** These sandboxes are without a worker; `culprit` is the one it was busy with when it hung or died, as of too little memory. */
  readonly onDeath: (sandboxIds: readonly string[], culprit: string | undefined) => void;
}

const watchMs = 1_000;
const stillbornMs = 5_000;

/** One worker thread and the sandboxes it hosts. */
export class HostWorker {
  readonly #worker: Worker;
  readonly #pulse = new Int32Array(new SharedArrayBuffer(8));
  readonly #slots = new Map<number, string>();
  #nextSlot = 1;
  #lastBeat = 0;
  #beatAt = Date.now();
  #isGone = false;
  #isReady = false;
  readonly ready: Promise<void>;

  constructor({ file, onMessage }: PoolOptions, onExit: (worker: HostWorker) => void) {
    this.#worker = new Worker(file, { workerData: { pulse: this.#pulse.buffer } });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromWorker) => {
        if (message.type !== 'ready') return onMessage(this, message);
        this.#isReady = true;
        resolve();
      });
      this.#worker.on('exit', () => void (this.#isGone || reject(new Error('a worker thread ended before it was ready'))));
    });
    this.ready.catch(() => {});
    this.#worker.on('error', (error) => process.stderr.write(`worker: ${error instanceof Error ? error.stack : String(error)}\n`));
    this.#worker.on('exit', () => {
      if (this.#isGone) return;
      this.#isGone = true;
      onExit(this);
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** It never got as far as hosting anything: starting it again at once would only fail again. */
  get isStillborn(): boolean {
    return this.#isGone && !this.#isReady;
  }

  get load(): number {
    return this.#slots.size;
  }

  get sandboxIds(): readonly string[] {
    return [...this.#slots.values()];
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  take(sandboxId: string): number {
    const slot = this.#nextSlot++;
    this.#slots.set(slot, sandboxId);
    return slot;
  }

  release(slot: number): void {
    this.#slots.delete(slot);
  }

  /** The sandbox it is busy with right now. */
  get busyWith(): string | undefined {
    return this.#slots.get(Atomics.load(this.#pulse, 1));
  }

  isHung(hungMs: number): boolean {
    const beat = Atomics.load(this.#pulse, 0);
    if (beat !== this.#lastBeat) [this.#lastBeat, this.#beatAt] = [beat, Date.now()];
    return this.#lastBeat > 0 && Date.now() - this.#beatAt > hungMs;
  }

  async terminate(): Promise<void> {
    this.#isGone = true;
    await this.#worker.terminate();
  }
}

/** A fixed number of worker threads; one that hangs or dies is replaced, and its sandboxes reported. */
export class WorkerPool {
  readonly #options: PoolOptions;
  #workers: HostWorker[];
  readonly #watch: NodeJS.Timeout;
  #isStopping = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#workers = Array.from({ length: options.count }, () => this.#spawn());
    this.#watch = setInterval(() => this.#look(), watchMs);
  }

  get ready(): Promise<void> {
    return Promise.all(this.#workers.map((worker) => worker.ready)).then(() => undefined);
  }

  /** The one with the fewest sandboxes. */
  pick(): HostWorker {
    const [first, ...rest] = this.#workers.filter((worker) => !worker.isGone);
    if (!first) throw new Error('No worker is running. Try again in a moment.');
    return rest.reduce((least, one) => (one.load < least.load ? one : least), first);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#watch);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #spawn(): HostWorker {
    return new HostWorker(this.#options, (worker) => this.#replace(worker, worker.busyWith));
  }

  #look(): void {
    for (const worker of this.#workers.filter((one) => one.isHung(this.#options.hungMs))) {
      const culprit = worker.busyWith;
      void worker.terminate();
      this.#replace(worker, culprit);
    }
  }

  #replace(worker: HostWorker, culprit: string | undefined): void {
    if (this.#isStopping) return;
    if (worker.isStillborn) setTimeout(() => this.#fill(worker), stillbornMs).unref();
    else this.#fill(worker);
    this.#options.onDeath(worker.sandboxIds, culprit);
  }

  #fill(place: HostWorker): void {
    if (!this.#isStopping) this.#workers = this.#workers.map((one) => (one === place ? this.#spawn() : one));
  }
}
