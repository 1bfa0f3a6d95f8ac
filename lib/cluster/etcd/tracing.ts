import { memo, memoOfTwo, type Json } from '@/lib/base';
import { objectName, type Kernel } from '../kernel';
import type { Operation } from './kv';
import type { MvccCommit } from './mvcc';
import type { Request } from './request';

/** A request as a line of the trace: `txn /registry/pods/default/web`. */
export function summaryOf(request: Request): string {
  if (request.type !== 'txn') return request.type;
  const first = request.txn.success[0] ?? request.txn.failure[0];
  return first ? linesOf(keyOf(first)).txn : 'txn';
}

function keyOf(operation: Operation): string {
  return operation.type === 'txn' ? 'of transactions' : operation.key;
}

/** What may be done to a key: `put /registry/pods/default/web`. */
const linesOf = memo((key) => ({ txn: `txn ${key}`, put: `put ${key}`, delete: `delete ${key}` }), { max: 512, lengthMax: 512 });

/** Records that a member's store made a change. */
export function recordCommit(kernel: Kernel, actor: string, { revision, events }: MvccCommit): number {
  const event = events[0];
  const object = event && nameOf(event.type === 'put' ? event.kv.value : (event.prevKv?.value ?? null));
  return kernel.record('commit', actor, event ? linesOf(event.kv.key)[event.type] : 'nothing', { object, revision });
}

/** `Pod/default/web`, where a value is an object of the API. */
function nameOf(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, metadata } = value as { kind?: unknown; metadata?: { name?: unknown; namespace?: unknown } };
  if (typeof kind !== 'string' || typeof metadata?.name !== 'string') return undefined;
  return objectName(kind, typeof metadata.namespace === 'string' ? within(metadata.namespace, metadata.name) : metadata.name);
}

const within = memoOfTwo((namespace, name) => `${namespace}/${name}`, { max: 512, lengthMax: 256 });
