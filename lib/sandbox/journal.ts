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
/** After a time without a database, more has gathered than one statement should carry. */
const statementBytes = 4 << 20;

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

  /** In the order in which it came: runs of rows in one statement each, a snapshot in one of its own. What is kept is not written again. */
  async #keep(items: readonly Item[]): Promise<void> {
    for (let at = 0; at < items.length;) {
      const run = runFrom(items, at);
      const lost = await this.#persist(run);
      if (!lost) return;
      for (const item of run) item.done(!lost.has(item.sandboxId));
      for (const { sandboxId, fence } of run) if (lost.has(sandboxId)) this.#listener.onLost(sandboxId, fence);
      at += run.length;
    }
  }

  /** Tries until it is kept; the sandboxes that another host owns. Undefined when the power was cut. */
  async #persist(run: readonly Item[]): Promise<ReadonlySet<string> | undefined> {
    while (!this.#isAbandoned) {
      try {
        const lost = await this.#store(run);
        this.#trouble(undefined);
        return new Set(lost);
      } catch (error) {
        this.#trouble(error);
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
    return undefined;
  }

  async #store(run: readonly Item[]): Promise<readonly string[]> {
    const [first] = run as [Item];
    if (first.type === 'snapshot') return (await saveSnapshot(this.#db, first)) ? [] : [first.sandboxId];
    const rows = run.filter((item) => item.type === 'row');
    return rows.length > 0 ? appendJournal(this.#db, rows.map(withChecksum)) : [];
  }

  #trouble(error: unknown): void {
    const isInTrouble = error !== undefined;
    if (isInTrouble !== this.#isInTrouble) this.#listener.onTrouble(error);
    this.#isInTrouble = isInTrouble;
  }
}

/** Rows up to the size of a statement, or one item of another sort. */
function runFrom(items: readonly Item[], from: number): readonly Item[] {
  let to = from;
  let bytes = 0;
  for (let item = items[to]; item?.type === 'row' && (to === from || bytes + item.changes.length <= statementBytes); item = items[++to])
    bytes += item.changes.length;
  return items.slice(from, Math.max(to, from + 1));
}

function withChecksum({ sandboxId, fence, sequence, changes }: Row) {
  return { sandboxId, fence, sequence, changes, checksum: checksumOf(sequence, changes) };
}
