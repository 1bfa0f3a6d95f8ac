export { Backoff } from './backoff';
export { apiVersionOf, Client, collectionPath, ignoreNotFound, kubernetesVersion, objectPath } from './client';
export type {
  ClientOptions,
  DeleteOptions,
  ListOptions,
  ObjectName,
  PatchOptions,
  ResourceRef,
  WatchRequestOptions,
  WriteOptions,
} from './client';
export { electLeader, failToStart, identityOf, serveHealth } from './component';
export { conditionsPatch } from './conditions';
export { EventRecorder, eventRef, type EventRecorderOptions, type EventSubject, type EventText } from './event-recorder';
export { Informer, InformerFactory, whenAllSynced, type InformerHandler, type InformerOptions, type Lister } from './informer';
export { fastWatchLatency, realisticWatchLatency, type WatchLatency } from './latency';
export { LeaderElection, leaseRef, type LeaderElectionOptions } from './leader-election';
export { done, requeueAfter, WorkQueue, type Outcome, type WorkQueueOptions } from './work-queue';
export { ignored, ignoredComponentFlags, ignoredFlags, parseFlags, readDuration, type Flag, type Flags, type ParsedFlags } from './flags';
