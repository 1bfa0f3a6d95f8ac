import { compareBytes, memoOfTwo, type Random } from '@/lib/base';
import { ConnectionError, keyOf, StatusError, type KubeObject, type Status } from '../api';
import { objectName, type About, type Kernel } from '../kernel';
import { Backoff } from './backoff';
import type { Client, ListOptions, ResourceRef } from './client';
import { fastWatchLatency, type WatchLatency } from './latency';

/** Told of what a cache learned, after it learned it. Objects are frozen and shared. */
export interface InformerHandler<T extends KubeObject = KubeObject> {
  added?(object: T): void;
  /** `old` is what the cache held: several changes may have been missed in between. */
  updated?(old: T, object: T): void;
  /** `object` is the last state known, which may be older than the last there was. */
  deleted?(object: T): void;
}

/** What a reconcile may read. */
export interface Lister<T extends KubeObject = KubeObject> {
  /** By `namespace/name`, or `name` for what is cluster-scoped. */
  get(key: string): T | undefined;
  /** In the order the cache learned of them. */
  list(namespace?: string, matches?: (object: T) => boolean): T[];
  /** The objects that an index of `addIndex` files under `value`. */
  byIndex(index: string, value: string): T[];
  /** Those whose controller owner reference names this uid. */
  controlledBy(uid: string): T[];
  /** Those of a namespace that nothing controls. */
  orphans(namespace?: string): T[];
  readonly hasSynced: boolean;
}

export interface InformerOptions<T extends KubeObject> {
  readonly kernel: Kernel;
  readonly client: Client;
  readonly resource: ResourceRef<T>;
  readonly latency?: WatchLatency;
  readonly filter?: Filter;
}

type Filter = Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>;
type IndexFunction<T> = (object: T) => readonly string[];

interface Index<T> {
  readonly name: string;
  readonly valuesOf: IndexFunction<T>;
  /** Absent until somebody asks: most kinds are only watched. */
  keys: Map<string, Set<string>> | undefined;
}

/** Stands for a map until something is put into it: of most kinds there is nothing. */
const nothing: Map<string, any> = new Map();

/** Most informers have one handler, no index and nobody who waits for them. */
const none: readonly any[] = [];

const controllerIndex = 'controller';

/**
 * A list and a watch kept up: a cache of one kind, and handlers told of its changes (`client-go/tools/cache`).
 * Every event arrives by a kernel entry of its own after a latency, in the order of the watch. A lost connection is taken up
 * again with client-go's back-off; after 410 Gone, or a connection refused for too long, it lists again and tells the difference.
 */
export class Informer<T extends KubeObject = KubeObject> implements Lister<T> {
  readonly resource: ResourceRef<T>;
  readonly #kernel: Kernel;
  readonly #client: Client;
  readonly #latency: WatchLatency;
  readonly #filter: Filter;
  readonly #random: Random;
  /** Absent until a connection is lost. */
  #backoff: Backoff | undefined;
  #handlers: readonly InformerHandler<T>[] = none;
  #onSynced: readonly (() => void)[] = none;
  #objects: Map<string, T> = nothing;
  /** Absent until somebody asks for a namespace. */
  #byNamespace: Map<string, Map<string, T>> | undefined;
  #indexes: readonly Index<T>[] = none;
  #hasSynced = false;
  #isStarted = false;
  #resourceVersion: string | undefined;
  #deliveredAt = 0;
  /** Bumped by stop: whatever was under way then arrives nowhere. */
  #life = 0;
  #hangUp: (() => void) | undefined;

  constructor({ kernel, client, resource, latency = fastWatchLatency, filter = {} }: InformerOptions<T>) {
    this.resource = resource;
    this.#kernel = kernel;
    this.#client = client;
    this.#latency = latency;
    this.#filter = filter;
    this.#random = kernel.random.fork(`informer/${client.actor}/${resource.names.plural}`);
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Handlers are called in the order they were added; one added late is told first of all there is. */
  addHandler(handler: InformerHandler<T>): void {
    this.#handlers = [...this.#handlers, handler];
    if (this.#hasSynced) for (const object of [...this.#objects.values()]) handler.added?.(object);
  }

  /** `valuesOf` says what to file an object under. Adding an index that is there already does nothing. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    if (this.#indexes.some((index) => index.name === name)) return;
    this.#indexes = [...this.#indexes, { name, valuesOf, keys: undefined }];
  }

  /** Called once the first list has been delivered, at once when it has been. */
  whenSynced(callback: () => void): void {
    if (this.#hasSynced) callback();
    else this.#onSynced = [...this.#onSynced, callback];
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#listAndWatch();
  }

  stop(): void {
    this.#life++;
    this.#hangUp?.();
    this.#hangUp = undefined;
    this.#isStarted = false;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string, matches?: (object: T) => boolean): T[] {
    const objects = namespace === undefined ? this.#objects : this.#namespaces().get(namespace);
    if (!objects) return [];
    const all = [...objects.values()];
    return matches ? all.filter(matches) : all;
  }

  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.find((one) => one.name === name);
    if (index && !index.keys) {
      index.keys = new Map();
      for (const [key, object] of this.#objects) file(index, key, object);
    }
    const keys = index?.keys?.get(value);
    return keys ? [...keys].map((key) => this.#objects.get(key) as T) : [];
  }

  controlledBy(uid: string): T[] {
    return this.#byController(uid);
  }

  orphans(namespace = ''): T[] {
    return this.#byController(orphansOf(namespace));
  }

  #byController(value: string): T[] {
    this.addIndex(controllerIndex, controllerValue);
    return this.byIndex(controllerIndex, value);
  }

  #listAndWatch(): void {
    this.#attempt(() => {
      const list = this.#client.list(this.resource, this.#filter);
      this.#resourceVersion = list.metadata.resourceVersion;
      const life = this.#life;
      this.#deliver(`list ${this.resource.names.plural}`, false, undefined, () => {
        if (life === this.#life) this.#replace(list.items);
      });
      this.#watch();
    });
  }

  #watch(): void {
    this.#attempt(() => {
      const stream = this.#client.watch(this.resource, { ...this.#filter, resourceVersion: this.#resourceVersion });
      const life = this.#life;
      const openedAt = this.#kernel.now;
      let isOver = false;
      const hangUp = stream.start({
        write: (chunk) => {
          if (life === this.#life && !isOver) isOver = !this.#receive(chunk as WatchChunk);
        },
        end: () => {
          if (life !== this.#life || isOver) return;
          isOver = true;
          this.#rewatch(this.#kernel.now > openedAt ? 0 : this.#nextDelayMs());
        },
      });
      if (!isOver) this.#hangUp = hangUp;
      else hangUp();
      this.#backoff?.reset();
    });
  }

  /** Whether the watch goes on after this chunk. */
  #receive({ type, object }: WatchChunk): boolean {
    if (type === 'ERROR') {
      this.#fail(new StatusError(object as unknown as Status));
      return false;
    }
    this.#resourceVersion = object.metadata.resourceVersion;
    if (type !== 'BOOKMARK') {
      const key = keyOf(object);
      const { what, name } = type === 'MODIFIED' ? modified(this.resource.kind, key) : heard(type, this.resource.kind, key);
      const about = { object: name, revision: Number(object.metadata.resourceVersion) };
      const life = this.#life;
      this.#deliver(what, undefined, about, () => {
        if (life === this.#life) this.#apply(type, key, object as T);
      });
    }
    return true;
  }

  /** In watch order, after the latency; `background` absent means as the entry that wrote the chunk. */
  #deliver(what: string, background: boolean | undefined, about: About | undefined, run: () => void): void {
    const { now } = this.#kernel;
    this.#deliveredAt = Math.max(this.#deliveredAt, now + this.#latency(this.#random));
    const kind = about ? 'watch' : 'entry';
    this.#kernel.schedule({ delayMs: this.#deliveredAt - now, actor: this.#client.actor, what, kind, about, background, run });
  }

  #attempt(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (error instanceof ConnectionError) return this.#rewatch(this.#nextDelayMs());
    if (!(error instanceof StatusError)) throw error;
    if (error.code === 410) this.#resourceVersion = undefined;
    this.#rewatch(this.#nextDelayMs());
  }

  #nextDelayMs(): number {
    this.#backoff ??= new Backoff({ initialMs: 800, maxMs: 30_000, jitter: 1, random: this.#random });
    return this.#backoff.nextMs();
  }

  #rewatch(delayMs: number): void {
    const life = this.#life;
    this.#hangUp = undefined;
    this.#kernel.schedule({
      delayMs,
      actor: this.#client.actor,
      what: `watch ${this.resource.names.plural} again`,
      background: true,
      run: () => {
        if (life !== this.#life) return;
        if (this.#resourceVersion === undefined) this.#listAndWatch();
        else this.#watch();
      },
    });
  }

  #replace(items: readonly T[]): void {
    const listed = new Set<string>();
    for (const item of items) {
      const key = keyOf(item);
      listed.add(key);
      if (this.#objects.get(key)?.metadata.resourceVersion !== item.metadata.resourceVersion) this.#put(key, item);
    }
    for (const key of [...this.#objects.keys()]) if (!listed.has(key)) this.#drop(key);
    if (this.#hasSynced) return;
    this.#hasSynced = true;
    const waiting = this.#onSynced;
    this.#onSynced = none;
    for (const callback of waiting) callback();
  }

  #apply(type: string, key: string, object: T): void {
    if (type === 'DELETED') this.#drop(key, object);
    else this.#put(key, object);
  }

  #put(key: string, object: T): void {
    const old = this.#objects.get(key);
    this.#store(key, object, old);
    if (old && old.metadata.uid !== object.metadata.uid) this.#tell((handler) => handler.deleted?.(old));
    if (old && old.metadata.uid === object.metadata.uid) this.#tell((handler) => handler.updated?.(old, object));
    else this.#tell((handler) => handler.added?.(object));
  }

  #drop(key: string, last?: T): void {
    const old = this.#objects.get(key);
    if (!old) return;
    this.#objects.delete(key);
    this.#byNamespace?.get(old.metadata.namespace ?? '')?.delete(key);
    for (const index of this.#indexes) unfile(index, key, old);
    this.#tell((handler) => handler.deleted?.(last ?? old));
  }

  #store(key: string, object: T, old: T | undefined): void {
    if (this.#objects === nothing) this.#objects = new Map();
    this.#objects.set(key, object);
    if (this.#byNamespace) settle(this.#byNamespace, key, object);
    for (const index of this.#indexes) {
      if (old) unfile(index, key, old);
      file(index, key, object);
    }
  }

  #namespaces(): Map<string, Map<string, T>> {
    if (this.#byNamespace) return this.#byNamespace;
    const made = new Map<string, Map<string, T>>();
    for (const [key, object] of this.#objects) settle(made, key, object);
    return (this.#byNamespace = made);
  }

  #tell(call: (handler: InformerHandler<T>) => void): void {
    for (const handler of this.#handlers) call(handler);
  }
}

/** `ADDED Pod/default/web`, and what it is about. */
function heard(type: string, kind: string, key: string): { readonly what: string; readonly name: string } {
  const name = objectName(kind, key);
  return { what: `${type} ${name}`, name };
}

/** Heartbeats are heard for ever. */
const modified = memoOfTwo((kind, key) => heard('MODIFIED', kind, key), { max: 2_048, lengthMax: 320 });

function settle<T extends KubeObject>(namespaces: Map<string, Map<string, T>>, key: string, object: T): void {
  const namespace = object.metadata.namespace ?? '';
  const within = namespaces.get(namespace) ?? new Map<string, T>();
  namespaces.set(namespace, within.set(key, object));
}

interface WatchChunk {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

function controllerValue({ metadata }: KubeObject): string[] {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller);
  return [owner ? owner.uid : orphansOf(metadata.namespace ?? '')];
}

function orphansOf(namespace: string): string {
  return `orphans of ${namespace}`;
}

function file<T>(index: Index<T>, key: string, object: T): void {
  if (!index.keys) return;
  for (const value of index.valuesOf(object)) {
    const keys = index.keys.get(value) ?? new Set<string>();
    index.keys.set(value, keys.add(key));
  }
}

function unfile<T>(index: Index<T>, key: string, object: T): void {
  if (!index.keys) return;
  for (const value of index.valuesOf(object)) {
    const keys = index.keys.get(value);
    keys?.delete(key);
    if (keys?.size === 0) index.keys.delete(value);
  }
}

/** The shared informers of one component: one list and one watch a kind, however many ask (`client-go/informers`). */
export class InformerFactory {
  readonly #kernel: Kernel;
  readonly #client: Client;
  readonly #latency: WatchLatency;
  readonly #informers = new Map<string, Informer<any>>();
  /** Those without a filter, by the very reference: what a reconcile asks for again and again. */
  readonly #whole = new Map<ResourceRef<any>, Informer<any>>();
  #isStarted = false;

  constructor({ kernel, client, latency = fastWatchLatency }: { kernel: Kernel; client: Client; latency?: WatchLatency }) {
    this.#kernel = kernel;
    this.#client = client;
    this.#latency = latency;
  }

  /** The one informer of this kind and filter. Asked for after `start`, it starts at once. */
  for<T extends KubeObject>(resource: ResourceRef<T>, filter?: Filter): Informer<T> {
    if (filter) return this.#filtered(resource, filter);
    const known = this.#whole.get(resource) ?? this.#filtered(resource, {});
    if (!this.#whole.has(resource)) this.#whole.set(resource, known);
    return known as Informer<T>;
  }

  #filtered<T extends KubeObject>(resource: ResourceRef<T>, filter: Filter): Informer<T> {
    const name = `${resource.group}/${resource.names.plural}?${filter.namespace ?? ''}&${filter.labelSelector ?? ''}&${filter.fieldSelector ?? ''}`;
    const known = this.#informers.get(name);
    if (known) return known as Informer<T>;
    const informer = new Informer<T>({ kernel: this.#kernel, client: this.#client, resource, latency: this.#latency, filter });
    this.#informers.set(name, informer);
    if (this.#isStarted) informer.start();
    return informer;
  }

  /** Stops the informer of a kind that is no longer served. */
  forget(resource: ResourceRef<any>): void {
    const informer = this.#whole.get(resource);
    if (!informer) return;
    informer.stop();
    this.#whole.delete(resource);
    for (const [name, known] of this.#informers) if (known === informer) this.#informers.delete(name);
  }

  start(): void {
    this.#isStarted = true;
    for (const name of [...this.#informers.keys()].sort(compareBytes)) this.#informers.get(name)?.start();
  }

  stop(): void {
    this.#isStarted = false;
    for (const informer of this.#informers.values()) informer.stop();
  }

  get hasSynced(): boolean {
    return [...this.#informers.values()].every((informer) => informer.hasSynced);
  }

  /** Called once every informer there is now has its first list. */
  whenSynced(callback: () => void): void {
    whenAllSynced([...this.#informers.values()], callback);
  }
}

/** Called once each of these has its first list, at once when there is none. */
export function whenAllSynced(informers: readonly Informer<any>[], callback: () => void): void {
  let left = informers.length;
  if (left === 0) return callback();
  for (const informer of informers) informer.whenSynced(() => void (--left === 0 && callback()));
}
