import type { Listener } from './types';

/** Who listens in a network namespace. It is memory: what runs there listens anew when it starts. */
export class Listeners {
  readonly #byPort = { TCP: new Map<number, Listener>(), UDP: new Map<number, Listener>() };

  /** Returns the function that stops listening. A port taken already stays with who has it, as bind() would fail: returns undefined. */
  listen(port: number, protocol: 'TCP' | 'UDP', listener: Listener): (() => void) | undefined {
    const listeners = this.#byPort[protocol];
    if (listeners.has(port)) return undefined;
    listeners.set(port, listener);
    return () => {
      if (listeners.get(port) === listener) listeners.delete(port);
    };
  }

  findListener(port: number, protocol: 'TCP' | 'UDP'): Listener | undefined {
    return this.#byPort[protocol].get(port);
  }
}
