import type { Listener, NetworkNamespace } from '../network/types';
import type { ListeningNamespace } from './process';

/** A Pod's network namespace: one address for all its containers. What listens is memory; the address is the sandbox's. */
export class PodNamespace implements ListeningNamespace {
  readonly name: string;
  readonly ip: string;
  readonly machine: string;
  readonly resolver: NetworkNamespace['resolver'];
  readonly hosts: Readonly<Record<string, string>>;
  readonly #listeners = new Map<string, Listener>();

  constructor(options: {
    name: string;
    ip: string;
    machine: string;
    resolver: NetworkNamespace['resolver'];
    hosts: Readonly<Record<string, string>>;
  }) {
    this.name = options.name;
    this.ip = options.ip;
    this.machine = options.machine;
    this.resolver = options.resolver;
    this.hosts = options.hosts;
  }

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
