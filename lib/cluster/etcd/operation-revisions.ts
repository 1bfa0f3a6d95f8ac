import type { OperationResponse } from './kv';

/** The store's revision before a transaction that left it at `revision`. */
export function revisionBefore(responses: readonly OperationResponse[], revision: number): number {
  return responses.some(isWrite) ? revision - 1 : revision;
}

/** The revision in each operation's own header: `before` until something is written, which may have been before a nested transaction (`mvcc/kvstore_txn.go`). */
export function operationRevisions(
  responses: readonly OperationResponse[],
  revision: number,
  before = revisionBefore(responses, revision),
): readonly number[] {
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
