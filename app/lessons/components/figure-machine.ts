import type { ClusterView } from '@/lib/cluster';

/** A cluster running in the reader's page, as a figure drives it. */
export interface FigureMachine {
  readonly now: number;
  view(): ClusterView;
  /** Lets real time go by. */
  advance(realMs: number): void;
  /** Goes on until something happened that is worth a line, heartbeats apart. */
  step(): void;
  runUntilIdle(): void;
  /** Types a command on the workstation; what it printed. Waits as the cluster's clock does. */
  run(command: string): Promise<string>;
  /** Does something to the machines themselves. */
  strike(blow: Blow): void;
  /** What happened after entry `id`, oldest first. */
  happeningsSince(id: number): readonly Happening[];
}

/** Stopping a part of the control plane moves its manifest away, as one would on the node. */
export type Blow =
  | { readonly type: 'stop'; readonly component: string }
  | { readonly type: 'start'; readonly component: string }
  | { readonly type: 'crash'; readonly machine: string }
  | { readonly type: 'boot'; readonly machine: string };

export interface Happening {
  readonly id: number;
  readonly at: number;
  readonly kind: 'write' | 'reconcile' | 'runtime' | 'packet' | 'fault';
  readonly actor: string;
  readonly what: string;
}
