/** Appends a follower may be sent without having answered any. */
const inflightMax = 256;

/**
 * What a leader knows of one member's log (`tracker/progress.go`).
 * `probe`: one append at a time, until it is known where the logs agree. `replicate`: optimistic, many in flight.
 * `snapshot`: nothing but the snapshot, until it is answered.
 */
export class Progress {
  match: number;
  next: number;
  state: 'probe' | 'replicate' | 'snapshot' = 'probe';
  /** The index of the snapshot on its way. */
  pendingSnapshot = 0;
  /** Heard from since the leader last counted who is there. */
  isActive: boolean;
  #isProbeSent = false;
  /** Last indexes of the appends in flight, oldest first. */
  #inflight: number[] = [];

  constructor({ match, next, isActive }: { match: number; next: number; isActive: boolean }) {
    this.match = match;
    this.next = next;
    this.isActive = isActive;
  }

  get isPaused(): boolean {
    if (this.state === 'snapshot') return true;
    return this.state === 'probe' ? this.#isProbeSent : this.#inflight.length >= inflightMax;
  }

  becomeProbe(): void {
    this.next = this.state === 'snapshot' ? Math.max(this.match + 1, this.pendingSnapshot + 1) : this.match + 1;
    this.#enter('probe');
  }

  /** The snapshot is lost: find out again what the follower has. */
  abandonSnapshot(): void {
    this.pendingSnapshot = 0;
    this.becomeProbe();
  }

  becomeReplicate(): void {
    this.next = this.match + 1;
    this.#enter('replicate');
  }

  becomeSnapshot(index: number): void {
    this.#enter('snapshot');
    this.pendingSnapshot = index;
  }

  sent(entries: number, lastIndex: number): void {
    if (this.state === 'replicate' && entries > 0) {
      this.next = lastIndex + 1;
      this.#inflight.push(lastIndex);
    } else if (this.state === 'probe') this.#isProbeSent = true;
  }

  /** Whether the answer to an append says anything new. */
  maybeUpdate(index: number): boolean {
    const isNew = index > this.match;
    if (isNew) {
      this.match = index;
      this.#isProbeSent = false;
    }
    this.next = Math.max(this.next, index + 1);
    return isNew;
  }

  /** An append was refused: step back, unless the refusal is stale. */
  maybeDecrease(rejected: number, hint: number): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      return true;
    }
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
    this.#isProbeSent = false;
    return true;
  }

  free(index: number): void {
    let count = 0;
    while (count < this.#inflight.length && (this.#inflight[count] as number) <= index) count++;
    if (count > 0) this.#inflight.splice(0, count);
  }

  /** A heartbeat was answered: the connection is there, so one more append may be tried. */
  resume(): void {
    this.#isProbeSent = false;
    if (this.state === 'replicate' && this.#inflight.length >= inflightMax) this.#inflight.shift();
  }

  #enter(state: Progress['state']): void {
    this.state = state;
    this.#isProbeSent = false;
    this.pendingSnapshot = 0;
    this.#inflight = [];
  }
}
