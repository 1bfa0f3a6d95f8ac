import { EtcdError, type Etcd } from '../etcd';
import type { Entry, Kernel } from '../kernel';

const revisionKey = 'compact_rev_key';

/** `--etcd-compaction-interval`. What a learner looks back at is kept elsewhere (`../history`). */
export const defaultCompactionIntervalMs = 300_000;

/** What the key said when it was last looked at: how often it was written, and the revision it holds. */
interface Kept {
  readonly times: number;
  readonly revision: number;
}

/**
 * Forgets etcd's history that is older than one to two intervals (`storage/etcd3/compact.go`). Of several API servers one does it:
 * whoever is first to write the current revision under the key compacts at the one that was there before. Rounds are at multiples of
 * the interval, and a server that starts reads the revision back, so that a sandbox taken up again every few minutes is compacted too.
 */
export class Compactor {
  readonly #kernel: Kernel;
  readonly #etcd: Etcd;
  readonly #intervalMs: number;
  #kept: Kept | undefined;
  #next: Entry | undefined;

  constructor({ kernel, etcd, intervalMs = defaultCompactionIntervalMs }: { kernel: Kernel; etcd: Etcd; intervalMs?: number | undefined }) {
    this.#kernel = kernel;
    this.#etcd = etcd;
    this.#intervalMs = intervalMs;
    if (intervalMs <= 0) return;
    this.#attempt(() => void (this.#kept = this.#look()));
    this.#schedule();
  }

  stop(): void {
    this.#next?.cancel();
  }

  #schedule(): void {
    const delayMs = this.#intervalMs - (this.#kernel.now % this.#intervalMs);
    this.#next = this.#kernel.schedule({
      delayMs,
      actor: 'kube-apiserver',
      what: 'compact etcd',
      background: true,
      run: () => {
        this.#schedule();
        this.#attempt(() => this.#compact());
      },
    });
  }

  /** etcd may be away, or somebody else may have compacted further. */
  #attempt(round: () => void): void {
    try {
      round();
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
    }
  }

  #compact(): void {
    if (!this.#kept) return void (this.#kept = this.#look());
    const { times, revision } = this.#kept;
    const current = this.#etcd.revision;
    const { succeeded } = this.#etcd.txn({
      compare: [{ key: revisionKey, target: 'version', result: '=', operand: times }],
      success: [{ type: 'put', key: revisionKey, value: String(current) }],
      failure: [],
    });
    this.#kept = succeeded ? { times: times + 1, revision: current } : this.#look();
    if (succeeded && revision > 0) this.#etcd.compact(revision);
  }

  #look(): Kept {
    const found = this.#etcd.range(revisionKey).kvs[0];
    return found ? { times: found.version, revision: Number(found.value) } : { times: 0, revision: 0 };
  }
}
