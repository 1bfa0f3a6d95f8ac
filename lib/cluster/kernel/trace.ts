import { hash32 } from '@/lib/base';
import type { Instant } from './instant';

/** What kind of thing happened. `outside` is a person or a client beyond the simulation. */
export type TraceKind = 'entry' | 'request' | 'commit' | 'watch' | 'reconcile' | 'cri' | 'packet' | 'fault' | 'outside';

/** One thing that happened, and the entry that caused it. */
export interface TraceEntry {
  readonly id: number;
  readonly at: Instant;
  readonly cause: number | undefined;
  readonly kind: TraceKind;
  /** Who did it, in the words of the machine view: `kube-scheduler`, `kubelet/worker-1`, `you`. */
  readonly actor: string;
  /** What was done, one line: `POST /api/v1/namespaces/default/pods`. */
  readonly what: string;
  /** The object it was done to, `Kind/namespace/name`, where there is one. */
  readonly object?: string;
  readonly revision?: number;
}

/** The last `capacity` things that happened, and a hash over all of them since the start. */
export class Trace {
  readonly #ring: (TraceEntry | undefined)[] = [];
  #next = 1;
  #hash = 0x811c9dc5;

  readonly capacity: number;

  constructor(capacity = 2048) {
    this.capacity = capacity;
  }

  /** Records an entry and returns its id. */
  record(entry: Omit<TraceEntry, 'id'>): number {
    const id = this.#next++;
    this.#ring[id % this.capacity] = { id, ...entry };
    this.#hash = mix(mix(this.#hash, entry.at), hash32(entry.what, hash32(entry.actor)));
    return id;
  }

  /** Equal hashes mean the same things happened in the same order at the same instants. */
  get hash(): string {
    return this.#hash.toString(16).padStart(8, '0');
  }

  get lastId(): number {
    return this.#next - 1;
  }

  find(id: number): TraceEntry | undefined {
    const entry = this.#ring[id % this.capacity];
    return entry?.id === id ? entry : undefined;
  }

  /** What is kept after `id`, oldest first. */
  since(id: number): TraceEntry[] {
    const entries: TraceEntry[] = [];
    for (let at = Math.max(id + 1, this.#next - this.capacity, 1); at < this.#next; at++) {
      const entry = this.find(at);
      if (entry) entries.push(entry);
    }
    return entries;
  }

  about(object: string): TraceEntry[] {
    return this.since(0).filter((entry) => entry.object === object);
  }

  /** The entry and what caused it, back to the first cause that is still kept. */
  causes(id: number): TraceEntry[] {
    const chain: TraceEntry[] = [];
    for (let entry = this.find(id); entry; entry = entry.cause === undefined ? undefined : this.find(entry.cause)) chain.push(entry);
    return chain;
  }
}

function mix(hash: number, value: number): number {
  return Math.imul(hash ^ (value | 0) ^ Math.floor(value / 0x1_0000_0000), 0x01000193) >>> 0;
}
