import { checksumOf } from '@/lib/sandbox/codec';
import type { FromWorker, SandboxCut, SandboxRecipe } from '@/lib/sandbox/protocol';

/** What a database would have of a sandbox that told this: its last snapshot, and the rows since. */
export function keptOf(fresh: SandboxRecipe, messages: readonly FromWorker[]): SandboxRecipe {
  const cut = messages.filter((message): message is SandboxCut => message.type === 'cut').at(-1) as SandboxCut;
  const rows = messages.flatMap((message) =>
    message.type === 'batch' && message.changes !== undefined && message.sequence > cut.sequence
      ? [{ sequence: message.sequence, changes: message.changes, checksum: checksumOf(message.sequence, message.changes) }]
      : [],
  );
  return { ...fresh, snapshot: cut, rows, head: rows.at(-1)?.sequence ?? cut.sequence };
}
