/** What a screen shows of a cluster: plain data, derived from API objects, small enough to send on every change. */
export interface ClusterView {
  readonly revision: number;
  /** Simulated milliseconds since the epoch. */
  readonly now: number;
  readonly nodes: readonly NodeView[];
  readonly pods: readonly PodView[];
  readonly workloads: readonly WorkloadView[];
  readonly services: readonly ServiceView[];
  /** Newest first, at most 50. */
  readonly events: readonly EventView[];
}

export interface NodeView {
  readonly name: string;
  readonly roles: readonly string[];
  /** The STATUS column of `kubectl get nodes`: `Ready`, `NotReady`, `Ready,SchedulingDisabled`. */
  readonly status: string;
  readonly isUp: boolean;
  readonly taints: readonly string[];
  readonly cpu: { readonly requestedMillis: number; readonly allocatableMillis: number };
  readonly memory: { readonly requestedBytes: number; readonly allocatableBytes: number };
  readonly podsMax: number;
}

export interface PodView {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly node: string | undefined;
  /** The STATUS column of `kubectl get pods`: `Running`, `ContainerCreating`, `CrashLoopBackOff`, `Terminating` … */
  readonly status: string;
  readonly isReady: boolean;
  readonly ready: string;
  readonly restarts: number;
  readonly ip: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** `ReplicaSet/web-7d4b9c6f58`, where something controls it. */
  readonly owner: string | undefined;
  /** The sentence of why it waits: the scheduler's, or the container's waiting message. */
  readonly reason: string | undefined;
}

export interface WorkloadView {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly desired: number;
  readonly ready: number;
  readonly upToDate: number;
  readonly owner: string | undefined;
}

export interface ServiceView {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly clusterIp: string;
  readonly ports: readonly string[];
  readonly selector: Readonly<Record<string, string>>;
  /** Ready endpoints, as `namespace/pod`. */
  readonly endpoints: readonly string[];
}

export interface EventView {
  readonly uid: string;
  readonly at: number;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly object: string;
  readonly source: string;
  readonly count: number;
}
