import type { ApiStream } from '../api';
import type { Entry, Kernel } from '../kernel';
import type { Hop, Links } from './links';

type Sink = Parameters<ApiStream['start']>[0];

/** An HTTP/2 client pings a silent connection after 30 s and gives it up 15 s later (`http2.Transport`, as client-go sets it). */
export const silentMsMax = 45_000;
const retransmissionMs = 200;

/**
 * The way of a stream back to its client, as TCP has it: what is sent arrives in order, late where links are slow or lossy,
 * is sent again while a link is cut, and the client whose pings go unanswered takes the stream for ended.
 */
export class Relay {
  readonly #kernel: Kernel;
  readonly #links: Links;
  readonly #hops: readonly Hop[];
  readonly #sink: Sink;
  #hangUp: () => void = () => undefined;
  #lastAt = 0;
  #pending = 0;
  #unsent: (() => void)[] = [];
  #stalledMs = 0;
  #retry: Entry | undefined;
  #isOpen = true;

  constructor(options: { readonly kernel: Kernel; readonly links: Links; readonly hops: readonly Hop[]; readonly sink: Sink }) {
    this.#kernel = options.kernel;
    this.#links = options.links;
    this.#hops = options.hops;
    this.#sink = options.sink;
  }

  start(stream: ApiStream): () => void {
    this.#hangUp = stream.start({
      write: (chunk) => this.#send(() => this.#sink.write(chunk)),
      end: () => this.#send(() => this.#sink.end()),
    });
    return () => this.#close();
  }

  #send(arrive: () => void): void {
    if (!this.#isOpen) return;
    const delayMs = this.#unsent.length > 0 ? undefined : this.#delayMs();
    if (delayMs !== undefined) return this.#deliver(delayMs, arrive);
    this.#unsent.push(arrive);
    if (!this.#retry) this.#wait(retransmissionMs);
  }

  /** Undefined while nothing gets through. */
  #delayMs(): number | undefined {
    return this.#hops.every(([from, to]) => this.#links.isUp(from, to)) ? this.#links.segmentMs(this.#hops, 'data') : undefined;
  }

  #deliver(delayMs: number, arrive: () => void): void {
    this.#lastAt = Math.max(this.#lastAt, this.#kernel.now + delayMs);
    if (this.#pending === 0 && this.#lastAt === this.#kernel.now) return arrive();
    this.#pending++;
    this.#kernel.schedule({
      delayMs: this.#lastAt - this.#kernel.now,
      actor: 'network',
      what: 'late segment',
      run: () => {
        this.#pending--;
        if (this.#isOpen) arrive();
      },
    });
  }

  #wait(delayMs: number): void {
    this.#retry = this.#kernel.schedule({
      delayMs,
      actor: 'network',
      what: 'retransmission',
      background: true,
      run: () => this.#sendAgain(delayMs),
    });
  }

  #sendAgain(waitedMs: number): void {
    this.#retry = undefined;
    this.#stalledMs += waitedMs;
    const delayMs = this.#delayMs();
    if (delayMs !== undefined) {
      this.#stalledMs = 0;
      for (const arrive of this.#unsent.splice(0)) this.#deliver(delayMs, arrive);
    } else if (this.#stalledMs < silentMsMax) this.#wait(Math.min(2 * waitedMs, silentMsMax - this.#stalledMs));
    else {
      this.#close();
      this.#sink.end();
    }
  }

  #close(): void {
    this.#isOpen = false;
    this.#retry?.cancel();
    this.#hangUp();
  }
}
