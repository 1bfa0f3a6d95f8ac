import type { Machine } from '../machine';
import type { Listener, NetworkNamespace } from './types';

/** A machine's own network namespace: what listens on it is whatever runs there now, so it is memory, not disk. */
export class HostNamespace implements NetworkNamespace {
  readonly name: string;
  readonly #machine: Machine;
  readonly resolver: NetworkNamespace['resolver'] = { nameservers: [], search: [], ndots: 1 };
  readonly #listeners = { TCP: new Map<number, Listener>(), UDP: new Map<number, Listener>() };

  constructor(machine: Machine) {
    this.#machine = machine;
    this.name = machine.spec.role === 'workstation' ? 'workstation' : `node ${machine.name}`;
  }

  get ip(): string {
    return this.#machine.ip;
  }

  get machine(): string {
    return this.#machine.name;
  }

  /** Returns the function that stops listening. A port taken already stays with who has it, as bind() would fail: returns undefined. */
  listen(port: number, protocol: 'TCP' | 'UDP', listener: Listener): (() => void) | undefined {
    const listeners = this.#listeners[protocol];
    if (listeners.has(port)) return undefined;
    listeners.set(port, listener);
    return () => {
      if (listeners.get(port) === listener) listeners.delete(port);
    };
  }

  findListener(port: number, protocol: 'TCP' | 'UDP'): Listener | undefined {
    return this.#listeners[protocol].get(port);
  }
}
