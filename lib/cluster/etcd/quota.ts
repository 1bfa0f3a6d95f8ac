import { roughBytes, type Json, type JsonObject } from '@/lib/base';
import type { Operation, Txn } from './kv';
import type { MvccStore } from './mvcc';

/** What a store that is taken up again may grow by before it is counted for the first time. */
const uncountedBytes = 2 ** 20;

/**
 * How much more a store may hold (`etcdserver/api/v3rpc/quota.go`). To count a store takes as long as to write it down, so what is written
 * is reckoned as it comes, and the store is counted only when by that reckoning it might be full: what compaction gave back shows then.
 */
export class Quota {
  /** Infinity means none. */
  readonly bytes: number;
  readonly #store: MvccStore;
  /** What may be written before the store has to be counted. */
  #left: number;
  #keepsCount = false;
  #reckoned: Txn | undefined;
  #reckonedBytes = 0;

  /** `isResumed`: a copy of a running cluster goes on, which must cost next to nothing. */
  constructor({ store, bytes, isResumed }: { readonly store: MvccStore; readonly bytes: number; readonly isResumed: boolean }) {
    this.#store = store;
    this.bytes = bytes;
    this.#left = isResumed ? Math.min(uncountedBytes, bytes / 64) : 0;
  }

  /** Whether what a transaction may write still fits. */
  hasRoomFor(txn: Txn): boolean {
    const bytes = this.#bytesOf(txn);
    if (bytes <= this.#left || bytes === 0) return true;
    this.#left = this.bytes - this.#count();
    return bytes <= this.#left;
  }

  /** A transaction was applied, whoever proposed it. */
  spend(txn: Txn): void {
    this.#left -= this.#bytesOf(txn);
  }

  /** The store has become another one. */
  forget(): void {
    this.#left = 0;
  }

  /** A store that was counted once keeps count, which is dear; until it is half full a copy is counted instead. */
  #count(): number {
    if (!this.#keepsCount) {
      const { inUse } = this.#store.fork().size;
      this.#keepsCount = inUse > this.bytes / 2;
      if (!this.#keepsCount) return inUse;
    }
    return this.#store.size.file;
  }

  #bytesOf(txn: Txn): number {
    if (txn !== this.#reckoned) {
      this.#reckoned = txn;
      this.#reckonedBytes = reckonTxn(txn);
    }
    return this.#reckonedBytes;
  }
}

function reckonTxn({ success, failure }: Txn): number {
  return Math.max(reckonAll(success), reckonAll(failure));
}

function reckonAll(operations: readonly Operation[]): number {
  let bytes = 0;
  for (const operation of operations) {
    if (operation.type === 'put') bytes += operation.key.length + versionBytes + bytesOfValue(operation.value);
    else if (operation.type === 'txn') bytes += reckonTxn(operation.txn);
  }
  return bytes;
}

function bytesOfValue(value: Json): number {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return roughBytes(value);
  const fields = value as JsonObject;
  const { metadata } = fields;
  if (metadata === undefined || !Object.isFrozen(metadata)) return roughBytes(value);
  let bytes = 3;
  for (const name in fields) bytes += name.length + 3 + (name === 'metadata' ? bytesOfMetadata(metadata) : roughBytes(fields[name]));
  return bytes;
}

/** Heartbeats keep the metadata there was, which is most of what they are. */
function bytesOfMetadata(metadata: Json): number {
  if (typeof metadata !== 'object' || metadata === null) return roughBytes(metadata);
  const known = counted.get(metadata);
  if (known !== undefined) return known;
  const bytes = roughBytes(metadata);
  counted.set(metadata, bytes);
  return bytes;
}

const counted = new WeakMap<object, number>();

/** What a version takes beside its key and value. */
const versionBytes = 64;
