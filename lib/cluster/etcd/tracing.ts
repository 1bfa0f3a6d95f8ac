import type { Json } from '@/lib/base';
import type { Kernel } from '../kernel';
import type { Operation } from './kv';
import type { MvccCommit } from './mvcc';
import type { Request } from './request';

/** A request as a line of the trace: `txn /registry/pods/default/web`. */
export function summaryOf(request: Request): string {
  if (request.type !== 'txn') return request.type;
  const first = request.txn.success[0] ?? request.txn.failure[0];
  return first ? `txn ${keyOf(first)}` : 'txn';
}

function keyOf(operation: Operation): string {
  return operation.type === 'txn' ? 'of transactions' : operation.key;
}

/** Records that a member's store made a change. */
export function recordCommit(kernel: Kernel, actor: string, { revision, events }: MvccCommit): number {
  const event = events[0];
  const object = event && objectName(event.type === 'put' ? event.kv.value : (event.prevKv?.value ?? null));
  return kernel.record('commit', actor, event ? `${event.type} ${event.kv.key}` : 'nothing', { object, revision });
}

/** `Pod/default/web`, where a value is an object of the API. */
function objectName(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, metadata } = value as { kind?: unknown; metadata?: { name?: unknown; namespace?: unknown } };
  if (typeof kind !== 'string' || typeof metadata?.name !== 'string') return undefined;
  return typeof metadata.namespace === 'string' ? `${kind}/${metadata.namespace}/${metadata.name}` : `${kind}/${metadata.name}`;
}
