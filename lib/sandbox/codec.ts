import { promisify } from 'node:util';
import { crc32, deflateRaw, inflateRawSync } from 'node:zlib';
import type { SessionChange } from '@/lib/labs/hosted-session';
import type { JournalChange, SandboxRecipe, SandboxSnapshot } from './protocol';

const deflate = promisify(deflateRaw);

/** Four bytes of checksum stand before a snapshot's text. */
const sumBytes = 4;

export interface PackedSnapshot {
  readonly content: Uint8Array<ArrayBuffer>;
  /** Before it was compressed. */
  readonly textBytes: number;
}

/** Compression runs on the host's thread pool: only the JSON itself is made on this thread. */
export async function packSnapshot(snapshot: SandboxSnapshot, sequence: number): Promise<PackedSnapshot> {
  const json = JSON.stringify(snapshot);
  const text = await deflate(json, { level: 1 });
  const content = new Uint8Array(sumBytes + text.length);
  content.set(text, sumBytes);
  new DataView(content.buffer).setInt32(0, sumOf(sequence, text));
  return { content, textBytes: json.length };
}

/** Whether these are the bytes that were written as the snapshot up to `sequence`. */
export function isIntact({ sequence, content }: { readonly sequence: number; readonly content: Uint8Array }): boolean {
  if (content.length <= sumBytes) return false;
  const sum = new DataView(content.buffer, content.byteOffset).getInt32(0);
  return sum === sumOf(sequence, content.subarray(sumBytes));
}

/** Undefined when it is damaged. */
export function unpackSnapshot(kept: { readonly sequence: number; readonly content: Uint8Array }): SandboxSnapshot | undefined {
  if (!isIntact(kept)) return undefined;
  return JSON.parse(inflateRawSync(kept.content.subarray(sumBytes)).toString('utf8')) as SandboxSnapshot;
}

/** A commit tells its watchers what was there before; the journal knows that already. */
export function withoutPrevious(change: SessionChange): SessionChange {
  if (change.type !== 'etcd') return change;
  return { ...change, commit: { ...change.commit, events: change.commit.events.map(({ type, kv }) => ({ type, kv })) } };
}

/** Of a row's text in its place: another row's text there is as wrong as a torn one. Signed, as a PostgreSQL integer is. */
export function checksumOf(sequence: number, changes: string): number {
  return sumOf(sequence, changes);
}

function sumOf(sequence: number, content: string | Uint8Array): number {
  return crc32(content, crc32(`${sequence}:`)) | 0;
}

export interface ReadRows {
  readonly changes: readonly JournalChange[];
  /** Of the last row that could be read. */
  readonly sequence: number;
}

/** The changes of consecutive undamaged rows; the first torn, damaged, misplaced or missing one ends the reading. */
export function readRows(rows: SandboxRecipe['rows'], after: number): ReadRows {
  const changes: JournalChange[] = [];
  let sequence = after;
  for (const row of rows) {
    if (row.sequence !== sequence + 1 || row.checksum !== checksumOf(row.sequence, row.changes)) break;
    for (const change of JSON.parse(row.changes) as JournalChange[]) changes.push(change);
    sequence = row.sequence;
  }
  return { changes, sequence };
}
