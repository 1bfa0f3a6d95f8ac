import type { Brand, Json } from '@/lib/base';
import type { MvccSnapshot } from './mvcc';

/** etcd's main revision: the whole store's count of write transactions. A fresh store is at 1. */
export type Revision = Brand<number, 'Revision'>;

/** A key with its value and history, as `mvccpb.KeyValue`. Values are frozen plain data, not bytes (docs/fidelity.md). */
export interface KeyValue {
  readonly key: string;
  readonly value: Json;
  /** The revision of the put that brought the key to life, of the last put, and how many puts since it came to life. */
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  readonly version: number;
  /** The lease the key is attached to; 0 for none. */
  readonly lease: number;
}

export interface RangeOptions {
  /** End of the half-open range [key, end); absent means the one key. `prefixEnd(key)` ranges over a prefix; `'\0'` means to the end of the keyspace. */
  end?: string;
  /** Read the store as it was at this revision; absent or 0 means now. */
  revision?: number;
  limit?: number;
  keysOnly?: boolean;
  countOnly?: boolean;
  order?: 'ascend' | 'descend';
  /** What `order` is by; the key when absent. */
  sortBy?: 'key' | 'version' | 'create' | 'mod' | 'value';
  minModRevision?: number;
  maxModRevision?: number;
  minCreateRevision?: number;
  maxCreateRevision?: number;
  /** Answered by the member asked, without asking whether it is still up to date. */
  serializable?: boolean;
}

export interface RangeResponse {
  readonly kvs: readonly KeyValue[];
  /** How many keys are in the range, whatever `limit` says. */
  readonly count: number;
  readonly more: boolean;
  /** The store's revision when it was read. */
  readonly revision: Revision;
}

export type Compare = {
  readonly key: string;
  readonly end?: string;
  readonly target: 'version' | 'create' | 'mod' | 'value' | 'lease';
  readonly result: '=' | '!=' | '>' | '<';
  readonly operand: Json;
};

export type Operation =
  | ({ readonly type: 'range'; readonly key: string } & RangeOptions)
  | ({ readonly type: 'put'; readonly key: string; readonly value: Json } & PutOptions)
  | { readonly type: 'delete-range'; readonly key: string; readonly end?: string; readonly prevKv?: boolean }
  | { readonly type: 'txn'; readonly txn: Txn };

export interface PutOptions {
  /** The lease that the key lives by; 0 for none. */
  readonly lease?: number;
  readonly prevKv?: boolean;
  /** Keep the value that is there (`etcdctl put --ignore-value`), or the lease. */
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}

/** If every compare holds, do `success`, else `failure`; all at one revision. No key may be put twice. */
export interface Txn {
  readonly compare: readonly Compare[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

export type OperationResponse =
  | ({ readonly type: 'range' } & RangeResponse)
  | { readonly type: 'put'; readonly prevKv?: KeyValue }
  | { readonly type: 'delete-range'; readonly deleted: number; readonly prevKvs: readonly KeyValue[] }
  | ({ readonly type: 'txn' } & TxnResponse);

export interface TxnResponse {
  readonly succeeded: boolean;
  readonly responses: readonly OperationResponse[];
  readonly revision: Revision;
}

/** One change of one key. A `delete` carries a kv with only key and modRevision meant, its value null. */
export interface WatchEvent {
  readonly type: 'put' | 'delete';
  readonly kv: KeyValue;
  readonly prevKv?: KeyValue;
}

/** All changes of one revision that a watcher asked for; none at all is a progress notification: nothing is missing up to `revision`. */
export interface WatchResponse {
  readonly revision: Revision;
  readonly events: readonly WatchEvent[];
}

export interface WatchOptions {
  end?: string;
  /** The first revision wanted; absent means from now on. Throws `EtcdError` OutOfRange when it is compacted. */
  startRevision?: number;
  prevKv?: boolean;
  /** What the watcher does not want to hear of. */
  filters?: readonly ('noput' | 'nodelete')[];
  /** Hear from time to time that nothing was missed. */
  progressNotify?: boolean;
  /** The server ends the watch: the revisions it still wants are compacted away. */
  onCancel?: (compactedRevision: Revision) => void;
}

/**
 * What an API server asks of etcd, and all of it: `etcdserverpb.KV` and `Watch`. Calls complete or throw `EtcdError`.
 * Watch responses are handed over inside the call that commits them, in revision order, each revision once;
 * whoever relays them adds the network's latency.
 */
export interface Etcd {
  readonly revision: Revision;
  /** -1 before the first compaction. */
  readonly compactedRevision: Revision;
  range(key: string, options?: RangeOptions): RangeResponse;
  put(key: string, value: Json, options?: PutOptions): { revision: Revision; prevKv?: KeyValue };
  deleteRange(key: string, options?: { end?: string }): { deleted: number; revision: Revision };
  txn(txn: Txn): TxnResponse;
  compact(revision: number): void;
  /** Returns the function that cancels the watch. */
  watch(key: string, options: WatchOptions, onResponse: (response: WatchResponse) => void): () => void;
}

export interface LeaseStatus {
  readonly lease: number;
  /** Seconds left; -1 when there is no such lease. */
  readonly ttl: number;
  readonly grantedTtl: number;
  readonly keys: readonly string[];
}

export type Alarm = 'NOSPACE' | 'CORRUPT';

export interface RaisedAlarm {
  readonly member: string;
  readonly alarm: Alarm;
}

/** One row of `etcdctl member list`. */
export interface MemberInfo {
  /** Sixteen hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

/** One row of `etcdctl endpoint status`. */
export interface MemberStatus {
  readonly clusterId: string;
  readonly member: string;
  readonly version: string;
  readonly storageVersion: string;
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  readonly dbSizeQuota: number;
  readonly leader: string | undefined;
  readonly isLearner: boolean;
  readonly term: number;
  readonly raftIndex: number;
  readonly appliedIndex: number;
  readonly errors: readonly string[];
  readonly revision: Revision;
}

/** What every response of etcd carries. */
export interface ResponseHeader {
  readonly clusterId: string;
  readonly memberId: string;
  readonly revision: Revision;
  readonly term: number;
}

/** Who calls: by a token of `authenticate`, else by the common name of the certificate that the client brought. */
export interface Caller {
  readonly token?: string;
  readonly commonName?: string;
}

export type PermissionType = 'READ' | 'WRITE' | 'READWRITE';

/** What a role may do with a key, or with the keys up to `end` (`\0`: all from `key` on). */
export interface Permission {
  readonly type: PermissionType;
  readonly key: string;
  readonly end?: string;
}

/** `etcdserverpb.Auth`. */
export type AuthRequest =
  | { readonly type: 'enable' | 'disable' | 'status' | 'user-list' | 'role-list' }
  | { readonly type: 'authenticate'; readonly name: string; readonly password: string }
  | { readonly type: 'user-add'; readonly name: string; readonly password: string; readonly hasNoPassword?: boolean }
  | { readonly type: 'user-get' | 'user-delete'; readonly name: string }
  | { readonly type: 'user-change-password'; readonly name: string; readonly password: string }
  | { readonly type: 'user-grant-role' | 'user-revoke-role'; readonly name: string; readonly role: string }
  | { readonly type: 'role-add' | 'role-get' | 'role-delete'; readonly role: string }
  | { readonly type: 'role-grant-permission'; readonly role: string; readonly permission?: Permission }
  | { readonly type: 'role-revoke-permission'; readonly role: string; readonly key: string; readonly end?: string };

/** The parts that the request asked for. */
export interface AuthResponse {
  readonly isEnabled?: boolean;
  readonly revision?: number;
  readonly token?: string;
  /** Of users or roles. */
  readonly names?: readonly string[];
  readonly permissions?: readonly Permission[];
}

/**
 * Everything a member serves on its client port: KV and Watch as above, Lease, Maintenance, Cluster and Auth (`etcdserverpb.Lease` and so on).
 * What changes the group's state needs a quorum and throws `EtcdError` Unavailable without one.
 */
export interface EtcdServer extends Etcd {
  header(): ResponseHeader;
  /** `lease` 0 or absent lets the server choose the id. Times are in seconds. */
  leaseGrant(ttl: number, lease?: number): { lease: number; ttl: number };
  leaseRevoke(lease: number): { revision: Revision };
  /** Throws NotFound when it has expired. */
  leaseKeepAlive(lease: number): { lease: number; ttl: number };
  leaseTimeToLive(lease: number): LeaseStatus;
  leases(): readonly number[];
  status(): MemberStatus;
  /** Of this member alone. */
  hashKv(revision?: number): { hash: number; hashRevision: Revision; compactRevision: Revision };
  /** Gives back what compaction freed; this member alone. */
  defragment(): void;
  alarms(): readonly RaisedAlarm[];
  alarmDisarm(): readonly RaisedAlarm[];
  moveLeader(to: string): void;
  /** As the group has agreed, which takes a quorum, unless what this member knows will do. */
  members(options?: { readonly serializable?: boolean }): readonly MemberInfo[];
  memberAdd(name: string, peerUrls: readonly string[], isLearner: boolean): MemberInfo;
  memberRemove(id: string): void;
  memberPromote(id: string): void;
  memberUpdate(id: string, peerUrls: readonly string[]): void;
  /** A consistent copy of the store, as `etcdctl snapshot save` writes it. */
  snapshot(): MvccSnapshot;
  auth(request: AuthRequest): AuthResponse;
}

/** An error of etcd's gRPC API, with etcd's own sentence. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  readonly code:
    | 'OutOfRange'
    | 'InvalidArgument'
    | 'Unavailable'
    | 'ResourceExhausted'
    | 'NotFound'
    | 'FailedPrecondition'
    | 'PermissionDenied'
    | 'Unauthenticated'
    /** An error that etcd has no code for. */
    | 'Unknown';

  /** The call would have lasted so long, and until then succeeded with a leader if nothing of it was proposed. */
  readonly hangs: { readonly forMs: number; readonly isRepeatable: boolean } | undefined;

  constructor(code: EtcdError['code'], message: string, hangs?: EtcdError['hangs']) {
    super(message);
    this.code = code;
    this.hangs = hangs;
  }
}
