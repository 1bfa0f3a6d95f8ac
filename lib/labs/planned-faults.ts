import type { Cluster, Instant } from '@/lib/cluster';
import { happen } from '@/lib/grading';
import type { PlannedFault } from './lab';

export interface PlannedFaultsSnapshot {
  readonly beganAt: Instant;
  /** Those that have happened, by their place in lab.yaml. */
  readonly done: readonly number[];
}

export interface PlannedFaultsOptions {
  readonly cluster: Cluster;
  readonly faults: readonly PlannedFault[];
  readonly kept?: PlannedFaultsSnapshot | undefined;
  /** Told just before it happens, so that it is kept with what it does. */
  onDone(index: number): void;
}

/** The faults that lab.yaml plans: each happens once, at its time since the attempt began, however often the session was restored in between. */
export class PlannedFaults {
  readonly #options: PlannedFaultsOptions;
  /** Unset until the attempt begins: its lab's setup is played before. */
  #beganAt: Instant | undefined;
  readonly #done: Set<number>;

  constructor(options: PlannedFaultsOptions) {
    this.#options = options;
    this.#beganAt = options.kept?.beganAt;
    this.#done = new Set(options.kept?.done);
  }

  /** Schedules those still to come; what should have happened by now happens at once. */
  arm(): void {
    const beganAt = (this.#beganAt ??= this.#options.cluster.now);
    for (const [index, fault] of this.#options.faults.entries()) if (!this.#done.has(index)) this.#schedule(index, fault, beganAt);
  }

  snapshot(): PlannedFaultsSnapshot {
    return { beganAt: this.#beganAt ?? this.#options.cluster.now, done: [...this.#done] };
  }

  #schedule(index: number, fault: PlannedFault, beganAt: Instant): void {
    const { cluster } = this.#options;
    cluster.kernel.schedule({
      delayMs: Math.max(0, beganAt + fault.at - cluster.now),
      actor: 'lab',
      what: 'fault',
      background: true,
      run: () => this.#happen(index, fault),
    });
  }

  #happen(index: number, fault: PlannedFault): void {
    const { cluster, onDone } = this.#options;
    this.#done.add(index);
    onDone(index);
    happen(cluster, fault);
  }
}
