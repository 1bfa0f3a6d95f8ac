import { deepFreeze, type Json, type JsonObject } from '@/lib/base';
import type { Etcd, KeyValue, OperationResponse, RangeResponse, WatchEvent } from '../etcd';

/**
 * etcd as the API server reads it: an object that somebody wrote past it, as text, is decoded as JSON (`runtime/serializer/recognizer`).
 * What is no object of any kind is not there for it; real ones fail the lists it is in until it is deleted (docs/fidelity.md).
 */
export function decodingText(etcd: Etcd): Etcd {
  return {
    get revision() {
      return etcd.revision;
    },
    get compactedRevision() {
      return etcd.compactedRevision;
    },
    range: (key, options) => decodedRange(etcd.range(key, options)),
    put: (key, value, options) => etcd.put(key, value, options),
    deleteRange: (key, options) => etcd.deleteRange(key, options),
    txn: (txn) => {
      const response = etcd.txn(txn);
      return response.responses.some(isRange) ? { ...response, responses: response.responses.map(decodedResponse) } : response;
    },
    compact: (revision) => etcd.compact(revision),
    watch: (key, options, onResponse) =>
      etcd.watch(key, options, (response) =>
        onResponse(response.events.some(isTextual) ? { ...response, events: response.events.flatMap(decodedEvent) } : response),
      ),
  };
}

function isText({ key, value }: KeyValue): boolean {
  return typeof value === 'string' && key.startsWith('/registry/');
}

function isTextual({ kv, prevKv }: WatchEvent): boolean {
  return isText(kv) || (prevKv !== undefined && isText(prevKv));
}

function decodedRange<R extends RangeResponse>(response: R): R {
  return response.kvs.some(isText) ? { ...response, kvs: response.kvs.flatMap(decoded) } : response;
}

function isRange({ type }: OperationResponse): boolean {
  return type === 'range';
}

function decodedResponse(response: OperationResponse): OperationResponse {
  return response.type === 'range' ? decodedRange(response) : response;
}

function decodedEvent({ type, kv, prevKv: before }: WatchEvent): readonly WatchEvent[] {
  const prevKv = before && decoded(before)[0];
  const [now] = decoded(kv);
  if (type === 'put' && now) return [{ type, kv: now, ...(prevKv ? { prevKv } : {}) }];
  // An object that rubbish took the place of is gone.
  const gone = { ...kv, value: null, version: 0 };
  return prevKv ? [{ type: 'delete', kv: gone, prevKv }] : [];
}

function decoded(kv: KeyValue): readonly KeyValue[] {
  if (!isText(kv)) return [kv];
  const value = parse(kv.value as string);
  return value ? [{ ...kv, value: deepFreeze(value) }] : [];
}

function parse(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) && isObject(value['metadata'] as Json) && typeof value['kind'] === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
