import type { Listener, NetworkNamespace } from '../network/types';
import type { ListeningNamespace } from './process';

/** A Pod's network namespace: one address for all its containers. What listens is memory; the address is the sandbox's. */
export class PodNamespace implements ListeningNamespace {
  readonly name: string;
  readonly ip: string;
  readonly machine: string;
  readonly resolver: NetworkNamespace['resolver'];
  readonly hosts: Readonly<Record<string, string>>;
  readonly #listeners = { TCP: new Map<number, Listener>(), UDP: new Map<number, Listener>() };

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
