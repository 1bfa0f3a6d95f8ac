import { buffer } from 'node:stream/consumers';
import { crc32, createDeflateRaw, inflateRawSync } from 'node:zlib';
import type { SessionChange } from '@/lib/labs/hosted-session';
import { jsonParts } from './json-parts';
import type { JournalChange, SandboxRecipe, SandboxSnapshot } from './protocol';

/** Four bytes of checksum stand before a snapshot's text. */
const sumBytes = 4;

export interface PackedSnapshot {
  readonly content: Uint8Array<ArrayBuffer>;
  /** Before it was compressed. */
  readonly textBytes: number;
}

/** How long it may keep the thread from others at a time. */
const sliceMs = 8;

/** Compression runs on the host's thread pool: only the JSON itself is made on this thread, a slice at a time. The snapshot is as of now. */
export async function packSnapshot(snapshot: SandboxSnapshot, sequence: number): Promise<PackedSnapshot> {
  const parts = jsonParts(snapshot);
  const deflate = createDeflateRaw({ level: 1 });
  const compressed = buffer(deflate);
  let textBytes = 0;
  for (let at = 0; at < parts.length;) {
    let slice = '';
    for (const until = performance.now() + sliceMs; at < parts.length && performance.now() < until; at++) slice += parts[at]?.();
    textBytes += slice.length;
    deflate.write(slice);
    await new Promise((resolve) => setImmediate(resolve));
  }
  deflate.end();
  const text = await compressed;
  const content = new Uint8Array(sumBytes + text.length);
  content.set(text, sumBytes);
  new DataView(content.buffer).setInt32(0, sumOf(sequence, text));
  return { content, textBytes };
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
