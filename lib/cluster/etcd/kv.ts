import type { Brand, Json } from '@/lib/base';

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
  | { readonly type: 'put'; readonly key: string; readonly value: Json; readonly lease?: number; readonly prevKv?: boolean }
  | { readonly type: 'delete-range'; readonly key: string; readonly end?: string; readonly prevKv?: boolean }
  | { readonly type: 'txn'; readonly txn: Txn };

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

/** All changes of one revision that a watcher asked for. */
export interface WatchResponse {
  readonly revision: Revision;
  readonly events: readonly WatchEvent[];
}

export interface WatchOptions {
  end?: string;
  /** The first revision wanted; absent means from now on. Throws `EtcdError` OutOfRange when it is compacted. */
  startRevision?: number;
  prevKv?: boolean;
}

/**
 * What an API server asks of etcd, and all of it: `etcdserverpb.KV` and `Watch`. Calls complete or throw `EtcdError`.
 * Watch responses are handed over inside the call that commits them, in revision order, each revision once;
 * whoever relays them adds the network's latency.
 */
export interface Etcd {
  readonly revision: Revision;
  readonly compactedRevision: Revision;
  range(key: string, options?: RangeOptions): RangeResponse;
  put(key: string, value: Json, options?: { lease?: number }): { revision: Revision };
  deleteRange(key: string, options?: { end?: string }): { deleted: number; revision: Revision };
  txn(txn: Txn): TxnResponse;
  compact(revision: number): void;
  /** Returns the function that cancels the watch. */
  watch(key: string, options: WatchOptions, onResponse: (response: WatchResponse) => void): () => void;
}

/** An error of etcd's gRPC API, with etcd's own sentence. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  readonly code: 'OutOfRange' | 'InvalidArgument' | 'Unavailable' | 'ResourceExhausted' | 'NotFound' | 'FailedPrecondition';

  constructor(code: EtcdError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
