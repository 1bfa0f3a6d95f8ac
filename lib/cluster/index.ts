export * from './api';
export { readKubeconfig, type Endpoint } from './bootstrap/connect';
export { adminKubeconfig } from './bootstrap/install';
export { renderKubeconfig } from './bootstrap/kubeconfig';
export { parseTokenFile } from './bootstrap/token-file';
export { Cluster, type ClusterHosts, type Forkable } from './cluster';
export type { ClusterOptions, ClusterSnapshot, StoreChange, Topology } from './cluster-types';
export {
  EtcdError,
  operationRevisions,
  problemOfUrls,
  revisionBefore,
  writeSnapshotFile,
  type AuthRequest as EtcdAuthRequest,
  type Caller as EtcdCaller,
  type Compare as EtcdCompare,
  type EtcdServer,
  type KeyValue as EtcdKeyValue,
  type MemberInfo as EtcdMemberInfo,
  type Operation as EtcdOperation,
  type OperationResponse as EtcdOperationResponse,
  type RangeOptions as EtcdRangeOptions,
  type Txn as EtcdTxn,
  type WatchEvent as EtcdWatchEvent,
  type WatchOptions as EtcdWatchOptions,
} from './etcd';
export { HistoryTrimmedError, trimmedMessage, type HistoryReach, type ObjectChange } from './history';
export { instant, Kernel, rfc3339, type Disk, type Instant, type TraceEntry } from './kernel';
export type { Machine } from './machine';
export type { DnsAnswer, DnsQuery, HttpRequest, HttpResponse, HttpResult, Network, NetworkNamespace } from './network';
export { httpReasons, renderRuleset, rulesetPath, type Ruleset } from './network';
export {
  CriError,
  HostFiles,
  type Container,
  type ContainerRuntime,
  type ExecHost,
  type ExecRequest,
  type Files,
  type PodSandbox,
} from './runtime';
export type { ClusterView, EventView, NodeView, PodView, ServiceView, WorkloadView } from './view';
export { pastViewOf, viewOf } from './view-of';
export { PosixRegexp } from './images/applets/posix-regexp';
