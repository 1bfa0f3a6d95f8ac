import type { WatchEvent } from '../etcd';
import type { Instant, TraceKind } from '../kernel';

/** What made a change: an entry of the trace, kept as long as the change is. Its id counts within a generation of the cluster. */
export interface ChangeCause {
  readonly generation: number;
  readonly id: number;
  readonly kind: TraceKind;
  /** `you`, `kubelet/worker-1`. */
  readonly actor: string;
  /** `PATCH /apis/apps/v1/namespaces/default/deployments/web`. */
  readonly what: string;
}

/** All changes of one revision, with what was there before (`prevKv`) and is there after (`kv`). */
export interface Change {
  readonly revision: number;
  readonly at: Instant;
  readonly cause: ChangeCause | undefined;
  readonly events: readonly WatchEvent[];
  /** No key changed: a machine lost its power or got it back. */
  readonly power?: { readonly machine: string; readonly isUp: boolean };
  /** The store was put in place of the one before (`etcdutl snapshot restore`), which may have been at a higher revision. */
  readonly isRestore?: boolean;
}
