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

interface Range {
  readonly key: string;
  readonly end: string | undefined;
}

interface Writes {
  readonly puts: ReadonlySet<string>;
  readonly deletes: readonly Range[];
}

/**
 * No key may be put twice, nor put and deleted, by operations that happen together (checkIntervals). The branches of a nested transaction do not happen
 * together. What one of them puts, another that comes after may delete, as upstream sees what is deleted in their order.
 */
function checkOverlap(branch: readonly Operation[]): Writes {
  const puts = new Set<string>();
  const deletes: Range[] = branch.flatMap((operation) =>
    operation.type === 'delete-range' ? [{ key: operation.key, end: operation.end }] : [],
  );
  for (const operation of branch) {
    if (operation.type !== 'txn') continue;
    const branches = [checkOverlap(operation.txn.success), checkOverlap(operation.txn.failure)];
    const nested = new Set(branches.flatMap((writes) => [...writes.puts]));
    for (const key of nested) addPut(key, puts, deletes);
    for (const writes of branches) deletes.push(...writes.deletes);
  }
  for (const operation of branch) if (operation.type === 'put') addPut(operation.key, puts, deletes);
  return { puts, deletes };
}

function addPut(key: string, puts: Set<string>, deletes: readonly Range[]): void {
  if (puts.has(key) || deletes.some((range) => isWithin(range, key)))
    throw new EtcdError('InvalidArgument', 'etcdserver: duplicate key given in txn request');
  puts.add(key);
}

/** A range to the end of the keyspace is no obstacle: its end, one zero, is taken for the key that it is. */
function isWithin({ key, end }: Range, candidate: string): boolean {
  if (end === undefined) return candidate === key;
  return compareBytes(candidate, key) >= 0 && compareBytes(candidate, end) < 0;
}
