export {
  EtcdError,
  type Alarm,
  type AuthRequest,
  type AuthResponse,
  type Caller,
  type Compare,
  type Etcd,
  type EtcdServer,
  type KeyValue,
  type LeaseStatus,
  type MemberInfo,
  type MemberStatus,
  type Operation,
  type OperationResponse,
  type Permission,
  type RaisedAlarm,
  type ResponseHeader,
  type PutOptions,
  type RangeOptions,
  type RangeResponse,
  type Revision,
  type Txn,
  type TxnResponse,
  type WatchEvent,
  type WatchOptions,
  type WatchResponse,
} from './kv';
export { AutoCompactor, type AutoCompaction } from './auto-compactor';
export { defaultToken, initialCluster, memberOf, verifyBootstrap, verifyJoin, type InitialMember } from './initial-cluster';
export { EtcdMember, type Delivery, type EtcdMemberOptions, type PeerMessage } from './member';
export { MvccStore, type MvccCommit, type MvccEdit, type MvccSnapshot } from './mvcc';
export { readRestored, readSnapshotFile, restoredPath, walPath, writeRestored, writeSnapshotFile } from './snapshot-file';
export { emptyMember, firstMember, idOf, RaftDisk, type RaftChange, type RaftDiskSnapshot } from './raft-disk';
export { problemOfUrls } from './urls';
export { operationRevisions, revisionBefore } from './operation-revisions';
