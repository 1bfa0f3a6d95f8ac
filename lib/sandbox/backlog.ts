/** How much may wait to be saved. */
export interface BacklogLimits {
  /** Of one sandbox. */
  readonly sandboxBytes: number;
  /** Of all sandboxes of a worker. */
  readonly workerBytes: number;
}

export const backlogLimits: BacklogLimits = { sandboxBytes: 4 << 20, workerBytes: 32 << 20 };

/** What one sandbox told and the database does not have yet. */
export interface BacklogLine {
  readonly bytes: number;
  add(bytes: number): void;
  /** So much of it is in the database now. */
  kept(bytes: number): void;
  /** Nothing of this sandbox counts any more. */
  close(): void;
}

/**
 * What the sandboxes of one worker told and the database does not have yet. A line is held while it is too long, or while all
 * lines together are and it has a part in that; it is let go when half of that is gone, so that it does not flutter.
 */
export class Backlog {
  readonly #limits: BacklogLimits;
  readonly #lines = new Set<Line>();
  #bytes = 0;
  #isFull = false;

  constructor(limits: BacklogLimits = backlogLimits) {
    this.#limits = limits;
  }

  /** `onHeld` is called when the line comes to be held and when it is let go. */
  open(onHeld: (isHeld: boolean) => void): BacklogLine {
    const line = new Line(onHeld, (changed, bytes) => this.#change(changed, bytes));
    this.#lines.add(line);
    return line;
  }

  #change(line: Line, bytes: number): void {
    this.#bytes += bytes;
    if (line.isClosed) this.#lines.delete(line);
    const { workerBytes } = this.#limits;
    const wasFull = this.#isFull;
    this.#isFull = this.#bytes > (wasFull ? workerBytes / 2 : workerBytes);
    for (const one of wasFull === this.#isFull ? [line] : this.#lines) one.hold(this.#isTooMuch(one));
  }

  #isTooMuch(line: Line): boolean {
    const { sandboxBytes } = this.#limits;
    line.isLong = line.bytes > (line.isLong ? sandboxBytes / 2 : sandboxBytes);
    return line.isLong || (this.#isFull && line.bytes > 0);
  }
}

class Line implements BacklogLine {
  readonly #onHeld: (isHeld: boolean) => void;
  readonly #onChange: (line: Line, bytes: number) => void;
  bytes = 0;
  isLong = false;
  isHeld = false;
  isClosed = false;

  constructor(onHeld: (isHeld: boolean) => void, onChange: (line: Line, bytes: number) => void) {
    this.#onHeld = onHeld;
    this.#onChange = onChange;
  }

  add(bytes: number): void {
    if (this.isClosed) return;
    this.bytes += bytes;
    this.#onChange(this, bytes);
  }

  kept(bytes: number): void {
    this.add(-Math.min(bytes, this.bytes));
  }

  close(): void {
    this.kept(this.bytes);
    this.isClosed = true;
    this.#onChange(this, 0);
  }

  hold(isHeld: boolean): void {
    if (isHeld === this.isHeld) return;
    this.isHeld = isHeld;
    this.#onHeld(isHeld);
  }
}
