import type { Disk, Instant } from '../kernel';

/** One line, or part of a line, that a container wrote. `text` ends in a newline unless the writer has not written it yet. */
export interface LogEntry {
  readonly time: number;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

const entriesPerChunk = 16;
/** What a log keeps; the oldest chunk goes when there are more (docs/fidelity.md). */
const chunksMax = 250;
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

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
    const last = disk.list<readonly LogEntry[]>(`${path}/`).at(-1);
    this.#chunk = last ? Number(last[0].slice(path.length + 1)) : 0;
    this.#entries = [...(last?.[1] ?? [])];
  }

  /** Adds what was printed at one moment, and returns it as lines. */
  write(time: Instant, printed: readonly { readonly stream: 'stdout' | 'stderr'; readonly text: string }[]): readonly LogEntry[] {
    const written = printed.flatMap(({ stream, text }) => splitLines(text).map((line): LogEntry => ({ time, stream, text: line })));
    for (const entry of written) this.#append(entry);
    if (written.length > 0) this.#save();
    return written;
  }

  #append(entry: LogEntry): void {
    if (this.#entries.length >= entriesPerChunk) {
      this.#save();
      this.#chunk++;
      this.#entries = [];
      this.#disk.delete(this.#chunkPath(this.#chunk - chunksMax));
    }
    this.#entries.push(entry);
  }

  #save(): void {
    this.#disk.set(this.#chunkPath(this.#chunk), [...this.#entries] as never);
  }

  #chunkPath(chunk: number): string {
    return `${this.#path}/${String(chunk).padStart(8, '0')}`;
  }
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
