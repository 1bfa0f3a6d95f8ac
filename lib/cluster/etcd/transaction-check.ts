import { compareBytes } from '@/lib/base';
import { EtcdError, type Operation, type Txn } from './kv';

/** `--max-txn-ops`. */
const operationsMax = 128;

/** Refuses what `etcdserver/api/v3rpc/key.go` refuses before anything is proposed. */
export function checkTransaction(txn: Txn): void {
  checkRequests(txn, operationsMax);
  for (const branch of [txn.success, txn.failure]) {
    const [only] = branch;
    if (branch.length > 1 || only?.type === 'txn') checkOverlap(branch);
  }
}

/** What a transaction holds in its longest part, those in it may hold no more. */
function checkRequests({ compare, success, failure }: Txn, max: number): void {
  const longest = Math.max(compare.length, success.length, failure.length);
  if (longest > max) throw new EtcdError('InvalidArgument', 'etcdserver: too many operations in txn request');
  for (const { key, end } of compare) checkKey(key, end);
  for (const branch of [success, failure]) {
    for (const operation of branch) {
      if (operation.type === 'txn') checkRequests(operation.txn, max - longest);
      else if (operation.type === 'put') checkPut(operation);
      else checkKey(operation.key, operation.end);
    }
  }
}

function checkPut({ key, lease, ignoreLease }: Extract<Operation, { type: 'put' }>): void {
  checkKey(key);
  if (ignoreLease && lease) throw new EtcdError('InvalidArgument', 'etcdserver: lease is provided');
}

/** The empty key stands only for the beginning of the keyspace. */
function checkKey(key: string, end?: string): void {
  if (key === '' && end === undefined) throw new EtcdError('InvalidArgument', 'etcdserver: key is not provided');
}

interface Writes {
  readonly puts: readonly string[];
  readonly deletes: readonly { readonly key: string; readonly end: string | undefined }[];
}

/** No key may be put twice, nor put and deleted, by operations that happen together. The branches of a nested transaction do not. */
function checkOverlap(branch: readonly Operation[]): Writes {
  let together: Writes = { puts: [], deletes: [] };
  for (const operation of branch) {
    const writes = writesOf(operation);
    if (collide(together, writes)) throw new EtcdError('InvalidArgument', 'etcdserver: duplicate key given in txn request');
    together = { puts: [...together.puts, ...writes.puts], deletes: [...together.deletes, ...writes.deletes] };
  }
  return together;
}

function writesOf(operation: Operation): Writes {
  switch (operation.type) {
    case 'put':
      return { puts: [operation.key], deletes: [] };
    case 'delete-range':
      return { puts: [], deletes: [{ key: operation.key, end: operation.end }] };
    case 'txn': {
      const success = checkOverlap(operation.txn.success);
      const failure = checkOverlap(operation.txn.failure);
      return { puts: [...success.puts, ...failure.puts], deletes: [...success.deletes, ...failure.deletes] };
    }
    default:
      return { puts: [], deletes: [] };
  }
}

function collide(left: Writes, right: Writes): boolean {
  return (
    right.puts.some((key) => left.puts.includes(key) || left.deletes.some((range) => isWithin(range, key))) ||
    right.deletes.some((range) => left.puts.some((key) => isWithin(range, key)))
  );
}

function isWithin({ key, end }: Writes['deletes'][number], candidate: string): boolean {
  if (end === undefined) return candidate === key;
  return compareBytes(candidate, key) >= 0 && (end === '\0' || compareBytes(candidate, end) < 0);
}
