import { compareBytes } from '@/lib/base';
import { EtcdError, type Operation, type Txn } from './kv';

/** `--max-txn-ops`. */
const operationsMax = 128;

/** Refuses what `etcdserver/api/v3rpc/key.go` refuses before anything is proposed. */
export function checkTransaction(txn: Txn): void {
  for (const branch of [txn.compare, txn.success, txn.failure]) {
    if (branch.length > operationsMax) throw new EtcdError('InvalidArgument', 'etcdserver: too many operations in txn request');
  }
  for (const { key } of txn.compare) checkKey(key);
  for (const branch of [txn.success, txn.failure]) checkBranch(branch);
}

function checkBranch(branch: readonly Operation[]): void {
  for (const operation of branch) {
    if (operation.type === 'txn') checkTransaction(operation.txn);
    else checkKey(operation.key, operation.type === 'range' || operation.type === 'delete-range' ? operation.end : undefined);
  }
  const [only] = branch;
  if (branch.length > 1 || only?.type === 'txn') checkOverlap(branch);
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
