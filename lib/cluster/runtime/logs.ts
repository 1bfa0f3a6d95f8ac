import type { Disk, Instant } from '../kernel';

/** One line, or part of a line, that a container wrote. `text` ends in a newline unless the writer has not written it yet. */
export interface LogEntry {
  readonly time: number;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

const entriesPerChunk = 16;
/** Long lines fill a chunk sooner: it is written again with every line. */
const chunkBytes = 16_384;
/** What a log keeps; the oldest chunk goes when there is more (docs/fidelity.md). */
const chunksMax = 250;
const logBytesMax = 1 << 20;
const lineBytesMax = 16_384;

/**
 * A container's log file: `/var/log/pods/<namespace>_<pod>_<uid>/<container>/<restarts>.log`, kept in chunks
 * so that a line costs the disk and its journal a few hundred bytes.
 */
export class ContainerLog {
  readonly #disk: Disk;
  readonly #path: string;
  #chunk: number;
  #entries: LogEntry[];
  /** Of each full chunk that is kept, oldest first. */
  readonly #sizes: number[];

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
    const chunks = disk.list<readonly LogEntry[]>(`${path}/`);
    const last = chunks.pop();
    this.#chunk = last ? Number(last[0].slice(path.length + 1)) : 0;
    this.#entries = [...(last?.[1] ?? [])];
    this.#sizes = chunks.map(([, entries]) => sizeOf(entries));
  }

  /** Adds what was printed at one moment, and returns it as lines. */
  write(time: Instant, printed: readonly { readonly stream: 'stdout' | 'stderr'; readonly text: string }[]): readonly LogEntry[] {
    const written = printed.flatMap(({ stream, text }) => splitLines(text).map((line): LogEntry => ({ time, stream, text: line })));
    for (const entry of written) this.#append(entry);
    if (written.length > 0) this.#save();
    return written;
  }

  #append(entry: LogEntry): void {
    if (this.#entries.length >= entriesPerChunk || sizeOf(this.#entries) >= chunkBytes) this.#beginChunk();
    this.#entries.push(entry);
  }

  #beginChunk(): void {
    this.#save();
    this.#sizes.push(sizeOf(this.#entries));
    this.#chunk++;
    this.#entries = [];
    while (this.#sizes.length >= chunksMax || this.#sizes.reduce((total, size) => total + size, 0) > logBytesMax) {
      this.#disk.delete(this.#chunkPath(this.#chunk - this.#sizes.length));
      this.#sizes.shift();
    }
  }

  #save(): void {
    this.#disk.set(this.#chunkPath(this.#chunk), [...this.#entries] as never);
  }

  #chunkPath(chunk: number): string {
    return `${this.#path}/${String(chunk).padStart(8, '0')}`;
  }
}

function sizeOf(entries: readonly LogEntry[]): number {
  return entries.reduce((total, { text }) => total + text.length, 0);
}

export function readLog(disk: Disk, path: string): LogEntry[] {
  return disk.list<readonly LogEntry[]>(`${path}/`).flatMap(([, entries]) => entries);
}

export function removeLog(disk: Disk, path: string): void {
  for (const [chunk] of disk.list(`${path}/`)) disk.delete(chunk);
}

/** Keeps each newline with the line it ends; a longer line than the CRI's buffer is cut into parts. */
function splitLines(text: string): string[] {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.flatMap((line) => (line.length <= lineBytesMax ? [line] : (line.match(/[^]{1,16384}/g) ?? [])));
}
