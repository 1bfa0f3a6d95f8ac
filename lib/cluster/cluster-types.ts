import type { MvccCommit, MvccEdit, MvccSnapshot, RaftChange, RaftDiskSnapshot } from './etcd';
import type { ChangeCause, LedgerSnapshot } from './history';
import type { DiskChange, Instant } from './kernel';
import type { MachineSpec } from './machine';
import type { Json } from '@/lib/base';

export interface Topology {
  readonly controlPlanes: 1 | 2 | 3 | 4 | 5;
  readonly workers: number;
}

export interface ClusterOptions {
  readonly topology: Topology;
  readonly seed: string | number;
  /** How long stages take (image pull, container start, watch delivery …): `fast` for labs, `realistic` as measured on real nodes. */
  readonly latency?: 'fast' | 'realistic';
  readonly now?: Instant;
  /** Simulated time of history that etcd keeps at least, and at most twice; 0 keeps all of it. Five minutes when absent. */
  readonly etcdCompactionIntervalMs?: number;
  /** How much of the past is kept for looking back, however little etcd keeps; the oldest goes first. Eight MiB when absent, which is many labs. */
  readonly historyBytes?: number;
  /** What etcd may hold at most, also where its `--quota-backend-bytes` says more; its default of two GiB is all that bounds it when absent. */
  readonly etcdBytes?: number;
  /** Bearer tokens the API server accepts, as rows of kube-apiserver's `--token-auth-file`. */
  readonly tokens?: readonly { readonly token: string; readonly user: string; readonly uid: string; readonly groups: readonly string[] }[];
}

/** A whole cluster as plain data. Restoring it starts every component again from its store. */
export interface ClusterSnapshot {
  readonly format: 1;
  readonly options: ClusterOptions;
  readonly now: number;
  readonly seed: string;
  /** How often components have been started from stores; a restore adds one. */
  readonly generation: number;
  readonly world: readonly (readonly [string, Json])[];
  /** What changed before, for looking back. */
  readonly history?: LedgerSnapshot;
  readonly machines: readonly {
    readonly spec: MachineSpec;
    readonly isUp: boolean;
    readonly disk: readonly (readonly [string, Json])[];
    readonly etcd?: MvccSnapshot;
    readonly raft?: RaftDiskSnapshot;
  }[];
}

/** One change of a store: what the journal keeps between snapshots, in order. */
export type StoreChange =
  | { readonly type: 'disk'; readonly at: number; readonly change: DiskChange }
  /** Of several members that make the same commit, the first says what caused it. */
  | { readonly type: 'etcd'; readonly at: number; readonly machine: string; readonly commit: MvccCommit; readonly cause?: ChangeCause }
  | { readonly type: 'etcd-edit'; readonly at: number; readonly machine: string; readonly edit: MvccEdit }
  | { readonly type: 'raft'; readonly at: number; readonly machine: string; readonly change: RaftChange }
  /** A machine that was not there before, with nothing on its disk. */
  | { readonly type: 'machine'; readonly at: number; readonly spec: MachineSpec }
  | { readonly type: 'power'; readonly at: number; readonly machine: string; readonly isUp: boolean; readonly cause?: ChangeCause };
