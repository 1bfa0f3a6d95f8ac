import { appendJournal, saveSnapshot, type Db, type JournalRow } from '@/lib/db';
import { checksumOf } from './codec';

export interface JournalListener {
  /** Another host owns this sandbox now: nothing of ours is kept any more. */
  onLost(sandboxId: string, fence: number): void;
  /** Saving does not work at present (`error`), or works again (`undefined`). It is tried again until it does. */
  onTrouble(error: unknown): void;
}

interface Item {
  readonly sandboxId: string;
  readonly fence: number;
  readonly sequence: number;
  readonly changes?: string;
  readonly content?: Uint8Array<ArrayBuffer>;
  readonly done: (isKept: boolean) => void;
}

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

  constructor(db: Db, listener: JournalListener) {
    this.#db = db;
    this.#listener = listener;
  }

  /** Resolves when it is kept; false when another host owns the sandbox. */
  append(row: { sandboxId: string; fence: number; sequence: number; changes: string }, isUrgent: boolean): Promise<boolean> {
    return this.#add(row, isUrgent);
  }

  cut(snapshot: { sandboxId: string; fence: number; sequence: number; content: Uint8Array<ArrayBuffer> }): Promise<boolean> {
    return this.#add(snapshot, true);
  }

  /** Resolves when everything given so far is kept. */
  async flush(): Promise<void> {
    await this.#add({ sandboxId: '', fence: 0, sequence: 0 }, true);
  }

  /** Somebody waits for what gathers. */
  hurry(): void {
    this.#write();
  }

  #add(item: Omit<Item, 'done'>, isUrgent: boolean): Promise<boolean> {
    return new Promise((done) => {
      this.#items.push({ ...item, done });
      if (isUrgent) this.#write();
      else this.#timer ??= setTimeout(() => this.#write(), gatherMs);
    });
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing || this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#writing = this.#keep(items).finally(() => {
      this.#writing = undefined;
      if (this.#items.length > 0) this.#write();
    });
  }

  async #keep(items: readonly Item[]): Promise<void> {
    for (;;) {
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

  /** Snapshots first: rows that are inside one need no row of their own. */
  async #store(items: readonly Item[]): Promise<Set<string>> {
    const lost = new Set<string>();
    const inside = new Map<string, number>();
    for (const { sandboxId, fence, sequence, content } of items) {
      if (!content) continue;
      if (await saveSnapshot(this.#db, sandboxId, fence, sequence, content)) inside.set(sandboxId, sequence);
      else lost.add(sandboxId);
    }
    const rows = items.flatMap((item): JournalRow[] => rowOf(item, inside.get(item.sandboxId)));
    if (rows.length > 0) for (const sandboxId of await appendJournal(this.#db, rows)) lost.add(sandboxId);
    return lost;
  }

  #trouble(error: unknown): void {
    const isInTrouble = error !== undefined;
    if (isInTrouble !== this.#isInTrouble) this.#listener.onTrouble(error);
    this.#isInTrouble = isInTrouble;
  }
}

function rowOf({ sandboxId, fence, sequence, changes }: Item, insideUpTo = -1): JournalRow[] {
  if (changes === undefined || sequence <= insideUpTo) return [];
  return [{ sandboxId, fence, sequence, changes, checksum: checksumOf(changes) }];
}
