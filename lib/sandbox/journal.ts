import { appendJournal, saveSnapshot, type Db, type SnapshotRow } from '@/lib/db';
import { checksumOf } from './codec';

export interface JournalListener {
  /** Another host owns this sandbox now: nothing of ours is kept any more. */
  onLost(sandboxId: string, fence: number): void;
  /** Saving does not work at present (`error`), or works again (`undefined`). It is tried again until it does. */
  onTrouble(error: unknown): void;
}

interface Row {
  readonly sandboxId: string;
  readonly fence: number;
  readonly sequence: number;
  readonly changes: string;
}

type Item = { readonly done: (isKept: boolean) => void } & (
  | ({ readonly type: 'row' } & Row)
  | ({ readonly type: 'snapshot' } & SnapshotRow)
  /** Nothing to write: somebody waits for what came before. */
  | { readonly type: 'mark'; readonly sandboxId: ''; readonly fence: 0 }
);

/** How long rows nobody waits for may gather. */
const gatherMs = 250;
const retryMs = 1_000;

/**
 * Group commit: whatever gathered while the last write was under way goes into the next one, all sandboxes together.
 * A row is durable when its promise resolves true; rows of one sandbox are kept in order.
 */
export class Journal {
  readonly #db: Db;
  readonly #listener: JournalListener;
  #items: Item[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #isInTrouble = false;
  #isAbandoned = false;

  constructor(db: Db, listener: JournalListener) {
    this.#db = db;
    this.#listener = listener;
  }

  /** Resolves when it is kept; false when another host owns the sandbox. */
  append(row: Row, isUrgent: boolean): Promise<boolean> {
    return this.#add((done) => ({ ...row, type: 'row', done }), isUrgent);
  }

  cut(snapshot: SnapshotRow): Promise<boolean> {
    return this.#add((done) => ({ ...snapshot, type: 'snapshot', done }), true);
  }

  /** Resolves when everything given so far is kept. */
  async flush(): Promise<void> {
    await this.#add((done) => ({ type: 'mark', sandboxId: '', fence: 0, done }), true);
  }

  /** Somebody waits for what gathers. */
  hurry(): void {
    this.#write();
  }

  /** Writes nothing from now on, and nobody hears whether it would have: as when the power is cut. */
  abandon(): void {
    this.#isAbandoned = true;
    clearTimeout(this.#timer);
  }

  #add(item: (done: Item['done']) => Item, isUrgent: boolean): Promise<boolean> {
    return new Promise((done) => {
      this.#items.push(item(done));
      if (isUrgent) this.#write();
      else this.#timer ??= setTimeout(() => this.#write(), gatherMs);
    });
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isAbandoned || this.#writing || this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#writing = this.#keep(items).finally(() => {
      this.#writing = undefined;
      if (this.#items.length > 0) this.#write();
    });
  }

  async #keep(items: readonly Item[]): Promise<void> {
    while (!this.#isAbandoned) {
      try {
        const lost = await this.#store(items);
        this.#trouble(undefined);
        for (const item of items) item.done(!lost.has(item.sandboxId));
        for (const { sandboxId, fence } of items) if (lost.has(sandboxId)) this.#listener.onLost(sandboxId, fence);
        return;
      } catch (error) {
        this.#trouble(error);
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  /** In the order in which it came: a run of rows in one statement, a snapshot in one of its own. */
  async #store(items: readonly Item[]): Promise<Set<string>> {
    const lost = new Set<string>();
    for (let at = 0; at < items.length;) {
      const rows = rowsFrom(items, at);
      const item = items[at] as Item;
      if (rows.length > 0) for (const sandboxId of await appendJournal(this.#db, rows.map(withChecksum))) lost.add(sandboxId);
      else if (item.type === 'snapshot' && !(await saveSnapshot(this.#db, item))) lost.add(item.sandboxId);
      at += Math.max(1, rows.length);
    }
    return lost;
  }

  #trouble(error: unknown): void {
    const isInTrouble = error !== undefined;
    if (isInTrouble !== this.#isInTrouble) this.#listener.onTrouble(error);
    this.#isInTrouble = isInTrouble;
  }
}

function rowsFrom(items: readonly Item[], from: number): Row[] {
  const rows: Row[] = [];
  for (let at = from, item = items[at]; item?.type === 'row'; item = items[++at]) rows.push(item);
  return rows;
}

function withChecksum({ sandboxId, fence, sequence, changes }: Row) {
  return { sandboxId, fence, sequence, changes, checksum: checksumOf(sequence, changes) };
}
