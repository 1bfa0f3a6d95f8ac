import type { EtcdServer, EtcdWatchEvent, EtcdWatchOptions } from '@/lib/cluster';
import { eventOf } from './answers';
import type { Message } from './wire';

/** How many revisions what a watcher is behind with is told in at a time (`mvcc/watcher_group.go`, watchBatchMaxRevs). */
const revisionsMax = 1_000;
/** And about how much text, but for the last revision, which is told whole. */
const charactersMax = 512 * 1024;

export interface PacedWatchOptions {
  readonly server: EtcdServer;
  readonly key: string;
  readonly options: Omit<EtcdWatchOptions, 'startRevision' | 'onCancel'>;
  /** Whether its client has not read what it was told. */
  readonly isBlocked: () => boolean;
  readonly tell: (events: readonly Message[]) => void;
  readonly onBehind: () => void;
  readonly onCompacted: (compactedRevision: number) => void;
}

/**
 * A watch that is told as much as its client reads. While that is blocked the watch keeps the first revision that it was not told, and no events:
 * these it takes from the store's history afterwards (`mvcc/watchable_store.go`, the unsynced watchers).
 */
export class PacedWatch {
  readonly #options: PacedWatchOptions;
  #cancel: (() => void) | undefined;
  #owed: number | undefined;

  constructor(options: PacedWatchOptions) {
    this.#options = options;
  }

  get isBehind(): boolean {
    return this.#owed !== undefined;
  }

  /** Follows the store from a revision on, 0 being the next, and answers the first of what is there already. Throws what `watch` of the store throws. */
  begin(start: number): readonly Message[] {
    const batch = new Batch();
    let isPast = true;
    const { server, key, options, onCompacted } = this.#options;
    const cancel = server.watch(key, { ...options, startRevision: start, onCancel: onCompacted }, ({ revision, events }) => {
      if (isPast) batch.add(revision, events);
      else if (this.#cancel === cancel) this.#hear(revision, events);
    });
    isPast = false;
    this.#cancel = cancel;
    if (batch.more !== undefined) this.#fallBehind(batch.more);
    return batch.events;
  }

  /** Tells the next part of what is owed. */
  catchUp(): void {
    const owed = this.#owed ?? 0;
    this.#owed = undefined;
    const events = this.begin(owed);
    if (events.length > 0) this.#options.tell(events);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#owed = undefined;
  }

  /** What is no event is progress, which nobody is owed. */
  #hear(revision: number, events: readonly EtcdWatchEvent[]): void {
    const { isBlocked, tell, onBehind } = this.#options;
    if (!isBlocked()) return tell(events.map(eventOf));
    if (events.length === 0) return;
    this.#fallBehind(revision);
    onBehind();
  }

  #fallBehind(owed: number): void {
    this.stop();
    this.#owed = owed;
  }
}

/** The first of some revisions, as many as are told at once. */
class Batch {
  readonly events: Message[] = [];
  /** The first that is not among them. */
  more: number | undefined;
  #revisions = 0;
  #characters = 0;

  add(revision: number, events: readonly EtcdWatchEvent[]): void {
    if (this.more !== undefined) return;
    if (this.#revisions === revisionsMax || this.#characters >= charactersMax) {
      this.more = revision;
      return;
    }
    if (events.length > 0) this.#revisions++;
    for (const event of events) {
      const message = eventOf(event);
      this.#characters += charactersOf(message['kv']) + charactersOf(message['prev_kv']);
      this.events.push(message);
    }
  }
}

function charactersOf(keyValue: unknown): number {
  const { key = '', value = '' } = (keyValue ?? {}) as { key?: string; value?: string };
  return key.length + value.length;
}
