import type { Files } from '@/lib/cluster';
import { FileError, type FileErrorCode, type FileNode, type FileStore } from './file-store';

const codes: Readonly<Record<string, FileErrorCode>> = {
  'Read-only file system': 'EROFS',
  'No space left on device': 'ENOSPC',
  'Is a directory': 'EISDIR',
  'Not a directory': 'ENOTDIR',
  'No such file or directory': 'ENOENT',
  'Directory not empty': 'ENOTEMPTY',
};

/** A container's files as its runtime has them: texts by path, directories where something is below. */
export class ContainerStore implements FileStore {
  readonly #files: Files;

  constructor(files: Files) {
    this.#files = files;
  }

  get(path: string): FileNode | undefined {
    const text = this.#read(path);
    if (text !== undefined) return { type: 'file', mode: 0o755, mtime: 0, text };
    return this.#files.isDirectory(path) ? { type: 'directory', mode: 0o755, mtime: 0 } : undefined;
  }

  set(path: string, node: FileNode): void {
    if (node.type === 'file') this.#attempt(path, () => this.#files.write(path, node.text));
    else if (node.type === 'directory' && !this.#files.isDirectory(path)) this.#attempt(path, () => this.#files.makeDirectory(path));
  }

  delete(path: string): void {
    this.#attempt(path, () => this.#files.remove(path));
  }

  children(directory: string): readonly string[] {
    return [...this.#list(directory)].filter(Boolean).sort();
  }

  #attempt(path: string, body: () => unknown): void {
    try {
      body();
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
