import { EtcdError, type EtcdKeyValue, type EtcdServer, type EtcdWatchEvent } from '@/lib/cluster';
import { RpcError } from './grpc';
import type { Message } from './wire';

/** etcd's codes are gRPC's. */
export function translated<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof EtcdError) throw new RpcError(error.code, error.message);
    throw error;
  }
}

export function withHeader(server: EtcdServer, message: Message = {}): Message {
  const { clusterId, memberId, revision, term } = server.header();
  return { header: { cluster_id: clusterId, member_id: memberId, revision, raft_term: term }, ...message };
}

export function keyValueOf({ key, value, createRevision, modRevision, version, lease }: EtcdKeyValue): Message {
  return {
    key,
    create_revision: createRevision,
    mod_revision: modRevision,
    version,
    value: typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value),
    lease,
  };
}

export function eventOf({ type, kv, prevKv }: EtcdWatchEvent): Message {
  const shown = type === 'put' ? keyValueOf(kv) : { key: kv.key, mod_revision: kv.modRevision };
  return { type: type === 'put' ? 'PUT' : 'DELETE', kv: shown, ...(prevKv ? { prev_kv: keyValueOf(prevKv) } : {}) };
}
