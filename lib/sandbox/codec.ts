import { promisify } from 'node:util';
import { crc32, deflateRaw, inflateRawSync } from 'node:zlib';
import type { SessionChange } from '@/lib/labs/hosted-session';
import type { JournalChange, SandboxRecipe, SandboxSnapshot } from './protocol';

const deflate = promisify(deflateRaw);

/** Compression runs on the host's thread pool: only the JSON itself is made on this thread. */
export async function packSnapshot(snapshot: SandboxSnapshot): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await deflate(JSON.stringify(snapshot), { level: 1 }));
}

/** Undefined when it is damaged. */
export function unpackSnapshot(content: Uint8Array): SandboxSnapshot | undefined {
  try {
    return JSON.parse(inflateRawSync(content).toString('utf8')) as SandboxSnapshot;
  } catch {
    return undefined;
  }
}

/** A commit tells its watchers what was there before; the journal knows that already. */
export function withoutPrevious(change: SessionChange): SessionChange {
  if (change.type !== 'etcd') return change;
  return { ...change, commit: { ...change.commit, events: change.commit.events.map(({ type, kv }) => ({ type, kv })) } };
}

/** Signed, as a PostgreSQL integer is. */
export function checksumOf(text: string): number {
  return crc32(text) | 0;
}

export interface ReadRows {
  readonly changes: readonly JournalChange[];
  readonly isWhole: boolean;
}

/** The changes of consecutive undamaged rows; the first torn, damaged or missing one ends the reading. */
export function readRows(rows: SandboxRecipe['rows'], after: number): ReadRows {
  const changes: JournalChange[] = [];
  let sequence = after;
  for (const row of rows) {
    const read = row.sequence === sequence + 1 && row.checksum === checksumOf(row.changes) ? parsed(row.changes) : undefined;
    if (!read) return { changes, isWhole: false };
    changes.push(...read);
    sequence = row.sequence;
  }
  return { changes, isWhole: true };
}

function parsed(text: string): JournalChange[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as JournalChange[]) : undefined;
  } catch {
    return undefined;
  }
}
