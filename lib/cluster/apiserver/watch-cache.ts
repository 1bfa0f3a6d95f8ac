import { deepEqual, prefixEnd, SortedMap } from '@/lib/base';
import { failure, statusErrors, type KubeObject, type ResourceDefinition, type StatusError } from '../api';
import { EtcdError, type Etcd, type KeyValue, type Revision, type WatchEvent as EtcdWatchEvent } from '../etcd';
import type { Kernel } from '../kernel';
import { isBuiltIn } from './context';
import { haveSameMetadata, objectAtDeletion, objectOf, spoken, storageRoot } from './storage';

/** One change of one object, with what it was before: whether a watcher sees it appear, change or go depends on both. */
export interface CacheEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  /** For a delete, the last state at the revision of the deletion. */
  readonly object: KubeObject;
  readonly old: KubeObject | undefined;
  readonly revision: Revision;
}

/** Stands for a map until something is put into it: of most kinds there is nothing. */
const nothing = new SortedMap<KubeObject>();

/**
 * What a cache began with: a fork begins with the very versions that the fork before it began with. By the newest of them, which whoever
 * wrote it last has, so that nobody keeps what is another's.
 */
const begun = new WeakMap<KeyValue, { readonly kvs: readonly KeyValue[]; readonly objects: SortedMap<KubeObject> }>();

function objectsOf(kvs: readonly KeyValue[]): SortedMap<KubeObject> {
  const newest = kvs.reduce((one, other) => (other.modRevision > one.modRevision ? other : one));
  const known = begun.get(newest);
  if (known?.kvs.length === kvs.length && kvs.every((kv, index) => kv === known.kvs[index])) return known.objects.clone();
  const objects = new SortedMap<KubeObject>();
  for (const kv of kvs) objects.set(kv.key, objectOf(kv));
  begun.set(newest, { kvs, objects: objects.clone() });
  return objects;
}

export interface Watcher {
  /** Called inside a kernel entry, in order of revision; maybe once more after it has ceased to watch. */
  onEvents(events: readonly CacheEvent[]): void;
}

/**
 * All objects of one kind as they are now, fed by one etcd watch, from which lists and every watcher are served (`storage/cacher`).
 * History is etcd's own: a watch from an old revision replays it until compaction.
 */
export class WatchCache {
  readonly #definition: ResourceDefinition;
  readonly #etcd: Etcd;
  readonly #kernel: Kernel;
  readonly root: string;
  #objects = nothing;
  #watchers: readonly Watcher[] = [];
  #cancel: () => void;
  #changedAt: Revision;
  /** What the trace says of telling the watchers. */
  #delivery: string | undefined;
  #isStopped = false;

  constructor(definition: ResourceDefinition, etcd: Etcd, kernel: Kernel) {
    this.#definition = definition;
    this.#etcd = etcd;
    this.#kernel = kernel;
    this.root = storageRoot(definition);
    this.#changedAt = etcd.revision;
    // Opened when first asked for, it stands for one opened when the server started: it waits for no quorum.
    const { kvs } = etcd.range(this.root, { ...rangeOf(this.root), serializable: true });
    if (kvs.length > 0) this.#objects = objectsOf(kvs);
    this.#cancel = this.#follow();
  }

  #follow(): () => void {
    return this.#etcd.watch(
      this.root,
      { end: rangeOf(this.root).end, prevKv: true, onCancel: (revision) => this.#relist(revision) },
      ({ revision, events }) => this.#take(revision, events),
    );
  }

  /** etcd has forgotten what this cache had not seen yet, as when its member caught up from a snapshot: what differs is told as if it had just happened. */
  #relist(since: Revision): void {
    const now = new Map(this.#etcd.range(this.root, { ...rangeOf(this.root), serializable: true }).kvs.map((kv) => [kv.key, objectOf(kv)]));
    const revision = this.#etcd.revision;
    const events: CacheEvent[] = [];
    this.#objects.forRange('', undefined, (old, key) => {
      if (!now.has(key)) events.push({ type: 'delete', key, object: objectAtDeletion(old, since), old, revision: since });
    });
    for (const [key, object] of now) {
      const old = this.#objects.get(key);
      if (old?.metadata.resourceVersion !== object.metadata.resourceVersion)
        events.push({ type: 'put', key, object, old, revision: Number(object.metadata.resourceVersion) as Revision });
    }
    events.sort((a, b) => a.revision - b.revision);
    this.#hold(events, revision);
    this.#cancel = this.#follow();
  }

  /** How many watch. */
  get watching(): number {
    return this.#watchers.length;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
    this.#watchers = [];
  }

  /** What etcd is at, or, while it does not answer, what is known here. */
  get revision(): Revision {
    try {
      return this.#etcd.revision;
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      return this.#changedAt;
    }
  }

  /** No object of this kind changed after this revision. */
  get changedAt(): Revision {
    return this.#changedAt;
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  /** In order of key, from `from` on, until `visit` returns false. */
  forEach(prefix: string, visit: (object: KubeObject, key: string) => boolean | void, from = prefix): void {
    this.#objects.forRange(from, prefixEnd(prefix), visit);
  }

  /** The number of objects under `prefix`, from `from` on. */
  count(prefix: string, from = prefix): number {
    let count = 0;
    this.forEach(prefix, () => void count++, from);
    return count;
  }

  /** What changed under `prefix` after `revision`, out of etcd's history. Throws 410 Expired when that is compacted. */
  since(revision: number, prefix: string): CacheEvent[] {
    const events: CacheEvent[] = [];
    if (revision >= this.#changedAt) return events;
    try {
      // Etcd would tell of the very revision that was compacted, but not what was there before.
      if (revision < this.#etcd.compactedRevision) throw tooOld(revision, this.#etcd.compactedRevision);
      const cancel = this.#etcd.watch(prefix, { ...rangeOf(prefix), startRevision: revision + 1, prevKv: true }, (response) => {
        for (const change of response.events) {
          const event = cacheEvent(response.revision, change);
          if (event) events.push(event);
        }
      });
      cancel();
    } catch (error) {
      if (error instanceof EtcdError && error.code === 'OutOfRange') throw tooOld(revision, this.#etcd.compactedRevision);
      throw error instanceof EtcdError ? statusErrors.internal(error.message) : error;
    }
    return events;
  }

  watch(watcher: Watcher): void {
    this.#watchers = [...this.#watchers, watcher];
  }

  unwatch(watcher: Watcher): void {
    this.#watchers = this.#watchers.filter((other) => other !== watcher);
  }

  #take(revision: Revision, changes: readonly EtcdWatchEvent[]): void {
    const events: CacheEvent[] = [];
    for (const change of changes) {
      const event = cacheEvent(revision, change, this.#known(change));
      if (event) events.push(event);
    }
    this.#hold(events, revision);
  }

  /** What was there before the revision that was compacted etcd no longer tells, as when its member caught up from a snapshot. */
  #known({ kv, prevKv }: EtcdWatchEvent): KubeObject | undefined {
    return prevKv || kv.version === 1 ? undefined : this.#objects.get(kv.key);
  }

  #hold(events: readonly CacheEvent[], revision: Revision): void {
    this.#changedAt = revision;
    for (const { type, key, object } of events) {
      if (type === 'put') this.#put(key, object);
      else this.#objects.delete(key);
    }
    if (this.#watchers.length > 0) this.#deliver(events);
  }

  #put(key: string, object: KubeObject): void {
    if (this.#objects === nothing) this.#objects = new SortedMap();
    this.#objects.set(key, object);
  }

  /** To those who watch now, later in this instant. Heartbeats stay in the background; any other change is worth waking for. */
  #deliver(events: readonly CacheEvent[]): void {
    const watchers = this.#watchers;
    this.#kernel.schedule({
      delayMs: 0,
      actor: 'kube-apiserver',
      what: (this.#delivery ??= `watch ${this.#definition.names.plural}`),
      background: this.#kernel.isBackground && events.every((event) => this.#isHeartbeat(event)),
      run: () => {
        if (this.#isStopped) return;
        for (const watcher of watchers) watcher.onEvents(events);
      },
    });
  }

  #isHeartbeat({ type, object, old }: CacheEvent): boolean {
    if (type !== 'put' || !old) return false;
    if (isBuiltIn('Lease', this.#definition)) return true;
    return isBuiltIn('Node', this.#definition) && deepEqual(withoutHeartbeat(object), withoutHeartbeat(old));
  }
}

function withoutHeartbeat({ spec, status, metadata }: KubeObject): unknown {
  const conditions = (status?.conditions ?? []).map((condition: object) => ({ ...condition, lastHeartbeatTime: undefined }));
  return { spec, labels: metadata.labels, annotations: metadata.annotations, status: { ...status, conditions } };
}

/** Undefined for the deletion of what was not known. */
function cacheEvent(revision: Revision, { type, kv, prevKv }: EtcdWatchEvent, known?: KubeObject): CacheEvent | undefined {
  const old = prevKv ? objectOf(prevKv) : known;
  const { key } = kv;
  if (type === 'put') return { type, key, object: objectOf(kv, prevKv && haveSameMetadata(kv, prevKv) ? old : undefined), old, revision };
  return old && { type, key, object: objectAtDeletion(old, revision), old, revision };
}

function rangeOf(prefix: string): { end: string } {
  return { end: prefixEnd(prefix) ?? '\0' };
}

function tooOld(revision: number, oldest: number): StatusError {
  return failure(410, 'Expired', `too old resource version: ${revision} (${oldest})`);
}

/** A reader that is ahead of this server: it waits three seconds upstream, then gives up. */
export function tooLarge(revision: number, current: number): StatusError {
  return failure(504, 'Timeout', `Timeout: Too large resource version: ${revision}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/** One cache a kind, begun when it is first asked for. */
export class WatchCaches {
  readonly #caches = new Map<string, WatchCache>();
  readonly #etcd: Etcd;
  readonly #kernel: Kernel;

  constructor(etcd: Etcd, kernel: Kernel) {
    this.#etcd = etcd;
    this.#kernel = kernel;
  }

  of(definition: ResourceDefinition): WatchCache {
    const root = storageRoot(definition);
    const known = this.#caches.get(root);
    if (known) return known;
    const cache = spoken(() => new WatchCache(definition, this.#etcd, this.#kernel));
    this.#caches.set(root, cache);
    return cache;
  }

  watching(definition: ResourceDefinition): number {
    return this.#caches.get(storageRoot(definition))?.watching ?? 0;
  }

  stop(): void {
    for (const cache of this.#caches.values()) cache.stop();
    this.#caches.clear();
  }
}
