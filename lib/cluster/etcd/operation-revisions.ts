import type { OperationResponse } from './kv';

/** The revision in each operation's own header: that of before the transaction until something is written (`mvcc/kvstore_txn.go`). */
export function operationRevisions(responses: readonly OperationResponse[], revision: number): readonly number[] {
  const before = responses.some(isWrite) ? revision - 1 : revision;
  let current = before;
  return responses.map((response) => {
    if (isWrite(response)) current = revision;
    return current;
  });
}

function isWrite(response: OperationResponse): boolean {
  if (response.type === 'txn') return response.responses.some(isWrite);
  return response.type === 'put' || (response.type === 'delete-range' && response.deleted > 0);
}
