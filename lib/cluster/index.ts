export * from './api';
export type { ClusterOptions, ClusterSnapshot, StoreChange, Topology } from './cluster-types';
export { instant, Kernel, rfc3339, type Disk, type Instant, type TraceEntry } from './kernel';
export type { ClusterView, EventView, NodeView, PodView, ServiceView, WorkloadView } from './view';
