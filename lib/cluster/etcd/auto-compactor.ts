import type { Entry, Kernel } from '../kernel';
import { EtcdError } from './kv';
import type { EtcdMember } from './member';

/** `--auto-compaction-mode` and `--auto-compaction-retention`: milliseconds or revisions that are kept; 0 keeps all. */
export interface AutoCompaction {
  readonly mode: 'periodic' | 'revision';
  readonly retention: number;
}

const hourMs = 3_600_000;
/** The revision compactor looks this often. */
const revisionMs = 300_000;
/** The periodic one notes the revision ten times in each of its intervals. */
const samplesPerInterval = 10;

/** Forgets history by itself, as `server/etcdserver/api/v3compactor` does: every member keeps account, and the leader compacts. */
export class AutoCompactor {
  readonly #options: AutoCompaction & { readonly kernel: Kernel; readonly name: string; readonly member: EtcdMember };
  #samples: number[] = [];
  #lastAt: number;
  #last = 0;
  #hasCompacted = false;
  #entry: Entry | undefined;

  constructor(options: AutoCompaction & { readonly kernel: Kernel; readonly name: string; readonly member: EtcdMember }) {
    this.#options = options;
    this.#lastAt = options.kernel.now;
  }

  start(): void {
    if (this.#options.retention > 0) this.#again();
  }

  stop(): void {
    this.#entry?.cancel();
  }

  #again(): void {
    const { kernel, name, mode, member, retention } = this.#options;
    if (mode === 'periodic') this.#samples = [...this.#samples, member.revision].slice(-this.#samplesMax);
    this.#entry = kernel.schedule({
      delayMs: mode === 'periodic' ? Math.max(1, Math.floor(this.#intervalMs / samplesPerInterval)) : revisionMs,
      actor: `etcd/${name}`,
      what: 'auto compaction',
      background: true,
      run: () => {
        if (member.isLeader) this.#compact(mode === 'periodic' ? this.#oldestSample() : member.revision - retention);
        this.#again();
      },
    });
  }

  get #intervalMs(): number {
    return Math.min(this.#options.retention, hourMs);
  }

  get #samplesMax(): number {
    return Math.floor(this.#options.retention / (this.#intervalMs / samplesPerInterval)) + 1;
  }

  /** The first compaction waits for the whole retention, later ones for an hour at most. */
  #oldestSample(): number {
    const waitMs = this.#hasCompacted ? this.#intervalMs : this.#options.retention;
    return this.#options.kernel.now - this.#lastAt < waitMs ? 0 : (this.#samples[0] as number);
  }

  #compact(revision: number): void {
    if (revision <= 0 || revision === this.#last) return;
    try {
      this.#options.member.compact(revision);
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      if (error.code !== 'OutOfRange') return;
    }
    [this.#last, this.#lastAt, this.#hasCompacted] = [revision, this.#options.kernel.now, true];
  }
}
