import type { Machine } from '../machine';
import { Listeners } from './listeners';
import type { NetworkNamespace } from './types';

/** A machine's own network namespace: what listens on it is whatever runs there now, so it is memory, not disk. */
export class HostNamespace extends Listeners implements NetworkNamespace {
  readonly name: string;
  readonly #machine: Machine;
  readonly resolver: NetworkNamespace['resolver'] = { nameservers: [], search: [], ndots: 1 };

  constructor(machine: Machine) {
    super();
    this.#machine = machine;
    this.name = machine.spec.role === 'workstation' ? 'workstation' : `node ${machine.name}`;
  }

  get ip(): string {
    return this.#machine.ip;
  }

  get machine(): string {
    return this.#machine.name;
  }
}
