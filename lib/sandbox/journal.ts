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

interface Waiting {
  readonly done: (isKept: boolean) => void;
  readonly kept: Promise<boolean>;
}

type WaitingRow = Waiting & { readonly type: 'row' } & Row;
type Item = WaitingRow | (Waiting & { readonly type: 'snapshot' } & SnapshotRow);

/** How long rows nobody waits for may gather. */
const gatherMs = 250;
/** How long those may that somebody watches: the eye would notice more. */
const watchedMs = 40;
const retryMs = 1_000;
/** PGlite runs on the main thread, and a statement of 4 MiB holds it for half a second, sixteen of 256 KiB for a fifth of one, in pieces. */
const statementBytes = 256 << 10;

/**
 * Group commit: whatever gathered while the last write was under way goes into the next one, all sandboxes together. Where that is too
 * much for one statement, every sandbox has its share of it, so that nobody waits behind one that writes without end.
 * A row is durable when its promise resolves true; rows of one sandbox are kept in order.
 */
export class Journal {
  readonly #db: Db;
  readonly #listener: JournalListener;
  /** By sandbox; whoever had its turn is last. */
  readonly #queues = new Map<string, Item[]>();
  /** Being written at present. */
  #run: readonly Item[] = [];
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;
  #isWriting = false;
  #isInTrouble = false;
  #isAbandoned = false;

  constructor(db: Db, listener: JournalListener) {
    this.#db = db;
    this.#listener = listener;
  }

  /** Resolves when it is kept; false when another host owns the sandbox. */
  append(row: Row, isUrgent: boolean): Promise<boolean> {
    return this.#add({ ...row, type: 'row', ...waiting() }, isUrgent);
  }

  cut(snapshot: SnapshotRow): Promise<boolean> {
    return this.#add({ ...snapshot, type: 'snapshot', ...waiting() }, true);
  }

  /** Resolves when everything given so far is kept. */
  async flush(): Promise<void> {
    const items = [...this.#run, ...[...this.#queues.values()].flat()];
    this.#write();
    await Promise.all(items.map(({ kept }) => kept));
  }

  /** Somebody waits for what gathers. */
  hurry(): void {
    this.#write();
  }

  /** Somebody would like to see what gathers. */
  hurryALittle(): void {
    if (this.#queues.size > 0) this.#writeWithin(watchedMs);
  }

  /** Writes nothing from now on, and nobody hears whether it would have: as when the power is cut. */
  abandon(): void {
    this.#isAbandoned = true;
    clearTimeout(this.#timer);
  }

  #add(item: Item, isUrgent: boolean): Promise<boolean> {
    const queue = this.#queues.get(item.sandboxId);
    if (queue) queue.push(item);
    else this.#queues.set(item.sandboxId, [item]);
    if (isUrgent) this.#write();
    else this.#writeWithin(gatherMs);
    return item.kept;
  }

  #writeWithin(ms: number): void {
    const dueAt = Date.now() + ms;
    if (this.#timer && this.#dueAt <= dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => this.#write(), ms);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isAbandoned || this.#isWriting || this.#queues.size === 0) return;
    this.#isWriting = true;
    void this.#writeAll().finally(() => (this.#isWriting = false));
  }

  /** What is kept is not written again. Between two statements the thread is others'. */
  async #writeAll(): Promise<void> {
    while (this.#queues.size > 0) {
      for (const run of [this.#takeRows(), this.#takeSnapshot()]) if (run.length > 0 && !(await this.#keep(run))) return;
      if (this.#queues.size > 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** A statement's worth of rows, of every sandbox its share. */
  #takeRows(): readonly WaitingRow[] {
    const taken: WaitingRow[] = [];
    const share = statementBytes / this.#queues.size;
    let bytes = 0;
    for (const [sandboxId, queue] of [...this.#queues]) {
      if (bytes >= statementBytes) break;
      const rows = rowsFrom(queue, share);
      for (const { changes } of rows) bytes += changes.length;
      taken.push(...rows);
      if (rows.length > 0) this.#putBack(sandboxId, queue.slice(rows.length));
    }
    return taken;
  }

  #takeSnapshot(): readonly Item[] {
    for (const [sandboxId, queue] of this.#queues) {
      const [first] = queue;
      if (first?.type !== 'snapshot') continue;
      this.#putBack(sandboxId, queue.slice(1));
      return [first];
    }
    return [];
  }

  #putBack(sandboxId: string, queue: Item[]): void {
    this.#queues.delete(sandboxId);
    if (queue.length > 0) this.#queues.set(sandboxId, queue);
  }

  async #keep(run: readonly Item[]): Promise<boolean> {
    this.#run = run;
    const lost = await this.#persist(run);
    if (!lost) return false;
    this.#run = [];
    for (const item of run) item.done(!lost.has(item.sandboxId));
    for (const { sandboxId, fence } of run) if (lost.has(sandboxId)) this.#listener.onLost(sandboxId, fence);
    return true;
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
    return appendJournal(this.#db, run.filter((item) => item.type === 'row').map(withChecksum));
  }

  #trouble(error: unknown): void {
    const isInTrouble = error !== undefined;
    if (isInTrouble !== this.#isInTrouble) this.#listener.onTrouble(error);
    this.#isInTrouble = isInTrouble;
  }
}

function waiting(): Waiting {
  let done: (isKept: boolean) => void = () => undefined;
  const kept = new Promise<boolean>((resolve) => (done = resolve));
  return { done, kept };
}

/** The rows at the head of a queue, up to so many bytes of them but one at least. */
function rowsFrom(queue: readonly Item[], bytesMax: number): readonly WaitingRow[] {
  const rows: WaitingRow[] = [];
  let bytes = 0;
  for (const item of queue) {
    if (item.type !== 'row' || (rows.length > 0 && bytes + item.changes.length > bytesMax)) break;
    rows.push(item);
    bytes += item.changes.length;
  }
  return rows;
}

function withChecksum({ sandboxId, fence, sequence, changes }: Row) {
  return { sandboxId, fence, sequence, changes, checksum: checksumOf(sequence, changes) };
}
