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

const kinds: readonly TraceKind[] = ['entry', 'request', 'commit', 'watch', 'reconcile', 'cri', 'packet', 'fault', 'outside'];

/** Room for so many entries at first; it doubles as they come. */
const initialSize = 64;

/** The last `capacity` things that happened, and a hash over all of them since the start. Kept by column: most entries are never looked at. */
export class Trace {
  readonly capacity: number;
  #size: number;
  #at: Float64Array;
  #cause: Float64Array;
  #kind: Uint8Array;
  #actor: string[] = [];
  #what: string[] = [];
  readonly #about = new Map<number, { readonly object: string | undefined; readonly revision: number | undefined }>();
  #next = 1;
  #hash = 0x811c9dc5;

  constructor(capacity = 2048) {
    this.capacity = capacity;
    this.#size = Math.min(capacity, initialSize);
    this.#at = new Float64Array(this.#size);
    this.#cause = new Float64Array(this.#size);
    this.#kind = new Uint8Array(this.#size);
  }

  /** Records an entry and returns its id. */
  record({ at, cause, kind, actor, what, object, revision }: Omit<TraceEntry, 'id'>): number {
    const id = this.#next++;
    if (id === this.#size && this.#size < this.capacity) this.#grow();
    const row = id % this.#size;
    this.#at[row] = at;
    this.#cause[row] = cause ?? 0;
    this.#kind[row] = kinds.indexOf(kind);
    this.#actor[row] = actor;
    this.#what[row] = what;
    if (this.#about.size > 0) this.#about.delete(id - this.#size);
    if (object !== undefined || revision !== undefined) this.#about.set(id, { object, revision });
    this.#hash = mix(mix(this.#hash, at), hash32(what, hash32(actor)));
    return id;
  }

  /** Every row keeps its place: it happens before the first is written over. */
  #grow(): void {
    this.#size = Math.min(this.capacity, this.#size * 2);
    const [at, cause, kind] = [this.#at, this.#cause, this.#kind];
    this.#at = new Float64Array(this.#size);
    this.#cause = new Float64Array(this.#size);
    this.#kind = new Uint8Array(this.#size);
    this.#at.set(at);
    this.#cause.set(cause);
    this.#kind.set(kind);
  }

  /** Equal hashes mean the same things happened in the same order at the same instants. */
  get hash(): string {
    return this.#hash.toString(16).padStart(8, '0');
  }

  get lastId(): number {
    return this.#next - 1;
  }

  find(id: number): TraceEntry | undefined {
    if (id < 1 || id >= this.#next || id < this.#next - this.#size) return undefined;
    const row = id % this.#size;
    const { object, revision } = this.#about.get(id) ?? {};
    return {
      id,
      at: this.#at[row] as Instant,
      cause: this.#cause[row] || undefined,
      kind: kinds[this.#kind[row] as number] as TraceKind,
      actor: this.#actor[row] as string,
      what: this.#what[row] as string,
      ...(object === undefined ? {} : { object }),
      ...(revision === undefined ? {} : { revision }),
    };
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
