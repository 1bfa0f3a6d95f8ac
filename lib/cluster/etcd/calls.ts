import { assert, type Json } from '@/lib/base';
import type { Etcd, KeyValue, PutOptions, Revision } from './kv';

/** `put` and `deleteRange` are transactions of one operation. */

export function putThrough(
  etcd: Pick<Etcd, 'txn'>,
  key: string,
  value: Json,
  options: PutOptions,
): { revision: Revision; prevKv?: KeyValue } {
  const { responses, revision } = etcd.txn({ compare: [], success: [{ type: 'put', key, value, ...options }], failure: [] });
  const response = responses[0];
  return response?.type === 'put' && response.prevKv ? { revision, prevKv: response.prevKv } : { revision };
}

export function deleteThrough(etcd: Pick<Etcd, 'txn'>, key: string, { end }: { end?: string }): { deleted: number; revision: Revision } {
  const { responses, revision } = etcd.txn({
    compare: [],
    success: [{ type: 'delete-range', key, ...(end === undefined ? {} : { end }) }],
    failure: [],
  });
  const response = responses[0];
  assert(response?.type === 'delete-range', 'a delete answers a delete');
  return { deleted: response.deleted, revision };
}
