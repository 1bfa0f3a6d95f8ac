import { memo, type Json } from '@/lib/base';
import { nameOfMetadata, type Kernel } from '../kernel';
import type { Operation, WatchEvent } from './kv';
import type { MvccCommit } from './mvcc';
import type { Request } from './request';

/** A request as a line of the trace: `txn /registry/pods/default/web`. */
export function summaryOf(request: Request): string {
  if (request.type !== 'txn') return request.type;
  const { compare, success, failure } = request.txn;
  const first = success[0] ?? failure[0];
  if (!first) return 'txn';
  return compare[0]?.operand ? linesOf(keyOf(first)).txn : `txn ${keyOf(first)}`;
}

function keyOf(operation: Operation): string {
  return operation.type === 'txn' ? 'of transactions' : operation.key;
}

function lineOf({ type, kv }: WatchEvent): string {
  return kv.version > oftenWritten ? linesOf(kv.key).put : `${type} ${kv.key}`;
}

/** A key that was written more often than this will be again, as leases are. */
const oftenWritten = 16;

/** What is done to such a key: `put /registry/leases/kube-system/kube-scheduler`. */
const linesOf = memo((key) => ({ txn: `txn ${key}`, put: `put ${key}` }), { max: 512, lengthMax: 512 });

/** Records that a member's store made a change. */
export function recordCommit(kernel: Kernel, actor: string, { revision, events }: MvccCommit): number {
  const event = events[0];
  return kernel.record('commit', actor, event ? lineOf(event) : 'nothing', { object: event && nameOf(event), revision });
}

/** `Pod/default/web`, where a value is an object of the API. */
function nameOf({ type, kv, prevKv }: WatchEvent): string | undefined {
  const value: Json = type === 'put' ? kv.value : (prevKv?.value ?? null);
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, metadata } = value as { kind?: unknown; metadata?: Json };
  return typeof kind === 'string' && isNamed(metadata) ? nameOfMetadata(kind, metadata) : undefined;
}

function isNamed(metadata: unknown): metadata is { name: string; namespace?: string } {
  if (typeof metadata !== 'object' || metadata === null) return false;
  const { name, namespace } = metadata as { name?: unknown; namespace?: unknown };
  return typeof name === 'string' && (namespace === undefined || typeof namespace === 'string');
}
