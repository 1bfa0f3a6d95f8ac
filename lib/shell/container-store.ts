import type { Files } from '@/lib/cluster';
import { FileError, type FileErrorCode, type FileNode, type FileStore } from './file-store';

const codes: Readonly<Record<string, FileErrorCode>> = {
  'Read-only file system': 'EROFS',
  'No space left on device': 'ENOSPC',
  'Is a directory': 'EISDIR',
  'Not a directory': 'ENOTDIR',
  'No such file or directory': 'ENOENT',
};

/** A container's files as its runtime has them: texts by path, directories where something is below. */
export class ContainerStore implements FileStore {
  readonly #files: Files;
  /** Directories made in this shell that nothing is in yet. */
  readonly #made = new Set<string>();

  constructor(files: Files) {
    this.#files = files;
  }

  get(path: string): FileNode | undefined {
    const text = this.#read(path);
    if (text !== undefined) return { type: 'file', mode: 0o755, mtime: 0, text };
    const isDirectory = this.#made.has(path) || this.children(path).length > 0;
    return isDirectory ? { type: 'directory', mode: 0o755, mtime: 0 } : undefined;
  }

  set(path: string, node: FileNode): void {
    if (node.type === 'file') this.#write(path, node.text);
    if (node.type === 'directory') this.#made.add(path);
  }

  delete(path: string): void {
    if (!this.#made.delete(path)) this.#files.remove(path);
  }

  children(directory: string): readonly string[] {
    const from = directory === '/' ? '/' : `${directory}/`;
    const made = [...this.#made].filter((path) => path.startsWith(from)).map((path) => path.slice(from.length).split('/')[0] as string);
    return [...new Set([...this.#list(directory), ...made])].filter(Boolean).sort();
  }

  #write(path: string, text: string): void {
    try {
      this.#files.write(path, text);
    } catch (error) {
      throw new FileError(codes[(error as Error).message] ?? 'EACCES', 'open', path);
    }
  }

  #read(path: string): string | undefined {
    try {
      return this.#files.read(path);
    } catch {
      return undefined;
    }
  }

  #list(directory: string): readonly string[] {
    try {
      return this.#files.list(directory);
    } catch {
      return [];
    }
  }
}
