import { Listeners } from '../network/listeners';
import type { NetworkNamespace } from '../network/types';
import type { ListeningNamespace } from './process';

/** A Pod's network namespace: one address for all its containers. What listens is memory; the address is the sandbox's. */
export class PodNamespace extends Listeners implements ListeningNamespace {
  readonly name: string;
  readonly ip: string;
  readonly machine: string;
  readonly resolver: NetworkNamespace['resolver'];
  readonly hosts: Readonly<Record<string, string>>;

  constructor(options: {
    name: string;
    ip: string;
    machine: string;
    resolver: NetworkNamespace['resolver'];
    hosts: Readonly<Record<string, string>>;
  }) {
    super();
    this.name = options.name;
    this.ip = options.ip;
    this.machine = options.machine;
    this.resolver = options.resolver;
    this.hosts = options.hosts;
  }
}
