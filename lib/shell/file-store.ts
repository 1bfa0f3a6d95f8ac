import { SortedMap, type JsonObject } from '@/lib/base';
import type { Disk } from '@/lib/cluster';

/** What is at a path. Bytes that are not UTF-8 are kept as Latin-1, a character a byte. */
export type FileNode =
  | { readonly type: 'file'; readonly mode: number; readonly mtime: number; readonly text: string; readonly isBinary?: boolean }
  | { readonly type: 'directory'; readonly mode: number; readonly mtime: number }
  | { readonly type: 'link'; readonly mtime: number; readonly target: string };

/** Where a file system keeps its nodes: absolute, normal paths to what is there. Directories are nodes of their own. */
export interface FileStore {
  get(path: string): FileNode | undefined;
  /** Throws `FileError` ENOSPC where there is no room. */
  set(path: string, node: FileNode): void;
  delete(path: string): void;
  /** Names in a directory, in byte order. */
  children(directory: string): readonly string[];
}

export type FileErrorCode =
  | 'ENOENT'
  | 'EEXIST'
  | 'EISDIR'
  | 'ENOTDIR'
  | 'ENOTEMPTY'
  | 'EACCES'
  | 'ENOSPC'
  | 'ELOOP'
  | 'EINVAL'
  | 'EFBIG'
  | 'EROFS';

/** Says what is wrong as Node's `fs` does, which is what the shell's own commands read. */
export class FileError extends Error {
  readonly code: FileErrorCode;
  readonly path: string;

  constructor(code: FileErrorCode, call: string, path: string) {
    super(`${code}: ${sentences[code]}, ${call} '${path}'`);
    this.code = code;
    this.path = path;
  }

  /** `No space left on device`, as strerror(3). */
  get reason(): string {
    const sentence = this.code === 'EISDIR' ? 'is a directory' : this.code === 'EEXIST' ? 'file exists' : sentences[this.code];
    return sentence.charAt(0).toUpperCase() + sentence.slice(1);
  }
}

const sentences: Readonly<Record<FileErrorCode, string>> = {
  ENOENT: 'no such file or directory',
  EEXIST: 'file already exists',
  EISDIR: 'illegal operation on a directory',
  ENOTDIR: 'not a directory',
  ENOTEMPTY: 'directory not empty',
  EACCES: 'permission denied',
  ENOSPC: 'no space left on device',
  ELOOP: 'too many levels of symbolic links',
  EINVAL: 'invalid argument',
  EFBIG: 'file too large',
  EROFS: 'read-only file system',
};

export interface DiskLimits {
  readonly bytesMax: number;
  readonly filesMax: number;
  readonly fileBytesMax: number;
}

/** Room for manifests and notes; small enough that a snapshot stays small. */
export const workstationLimits: DiskLimits = { bytesMax: 8 << 20, filesMax: 2000, fileBytesMax: 1 << 20 };

/** Files on a machine's disk, under a prefix of its paths, so that they are part of its snapshot. */
export class DiskStore implements FileStore {
  readonly #disk: Disk;
  readonly #prefix: string;
  readonly #limits: DiskLimits;
  #bytes = 0;
  #files = 0;

  constructor(disk: Disk, { prefix = 'fs', limits = workstationLimits }: { prefix?: string; limits?: DiskLimits } = {}) {
    this.#disk = disk;
    this.#prefix = prefix;
    this.#limits = limits;
    for (const [, node] of disk.list<FileNode>(`${prefix}/`)) this.#count(node, 1);
  }

  get(path: string): FileNode | undefined {
    return this.#disk.get<FileNode>(this.#prefix + path);
  }

  set(path: string, node: FileNode): void {
    const before = this.get(path);
    const grows = sizeOf(node) - sizeOf(before);
    if (sizeOf(node) > this.#limits.fileBytesMax) throw new FileError('EFBIG', 'write', path);
    if (grows > 0 && this.#bytes + grows > this.#limits.bytesMax) throw new FileError('ENOSPC', 'write', path);
    if (!before && this.#files >= this.#limits.filesMax) throw new FileError('ENOSPC', 'open', path);
    this.#count(before, -1);
    this.#count(node, 1);
    this.#disk.set(this.#prefix + path, node as unknown as JsonObject);
  }

  delete(path: string): void {
    this.#count(this.get(path), -1);
    this.#disk.delete(this.#prefix + path);
  }

  children(directory: string): readonly string[] {
    return childrenOf(
      this.#disk.list(this.#prefix + slashed(directory)).map(([path]) => path.slice(this.#prefix.length)),
      directory,
    );
  }

  #count(node: FileNode | undefined, sign: 1 | -1): void {
    if (!node) return;
    this.#bytes += sign * sizeOf(node);
    this.#files += sign;
  }
}

/** Files that are gone with the shell: what `/dev/fd` needs, and the read-only system under a workstation. */
export class MemoryStore implements FileStore {
  readonly #nodes = new SortedMap<FileNode>();

  get(path: string): FileNode | undefined {
    return this.#nodes.get(path);
  }

  set(path: string, node: FileNode): void {
    this.#nodes.set(path, node);
  }

  delete(path: string): void {
    this.#nodes.delete(path);
  }

  children(directory: string): readonly string[] {
    return childrenOf(
      this.#nodes.entries(slashed(directory)).map(([path]) => path),
      directory,
    );
  }
}

/** The upper store over the lower one, which is never written. What both hold is the upper's. */
export class LayeredStore implements FileStore {
  readonly #upper: FileStore;
  readonly #lower: FileStore;

  constructor(upper: FileStore, lower: FileStore) {
    this.#upper = upper;
    this.#lower = lower;
  }

  get(path: string): FileNode | undefined {
    return this.#upper.get(path) ?? this.#lower.get(path);
  }

  set(path: string, node: FileNode): void {
    this.#upper.set(path, node);
  }

  delete(path: string): void {
    this.#upper.delete(path);
  }

  children(directory: string): readonly string[] {
    return [...new Set([...this.#lower.children(directory), ...this.#upper.children(directory)])].sort();
  }
}

function sizeOf(node: FileNode | undefined): number {
  if (node?.type === 'file') return node.text.length;
  return node ? 64 : 0;
}

function slashed(directory: string): string {
  return directory === '/' ? '/' : `${directory}/`;
}

function childrenOf(paths: readonly string[], directory: string): string[] {
  const from = slashed(directory).length;
  const names = new Set<string>();
  for (const path of paths) {
    const slash = path.indexOf('/', from);
    names.add(slash < 0 ? path.slice(from) : path.slice(from, slash));
  }
  names.delete('');
  return [...names];
}
