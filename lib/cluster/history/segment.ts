import { deepFreeze, differenceOf, withDifference, type Difference, type Json } from '@/lib/base';
import type { KeyValue, Revision, WatchEvent } from '../etcd';
import type { Instant, TraceKind } from '../kernel';
import type { Change, ChangeCause } from './change';

/** Changes one after the other, as text: some ninety bytes for a heartbeat. Says of each how to undo it. */
export interface Segment {
  /** The lowest revision in it, and the earliest instant. */
  readonly first: { readonly revision: number; readonly at: number };
  readonly last: { readonly revision: number; readonly at: number };
  readonly count: number;
  readonly text: string;
}

/**
 * How to go back to before an event: the key came to life; it was there, as this much earlier version, with these differences in its
 * value and lease; or it was all of this.
 */
type Undo =
  | readonly [key: number]
  | readonly [key: number, earlierBy: number, value: Difference | 0, lease?: number]
  | readonly [key: number, was: readonly [value: Json, mod: number, create: number, version: number, lease: number]];

type PackedCause = readonly [generation: number, id: number, kind: TraceKind, actor: number, what: number];
type PackedChange = readonly [
  later: number,
  after: number,
  cause: PackedCause | 0,
  undo: readonly Undo[],
  more?: Pick<Change, 'isRestore' | 'power'>,
];

interface Content {
  readonly words: readonly string[];
  /** What the revisions and instants of the changes count from: small numbers are shorter, and sooner written. Absent, from zero. */
  readonly origin?: { readonly revision: number; readonly at: number };
  readonly changes: readonly PackedChange[];
}

export function packed(changes: readonly Change[]): Segment {
  const words = new Words();
  const { revision, at } = changes.at(-1) as Change;
  const first = { revision: Math.min(...changes.map((change) => change.revision)), at: (changes[0] as Change).at };
  const content: Content = { origin: first, changes: changes.map((change) => packedChange(change, first, words)), words: words.all };
  return { first, last: { revision, at }, count: changes.length, text: swapQuotes(JSON.stringify(content)) };
}

/** The changes of a segment, the newest first, undone one by one: `present` is how it was after the last, and becomes how it was before the first. */
export function unpacked({ text }: Segment, present: Present, visit: (change: Change) => boolean): boolean {
  const { words, origin = { revision: 0, at: 0 }, changes } = JSON.parse(swapQuotes(text)) as Content;
  for (let index = changes.length - 1; index >= 0; index--) {
    const [later, after, cause, undo, more] = changes[index] as PackedChange;
    const revision = origin.revision + later;
    const events = [...undo].reverse().map((one) => undone(one, revision, words, present));
    const change: Change = {
      revision,
      at: (origin.at + after) as Instant,
      cause: cause === 0 ? undefined : causeOf(cause, words),
      events: events.reverse(),
      ...more,
    };
    if (!visit(change)) return false;
    goBack(change, present);
  }
  return true;
}

/** How it was before a segment, where it was different from after: the same whenever one looks, so it is worked out once. */
const befores = new WeakMap<Segment, Before>();

/** Makes of how it was after a segment how it was before, without a look at what is in between. */
export function goBackBefore(segment: Segment, present: Present): void {
  const before = befores.get(segment) ?? new Before(present);
  if (!befores.has(segment)) unpacked(segment, before, () => true);
  befores.set(segment, before);
  before.putInto(present);
}

class Before implements Present {
  readonly #keys = new Map<string, KeyValue | undefined>();
  readonly #power = new Map<string, boolean>();
  #after: Present | undefined;

  constructor(after: Present) {
    this.#after = after;
  }

  get(key: string): KeyValue | undefined {
    return this.#keys.has(key) ? this.#keys.get(key) : this.#after?.get(key);
  }

  set(key: string, kv: KeyValue | undefined): void {
    this.#keys.set(key, kv);
  }

  setPower(machine: string, isUp: boolean): void {
    this.#power.set(machine, isUp);
  }

  putInto(present: Present): void {
    this.#after = undefined;
    for (const [key, kv] of this.#keys) present.set(key, kv);
    for (const [machine, isUp] of this.#power) present.setPower(machine, isUp);
  }
}

/**
 * A text inside a snapshot's JSON: with few quotation marks in it there is little to escape, and it is read back at once.
 * Joined rather than replaced, since what is replaced stays in memory as its thousands of pieces.
 */
function swapQuotes(text: string): string {
  if (!text.includes('`')) return text.split('"').join('`');
  if (!text.includes('"')) return text.split('`').join('"');
  return text.replace(/["`]/g, (mark) => (mark === '"' ? '`' : '"'));
}

/** A cluster's keys, and which of its machines were up, at some moment. */
export interface Present {
  get(key: string): KeyValue | undefined;
  set(key: string, kv: KeyValue | undefined): void;
  setPower(machine: string, isUp: boolean): void;
}

/** Makes of how it was after a change how it was before. */
export function goBack({ events, power }: Change, present: Present): void {
  for (const { kv, prevKv } of events) present.set(kv.key, prevKv);
  if (power) present.setPower(power.machine, !power.isUp);
}

class Words {
  readonly all: string[] = [];
  readonly #numbers = new Map<string, number>();

  of(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    this.#numbers.set(word, this.all.length);
    return this.all.push(word) - 1;
  }
}

function packedChange({ revision, at, cause, events, isRestore, power }: Change, origin: Segment['first'], words: Words): PackedChange {
  const [later, after] = [revision - origin.revision, at - origin.at];
  const because = cause ? ([cause.generation, cause.id, cause.kind, words.of(cause.actor), words.of(cause.what)] as const) : 0;
  const undo = events.map((event) => undoOf(event, words));
  if (!isRestore && !power) return [later, after, because, undo];
  return [later, after, because, undo, { ...(isRestore ? { isRestore } : {}), ...(power ? { power } : {}) }];
}

function undoOf({ type, kv, prevKv }: WatchEvent, words: Words): Undo {
  const key = words.of(kv.key);
  if (!prevKv) return [key];
  const isNext = type === 'put' && kv.version === prevKv.version + 1 && kv.createRevision === prevKv.createRevision;
  if (!isNext) {
    const { value, modRevision, createRevision, version, lease } = prevKv;
    return [key, [value, modRevision, createRevision, version, lease]];
  }
  const value = differenceOf(kv.value, prevKv.value) ?? 0;
  const earlierBy = kv.modRevision - prevKv.modRevision;
  return kv.lease === prevKv.lease ? [key, earlierBy, value] : [key, earlierBy, value, prevKv.lease];
}

function undone([word, second, third, lease]: Undo, revision: number, words: readonly string[], present: Present): WatchEvent {
  const key = words[word] as string;
  const kv = present.get(key) ?? tombstone(key, revision);
  const type = kv.version === 0 ? 'delete' : 'put';
  if (second === undefined) return { type, kv };
  if (typeof second !== 'number') {
    const [value, mod, create, version, held] = second;
    return { type, kv, prevKv: keyValue(key, deepFreeze(value), mod, create, version, held) };
  }
  const value = third === 0 ? kv.value : withDifference(kv.value, third as Difference);
  const prevKv = keyValue(key, deepFreeze(value), kv.modRevision - second, kv.createRevision, kv.version - 1, lease ?? kv.lease);
  return { type, kv, prevKv };
}

function keyValue(key: string, value: Json, mod: number, create: number, version: number, lease: number): KeyValue {
  return Object.freeze({ key, value, modRevision: mod as Revision, createRevision: create as Revision, version, lease });
}

export function tombstone(key: string, revision: number): KeyValue {
  return keyValue(key, null, revision, 0, 0, 0);
}

function causeOf([generation, id, kind, actor, what]: PackedCause, words: readonly string[]): ChangeCause {
  return { generation, id, kind, actor: words[actor] as string, what: words[what] as string };
}
