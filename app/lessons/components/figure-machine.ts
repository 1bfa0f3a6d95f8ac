import type { ClusterView } from '@/lib/cluster';

/** A cluster running in the reader's page, as a figure drives it. */
export interface FigureMachine {
  readonly now: number;
  view(): ClusterView;
  /** Lets real time go by. */
  advance(realMs: number): void;
  /** Runs one entry; what it was. */
  step(): Happening | undefined;
  runUntilIdle(): void;
  /** Types a command on the workstation; what it printed. */
  run(command: string): Promise<string>;
  /** Stops or starts a part of the control plane by moving its manifest, as one would on the node. */
  stop(component: string): void;
  start(component: string): void;
  /** What happened after entry `id`, oldest first. */
  happeningsSince(id: number): readonly Happening[];
}

export interface Happening {
  readonly id: number;
  readonly at: number;
  readonly actor: string;
  readonly what: string;
}
