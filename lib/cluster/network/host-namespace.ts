import type { Machine } from '../machine';
import type { Listener, NetworkNamespace } from './types';

/** A machine's own network namespace: what listens on it is whatever runs there now, so it is memory, not disk. */
export class HostNamespace implements NetworkNamespace {
  readonly #machine: Machine;
  readonly resolver: NetworkNamespace['resolver'] = { nameservers: [], search: [], ndots: 1 };
  readonly #listeners = new Map<string, Listener>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  get name(): string {
    return this.#machine.spec.role === 'workstation' ? 'workstation' : `node ${this.#machine.name}`;
  }

  get ip(): string {
    return this.#machine.ip;
  }

  get machine(): string {
    return this.#machine.name;
  }

  /** Returns the function that stops listening. A port taken already stays with who has it, as bind() would fail: returns undefined. */
  listen(port: number, protocol: 'TCP' | 'UDP', listener: Listener): (() => void) | undefined {
    const key = `${protocol}/${port}`;
    if (this.#listeners.has(key)) return undefined;
    this.#listeners.set(key, listener);
    return () => {
      if (this.#listeners.get(key) === listener) this.#listeners.delete(key);
    };
  }

  findListener(port: number, protocol: 'TCP' | 'UDP'): Listener | undefined {
    return this.#listeners.get(`${protocol}/${port}`);
  }
}
