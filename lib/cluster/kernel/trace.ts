import type { Instant } from './instant';
import { wordOf, type Word } from './words';

/**
 * What kind of thing happened. `request`: an API server answers; `proposal`: an etcd member has its group agree on a change; `commit`: a
 * member's store makes it; `watch`: a cache hears of it; `reconcile`: a loop looks at it. `outside` is a person or a client beyond the
 * simulation, `entry` whatever else was due.
 */
export type TraceKind = 'entry' | 'request' | 'proposal' | 'commit' | 'watch' | 'reconcile' | 'cri' | 'packet' | 'fault' | 'outside';

/** One thing that happened, and the entry that caused it. */
export interface TraceEntry {
  readonly id: number;
  readonly at: Instant;
  readonly cause: number | undefined;
  readonly kind: TraceKind;
  /** Who did it, in the words of the machine view: `kube-scheduler`, `kubelet/worker-1`, `you`. */
  readonly actor: string;
  /** What was done, one line: `POST /api/v1/namespaces/default/pods`. Cut where it is longer than half a thousand letters. */
  readonly what: string;
  /** The object it was done to, `Kind/namespace/name`, where there is one. */
  readonly object?: string;
  readonly revision?: number;
}

/** What an entry was about, where that is known only once it has happened. */
export interface About {
  readonly object?: string | undefined;
  readonly revision?: number | undefined;
}

const kinds: readonly TraceKind[] = ['entry', 'request', 'commit', 'watch', 'reconcile', 'cri', 'packet', 'fault', 'outside', 'proposal'];
const kindNumbers = Object.fromEntries(kinds.map((kind, number) => [kind, number])) as Record<TraceKind, number>;

/** Room for so many entries at first; it doubles as they come. */
const initialSize = 64;

/** The last `capacity` things that happened, and a hash over all of them since the start. Kept by column: most entries are never looked at. */
export class Trace {
  readonly capacity: number;
  /** Off, entries have ids and nothing else; it is for measuring what the rest costs. */
  isOn = true;
  #size: number;
  #at: Float64Array;
  #cause: Float64Array;
  #revision: Float64Array;
  #kind: Uint8Array;
  #actor: Word[] = [];
  #what: Word[] = [];
  #object: (Word | undefined)[] = [];
  #next = 1;
  #hash = 0x811c9dc5;

  constructor(capacity = 2048) {
    this.capacity = capacity;
    this.#size = Math.min(capacity, initialSize);
    this.#at = new Float64Array(this.#size);
    this.#cause = new Float64Array(this.#size);
    this.#revision = new Float64Array(this.#size);
    this.#kind = new Uint8Array(this.#size);
  }

  /** Records an entry and returns its id. */
  record({ at, cause, kind, actor, what, object, revision }: Omit<TraceEntry, 'id' | keyof About> & About): number {
    const id = this.#next++;
    if (!this.isOn) return id;
    if (id === this.#size && this.#size < this.capacity) this.#grow();
    const row = id % this.#size;
    this.#at[row] = at;
    this.#cause[row] = cause ?? 0;
    this.#revision[row] = revision ?? 0;
    this.#kind[row] = kindNumbers[kind];
    const who = wordOf(actor);
    const did = wordOf(what);
    this.#actor[row] = who;
    this.#what[row] = did;
    this.#object[row] = object === undefined ? undefined : wordOf(object);
    this.#hash = mix(mix(mix(mix(this.#hash, at), at / 0x1_0000_0000), who.hash), did.hash);
    return id;
  }

  /** Adds what an entry turned out to be about, if it is still kept. */
  note(id: number, { object, revision }: About): void {
    if (!this.#has(id)) return;
    const row = id % this.#size;
    if (object !== undefined) this.#object[row] = wordOf(object);
    if (revision !== undefined) this.#revision[row] = revision;
  }

  /** Every row keeps its place: it happens before the first is written over. */
  #grow(): void {
    this.#size = Math.min(this.capacity, this.#size * 2);
    this.#at = grown(this.#at, new Float64Array(this.#size));
    this.#cause = grown(this.#cause, new Float64Array(this.#size));
    this.#revision = grown(this.#revision, new Float64Array(this.#size));
    this.#kind = grown(this.#kind, new Uint8Array(this.#size));
  }

  /** Equal hashes mean the same things happened in the same order at the same instants. */
  get hash(): string {
    return this.#hash.toString(16).padStart(8, '0');
  }

  get lastId(): number {
    return this.#next - 1;
  }

  find(id: number): TraceEntry | undefined {
    if (!this.#has(id)) return undefined;
    const row = id % this.#size;
    const object = this.#object[row]?.text;
    const revision = this.#revision[row];
    return {
      id,
      at: this.#at[row] as Instant,
      cause: this.#cause[row] || undefined,
      kind: kinds[this.#kind[row] as number] as TraceKind,
      actor: (this.#actor[row] as Word).text,
      what: (this.#what[row] as Word).text,
      ...(object === undefined ? {} : { object }),
      ...(revision ? { revision } : {}),
    };
  }

  /** What is kept after `id`, oldest first. */
  since(id: number): TraceEntry[] {
    return this.#select(id + 1, () => true);
  }

  /** What happened from one instant to another, both included. */
  between(from: Instant, to: Instant): TraceEntry[] {
    return this.#select(1, (row) => (this.#at[row] as number) >= from && (this.#at[row] as number) <= to);
  }

  /** What was done to an object, `Kind/namespace/name`. */
  about(object: string): TraceEntry[] {
    return this.#select(1, (row) => this.#object[row]?.text === object);
  }

  /** The entry and what caused it, back to the first cause that is still kept. */
  causes(id: number): TraceEntry[] {
    const chain: TraceEntry[] = [];
    for (let entry = this.find(id); entry; entry = entry.cause === undefined ? undefined : this.find(entry.cause)) chain.push(entry);
    return chain;
  }

  /** The entry and all that came of it, near or far, oldest first. */
  effects(id: number): TraceEntry[] {
    const within = new Set([id]);
    return this.#select(id, (row, at) => {
      const isEffect = at === id || within.has(this.#cause[row] as number);
      if (isEffect) within.add(at);
      return isEffect;
    });
  }

  /** The entry itself or the nearest of its causes that is of this kind. */
  nearest(kind: TraceKind, id: number | undefined): TraceEntry | undefined {
    const number = kindNumbers[kind];
    let at = id ?? 0;
    while (this.#has(at) && this.#kind[at % this.#size] !== number) at = this.#cause[at % this.#size] as number;
    return this.find(at);
  }

  #has(id: number): boolean {
    return this.isOn && id >= 1 && id < this.#next && id >= this.#next - this.#size;
  }

  /** Of what is kept from `id` on, what is wanted, oldest first. */
  #select(id: number, isWanted: (row: number, id: number) => boolean): TraceEntry[] {
    const entries: TraceEntry[] = [];
    for (let at = Math.max(id, this.#next - this.#size, 1); at < this.#next; at++)
      if (isWanted(at % this.#size, at)) entries.push(this.find(at) as TraceEntry);
    return entries;
  }
}

function grown<T extends Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function mix(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01000193) >>> 0;
}
