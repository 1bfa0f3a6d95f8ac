import { StatusError, type ApiStream, type KubeObject, type ResourceDefinition } from '../api';
import { nameOfMetadata, type Entry, type Kernel } from '../kernel';
import { apiVersionOf } from './context';
import { isSelected, type ListOptions } from './options';
import { fromStorage, storageRoot } from './storage';
import type { CacheEvent, WatchCache, Watcher } from './watch-cache';

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

interface Chunk {
  readonly type: EventType;
  readonly object: unknown;
}

/** How one watcher wants objects shown: whole, as a Table row, or metadata only. */
export type WatchRendering = (object: KubeObject) => unknown;

export interface WatchOptions {
  readonly asked: ListOptions;
  readonly namespace: string;
  readonly render: WatchRendering;
  /** Where a watch is for as long as it is open: the API server ends them all when it stops. */
  readonly open: Set<OpenWatch>;
  /** Whose deliveries the trace is told of here; undefined for who tells it himself. */
  readonly hearer: string | undefined;
}

export interface OpenWatch {
  end(): void;
}

/** How often an idle watcher that allows it is told how far the revision is. */
const bookmarkIntervalMs = 60_000;
/** `--min-request-timeout`: a watch without a timeout lasts this long or up to twice as long. */
const minRequestTimeoutMs = 1_800_000;

/**
 * A watch as a stream of `{ type, object }` (`storage/cacher/cache_watcher.go`, `handlers/watch.go`). What is there first is written
 * in one kernel entry; changes are written in the entries of the watch cache. Ends after `timeoutSeconds` of simulated time.
 */
export function watchObjects(definition: ResourceDefinition, cache: WatchCache, kernel: Kernel, options: WatchOptions): ApiStream {
  return { start: (sink) => new ObjectWatch(definition, cache, kernel, options, sink).open() };
}

/** There are as many as there are kinds and more in a cluster that does nothing, so it is no more than it must be. */
class ObjectWatch implements OpenWatch, Watcher {
  readonly #definition: ResourceDefinition;
  readonly #cache: WatchCache;
  readonly #kernel: Kernel;
  readonly #options: WatchOptions;
  readonly #sink: { write(chunk: unknown): void; end(): void };
  readonly #prefix: string;
  #isOpen = true;
  #hasBegun = false;
  #seen = 0;
  #early: readonly CacheEvent[] = [];
  #timeout: Entry | undefined;
  #nextBookmark: Entry | undefined;

  constructor(
    definition: ResourceDefinition,
    cache: WatchCache,
    kernel: Kernel,
    options: WatchOptions,
    sink: { write(chunk: unknown): void; end(): void },
  ) {
    this.#definition = definition;
    this.#cache = cache;
    this.#kernel = kernel;
    this.#options = options;
    this.#sink = sink;
    this.#prefix = `${storageRoot(definition)}${definition.scope === 'Namespaced' && options.namespace ? `${options.namespace}/` : ''}`;
  }

  open(): () => void {
    this.#options.open.add(this);
    this.#begin();
    this.#limit();
    if (this.#options.asked.allowWatchBookmarks) this.#bookmarkLater();
    return () => this.#close();
  }

  onEvents(events: readonly CacheEvent[]): void {
    if (this.#hasBegun) this.#tell(events);
    else this.#early = [...this.#early, ...events];
  }

  /** Sees the state now, tells of it later in this instant, and misses nothing in between. */
  #begin(): void {
    const { chunks, isOver } = this.#first();
    this.#seen = Math.max(this.#cache.revision, this.#options.asked.resourceVersion ?? 0);
    this.#cache.watch(this);
    this.#hasBegun = chunks.length === 0;
    if (this.#hasBegun) return;
    this.#later(0, 'watch', () => {
      if (!this.#isOpen) return;
      this.#hasBegun = true;
      for (const chunk of chunks) this.#write(chunk);
      if (isOver) return this.end();
      const early = this.#early;
      this.#early = [];
      this.#tell(early);
    });
  }

  #first(): { chunks: readonly Chunk[]; isOver: boolean } {
    try {
      return { chunks: this.#initialChunks(), isOver: false };
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { chunks: [{ type: 'ERROR', object: error.status }], isOver: true };
    }
  }

  #initialChunks(): readonly Chunk[] {
    const { resourceVersion, sendInitialEvents } = this.#options.asked;
    if (sendInitialEvents) return [...this.#existing(), ...this.#initialEventsEnd()];
    if (resourceVersion === undefined) return sendInitialEvents === false ? [] : this.#existing();
    return resourceVersion === 0 ? this.#existing() : this.#missed(resourceVersion);
  }

  #existing(): Chunk[] {
    const found: Chunk[] = [];
    this.#cache.forEach(this.#prefix, (stored) => {
      const object = fromStorage(this.#definition, stored);
      if (isSelected(this.#definition, object, this.#options.asked)) found.push({ type: 'ADDED', object: this.#options.render(object) });
    });
    return found;
  }

  #initialEventsEnd(): Chunk[] {
    return this.#options.asked.allowWatchBookmarks
      ? [{ type: 'BOOKMARK', object: this.#bookmark({ 'k8s.io/initial-events-end': 'true' }) }]
      : [];
  }

  #missed(revision: number): Chunk[] {
    return this.#cache.since(revision, this.#prefix).flatMap((event) => this.#chunkOf(event) ?? []);
  }

  #tell(events: readonly CacheEvent[]): void {
    for (const event of events) {
      if (!this.#isOpen) return;
      if (event.revision <= this.#seen || !event.key.startsWith(this.#prefix)) continue;
      const chunk = this.#chunkOf(event);
      if (!chunk) continue;
      this.#record(chunk.type, event);
      this.#write(chunk);
    }
  }

  #record(type: EventType, { object, revision }: CacheEvent): void {
    const { hearer } = this.#options;
    if (hearer === undefined) return;
    const name = nameOfMetadata(this.#definition.kind, object.metadata);
    this.#kernel.record('watch', hearer, `${type} ${name}`, { object: name, revision });
  }

  /** An object that begins to match is added, one that ceases to is deleted; nobody is told of others. */
  #chunkOf({ type, object: stored, old: storedOld }: CacheEvent): Chunk | undefined {
    const object = fromStorage(this.#definition, stored);
    const old = storedOld && fromStorage(this.#definition, storedOld);
    const was = old !== undefined && isSelected(this.#definition, old, this.#options.asked);
    const is = type === 'put' && isSelected(this.#definition, object, this.#options.asked);
    if (!was && !is) return undefined;
    if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: this.#options.render(object) };
    return { type: 'DELETED', object: this.#options.render(type === 'delete' ? object : withRevisionOf(old as KubeObject, object)) };
  }

  #bookmark(annotations?: Record<string, string>): unknown {
    const { kind } = this.#definition;
    const metadata = { resourceVersion: String(this.#cache.revision), ...(annotations ? { annotations } : {}) };
    return this.#options.render({ kind, apiVersion: apiVersionOf(this.#definition), metadata } as KubeObject);
  }

  #bookmarkLater(): void {
    this.#nextBookmark = this.#later(bookmarkIntervalMs, 'watch bookmark', () => {
      if (!this.#isOpen) return;
      this.#write({ type: 'BOOKMARK', object: this.#bookmark() });
      this.#bookmarkLater();
    });
  }

  #limit(): void {
    const { timeoutSeconds } = this.#options.asked;
    this.#timeout = this.#later(timeoutSeconds ? Math.max(timeoutSeconds, 0) * 1000 : minRequestTimeoutMs, 'watch timeout', () =>
      this.end(),
    );
  }

  /** Timeouts and bookmarks wake nobody. */
  #later(delayMs: number, what: string, run: () => void): Entry {
    return this.#kernel.schedule({
      delayMs,
      actor: 'kube-apiserver',
      what: `${what} ${this.#definition.names.plural}`,
      ...(delayMs > 0 ? { background: true } : {}),
      run,
    });
  }

  #write(chunk: Chunk): void {
    if (this.#isOpen) this.#sink.write(chunk);
  }

  end(): void {
    if (!this.#isOpen) return;
    this.#close();
    this.#sink.end();
  }

  #close(): void {
    this.#isOpen = false;
    this.#options.open.delete(this);
    this.#cache.unwatch(this);
    this.#timeout?.cancel();
    this.#nextBookmark?.cancel();
  }
}

function withRevisionOf(old: KubeObject, object: KubeObject): KubeObject {
  return { ...old, metadata: { ...old.metadata, resourceVersion: object.metadata.resourceVersion } };
}
