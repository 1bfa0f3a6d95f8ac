import type { ApiConnection, ApiForwarding, ApiResponse, ApiStream, Kernel } from '@/lib/cluster';

/**
 * What the outside world (a shell, which is asynchronous) waits for inside the simulation. When something it waited for
 * has come, simulated time must not go on before the waiter had its turn: that is what `wasWoken` is for.
 */
export class Waits {
  readonly #kernel: Kernel;
  #pending = 0;
  #wasWoken = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** How many waiters only the passing of simulated time can help. */
  get pending(): number {
    return this.#pending;
  }

  /** Whether a waiter was woken since the last call. */
  takeWoken(): boolean {
    const was = this.#wasWoken;
    this.#wasWoken = false;
    return was;
  }

  /** Resolves after so much simulated time, or at once when `signal` aborts. Waiting keeps no cluster from being idle. */
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || ms <= 0) return Promise.resolve();
    this.#pending++;
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', onAbort);
        this.#pending--;
        this.#wasWoken = true;
        resolve();
      };
      const entry = this.#kernel.schedule({
        delayMs: Math.max(0, Math.round(ms)),
        actor: 'you',
        what: `waited ${Math.round(ms)} ms`,
        background: true,
        run: done,
      });
      const onAbort = (): void => {
        if (entry.cancel()) done();
      };
      signal.addEventListener('abort', onAbort);
    });
  }

  /** The same answer; whoever reads its stream or talks to its process is known to wait. */
  watched(response: ApiResponse): ApiResponse {
    if (response.stream) return { ...response, stream: this.#watchedStream(response.stream) };
    if (response.forward) return { ...response, forward: this.#watchedForwarding(response.forward) };
    if (response.connect) return { ...response, connect: this.#watchedConnection(response.connect) };
    return response;
  }

  #watchedStream(stream: ApiStream): ApiStream {
    return {
      start: (sink) => {
        const release = this.hold();
        const hangUp = stream.start({
          write: (chunk) => {
            this.#wasWoken = true;
            sink.write(chunk);
          },
          end: () => {
            release();
            sink.end();
          },
        });
        return () => {
          release();
          hangUp();
        };
      },
    };
  }

  #watchedForwarding(forwarding: ApiForwarding): ApiForwarding {
    const release = this.hold();
    return {
      ...forwarding,
      close() {
        release();
        forwarding.close();
      },
    };
  }

  #watchedConnection(connection: ApiConnection): ApiConnection {
    return {
      start: (sink) => {
        const release = this.hold();
        const process = connection.start({
          ...sink,
          exit: (status) => {
            release();
            sink.exit(status);
          },
        });
        return {
          ...process,
          hangUp: () => {
            release();
            process.hangUp();
          },
        };
      },
    };
  }

  /** Counts one waiter until the returned function is called. */
  hold(): () => void {
    this.#pending++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#pending--;
      this.#wasWoken = true;
    };
  }
}
