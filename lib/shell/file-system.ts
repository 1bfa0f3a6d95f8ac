import type { IFileSystem } from 'just-bash';
import { FileError, type FileNode, type FileStore } from './file-store';

type Encoding = string | { encoding?: string | null } | undefined;
type Stat = Awaited<ReturnType<IFileSystem['stat']>>;

export interface MachineFileSystemOptions {
  readonly store: FileStore;
  /** Simulated milliseconds since the epoch: what a file's modification time is. */
  now(): number;
  /** Whether the user may create, change or remove this path. Absent means root. */
  mayWrite?(path: string): boolean;
  /** Told what was written to `/dev/tty`. */
  onTerminal?(text: string): void;
  /** Told the path after each change of a file. */
  onChange?(path: string): void;
}

/**
 * The shell library's file system over a machine's files. `/dev/tty` is the terminal itself: what is appended there is
 * on the screen at once, while everything else a script prints is known only when the script ends.
 */
export class MachineFileSystem implements IFileSystem {
  readonly store: FileStore;
  readonly #options: MachineFileSystemOptions;

  constructor(options: MachineFileSystemOptions) {
    this.store = options.store;
    this.#options = options;
  }

  async readFile(path: string, encoding?: Encoding): Promise<string> {
    const node = this.#file(path, 'open');
    if (encodingOf(encoding) === 'latin1') return node.isBinary ? node.text : toLatin1(node.text);
    return this.readText(path);
  }

  async readFileBytes(path: string): Promise<any> {
    const node = this.#file(path, 'open');
    return node.isBinary ? node.text : toLatin1(node.text);
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    const node = this.#file(path, 'open');
    return node.isBinary ? bytesOf(node.text) : new TextEncoder().encode(node.text);
  }

  async writeFile(path: string, content: string | Uint8Array, encoding?: Encoding): Promise<void> {
    const { text, isBinary } = decode(content, encodingOf(encoding));
    this.#write(path, text, isBinary);
  }

  async appendFile(path: string, content: string | Uint8Array, encoding?: Encoding): Promise<void> {
    const added = decode(content, encodingOf(encoding));
    const device = this.#device(path);
    if (device) return device(added.text);
    const before = this.#find(this.#resolve(path, 'open'));
    if (before?.type !== 'file') return this.#write(path, added.text, added.isBinary);
    if (added.text === '') return this.#assertMayWrite(path, 'open');
    if (before.isBinary || added.isBinary) {
      const bytes = (before.isBinary ? before.text : toLatin1(before.text)) + (added.isBinary ? added.text : toLatin1(added.text));
      const whole = decode(bytesOf(bytes), undefined);
      return this.#write(path, whole.text, whole.isBinary);
    }
    this.#write(path, before.text + added.text, false);
  }

  async exists(path: string): Promise<boolean> {
    return this.isThere(path);
  }

  async stat(path: string): Promise<Stat> {
    if (this.#device(path)) return deviceStat;
    return statOf(this.#get(this.#resolve(path, 'stat'), 'stat', path));
  }

  async lstat(path: string): Promise<Stat> {
    if (this.#device(path)) return deviceStat;
    return statOf(this.#get(this.#resolveParent(path, 'lstat'), 'lstat', path));
  }

  async mkdir(path: string, options: { recursive?: boolean } = {}): Promise<void> {
    this.makeDirectory(path, options);
  }

  async readdir(path: string): Promise<string[]> {
    return [...this.listDirectory(path)];
  }

  async readdirWithFileTypes(path: string): Promise<{ name: string; isFile: boolean; isDirectory: boolean; isSymbolicLink: boolean }[]> {
    const directory = this.#resolve(path, 'scandir');
    return this.listDirectory(path).map((name) => {
      const type = this.#find(join(directory, name))?.type;
      return { name, isFile: type === 'file', isDirectory: type === 'directory', isSymbolicLink: type === 'link' };
    });
  }

  async rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> {
    this.remove(path, options);
  }

  async cp(from: string, to: string, options: { recursive?: boolean } = {}): Promise<void> {
    const source = this.#resolve(from, 'cp');
    const node = this.#get(source, 'cp', from);
    if (node.type !== 'directory') return this.#put(this.#resolve(to, 'cp'), node, 'cp');
    if (!options.recursive) throw new FileError('EISDIR', 'cp', from);
    const target = this.#resolve(to, 'cp');
    if (target === source || target.startsWith(`${source}/`)) throw new FileError('EINVAL', 'cp', to);
    this.makeDirectory(target, { recursive: true });
    for (const name of this.#children(source)) await this.cp(join(source, name), join(target, name), options);
  }

  async mv(from: string, to: string): Promise<void> {
    const source = this.#resolveParent(from, 'rename');
    const node = this.#get(source, 'rename', from);
    if (node.type === 'directory') {
      await this.cp(from, to, { recursive: true });
      return this.remove(from, { recursive: true });
    }
    const target = this.#resolveParent(to, 'rename');
    if (source === target) return;
    this.#assertMayWrite(source, 'rename');
    this.#put(target, node, 'rename');
    this.#delete(source, 'rename');
  }

  resolvePath(base: string, path: string): string {
    return normalize(path.startsWith('/') ? path : `${base}/${path}`);
  }

  getAllPaths(): string[] {
    const paths: string[] = [];
    const visit = (directory: string): void => {
      for (const name of this.#children(directory)) {
        const path = join(directory, name);
        paths.push(path);
        if (this.#find(path)?.type === 'directory') visit(path);
      }
    };
    visit('/');
    return paths;
  }

  async chmod(path: string, mode: number): Promise<void> {
    const at = this.#resolve(path, 'chmod');
    const node = this.#get(at, 'chmod', path);
    if (node.type !== 'link') this.#put(at, { ...node, mode: mode & 0o7777 }, 'chmod');
  }

  async symlink(target: string, path: string): Promise<void> {
    const at = this.#resolveParent(path, 'symlink');
    if (this.#find(at)) throw new FileError('EEXIST', 'symlink', path);
    this.#put(at, { type: 'link', mtime: this.#options.now(), target }, 'symlink');
  }

  /** Hard links share nothing here: the second name is a copy. */
  async link(from: string, to: string): Promise<void> {
    const node = this.#file(from, 'link');
    const at = this.#resolveParent(to, 'link');
    if (this.#find(at)) throw new FileError('EEXIST', 'link', to);
    this.#put(at, node, 'link');
  }

  async readlink(path: string): Promise<string> {
    const node = this.#get(this.#resolveParent(path, 'readlink'), 'readlink', path);
    if (node.type !== 'link') throw new FileError('EINVAL', 'readlink', path);
    return node.target;
  }

  async realpath(path: string): Promise<string> {
    const at = this.#resolve(path, 'realpath');
    this.#get(at, 'realpath', path);
    return at;
  }

  /** A moment of the host's clock is the library's way to say now. */
  async utimes(path: string, _atime: Date, mtime: Date): Promise<void> {
    const at = this.#resolve(path, 'utime');
    const isNow = Math.abs(mtime.getTime() - Date.now()) < hostNowMs;
    this.#put(at, { ...this.#get(at, 'utime', path), mtime: isNow ? this.#options.now() : mtime.getTime() }, 'utime');
  }

  // What follows is the same file system for callers that need not wait.

  /** The text of a file. Throws `FileError`. */
  readText(path: string): string {
    const node = this.#file(path, 'open');
    return node.isBinary ? new TextDecoder().decode(bytesOf(node.text)) : node.text;
  }

  findText(path: string): string | undefined {
    return this.kindOf(path) === 'file' ? this.readText(path) : undefined;
  }

  /** Writes a file and makes the directories above it. */
  writeText(path: string, text: string): void {
    const parent = dirname(normalize(path));
    if (!this.isThere(parent)) this.makeDirectory(parent, { recursive: true });
    this.#write(path, text, false);
  }

  isThere(path: string): boolean {
    return this.kindOf(path) !== undefined;
  }

  kindOf(path: string): 'file' | 'directory' | undefined {
    if (this.#device(path)) return 'file';
    try {
      const type = this.#find(this.#resolve(path, 'stat'))?.type;
      return type === 'link' ? undefined : type;
    } catch {
      return undefined;
    }
  }

  isExecutable(path: string): boolean {
    const node = this.#find(this.#resolve(path, 'stat'));
    return node?.type === 'file' && (node.mode & 0o111) !== 0;
  }

  listDirectory(path: string): readonly string[] {
    const at = this.#resolve(path, 'scandir');
    if (this.#get(at, 'scandir', path).type !== 'directory') throw new FileError('ENOTDIR', 'scandir', path);
    return this.#children(at);
  }

  /** Why a file cannot be opened for writing, as strerror(3) says it. */
  whyNotWritable(path: string): string {
    try {
      const at = this.#resolve(path, 'open');
      const parent = this.#find(dirname(at));
      if (!parent) return 'No such file or directory';
      if (parent.type !== 'directory') return 'Not a directory';
      if (this.#find(at)?.type === 'directory') return 'Is a directory';
      this.#assertMayWrite(at, 'open');
      return 'No space left on device';
    } catch (error) {
      return error instanceof FileError ? error.reason : 'Input/output error';
    }
  }

  makeDirectory(path: string, { recursive = false }: { recursive?: boolean } = {}): void {
    const at = this.#resolve(path, 'mkdir');
    const there = this.#find(at);
    if (there?.type === 'directory' && recursive) return;
    if (there) throw new FileError('EEXIST', 'mkdir', path);
    const parent = dirname(at);
    if (recursive && !this.#find(parent)) this.makeDirectory(parent, { recursive });
    this.#put(at, { type: 'directory', mode: 0o755, mtime: this.#options.now() }, 'mkdir');
  }

  remove(path: string, { recursive = false, force = false }: { recursive?: boolean; force?: boolean } = {}): void {
    const at = this.#resolveParent(path, 'rm');
    const node = this.#find(at);
    if (!node && force) return;
    if (!node) throw new FileError('ENOENT', 'rm', path);
    if (node.type === 'directory') {
      const names = this.#children(at);
      if (names.length > 0 && !recursive) throw new FileError('ENOTEMPTY', 'rm', path);
      for (const name of names) this.remove(join(at, name), { recursive, force });
    }
    this.#delete(at, 'rm');
  }

  #children(directory: string): readonly string[] {
    return this.store.children(directory);
  }

  #find(path: string): FileNode | undefined {
    return path === '/' ? rootNode : this.store.get(path);
  }

  #get(at: string, call: string, path: string): FileNode {
    const node = this.#find(at);
    if (!node) throw new FileError('ENOENT', call, path);
    return node;
  }

  #file(path: string, call: string): Extract<FileNode, { type: 'file' }> {
    if (this.#device(path)) return { type: 'file', mode: 0o666, mtime: 0, text: '' };
    const node = this.#get(this.#resolve(path, call), call, path);
    if (node.type === 'directory') throw new FileError('EISDIR', 'read', path);
    return node as Extract<FileNode, { type: 'file' }>;
  }

  #write(path: string, text: string, isBinary: boolean): void {
    const device = this.#device(path);
    if (device) return device(text);
    const at = this.#resolve(path, 'open');
    const before = this.#find(at);
    if (before?.type === 'directory') throw new FileError('EISDIR', 'open', path);
    const mode = before?.type === 'file' ? before.mode : 0o644;
    this.#put(at, { type: 'file', mode, mtime: this.#options.now(), text, ...(isBinary ? { isBinary } : {}) }, 'open');
  }

  #put(at: string, node: FileNode, call: string): void {
    const parent = this.#find(dirname(at));
    if (!parent) throw new FileError('ENOENT', call, at);
    if (parent.type !== 'directory') throw new FileError('ENOTDIR', call, at);
    this.#assertMayWrite(at, call);
    this.store.set(at, node);
    this.#options.onChange?.(at);
  }

  #delete(at: string, call: string): void {
    this.#assertMayWrite(at, call);
    this.store.delete(at);
    this.#options.onChange?.(at);
  }

  #assertMayWrite(path: string, call: string): void {
    if (this.#options.mayWrite && !this.#options.mayWrite(path)) throw new FileError('EACCES', call, path);
  }

  /** What writing to a device does, where the path names one. */
  #device(path: string): ((text: string) => void) | undefined {
    if (!path.startsWith('/dev/')) return undefined;
    if (path === '/dev/null') return () => undefined;
    if (path === '/dev/tty' && this.#options.onTerminal) return this.#options.onTerminal;
    return undefined;
  }

  /** The path with every symbolic link followed; the last part need not exist. */
  #resolve(path: string, call: string, depth = 0): string {
    if (depth > 40) throw new FileError('ELOOP', call, path);
    const at = this.#resolveParent(path, call, depth);
    const node = this.#find(at);
    return node?.type === 'link' ? this.#resolve(this.resolvePath(dirname(at), node.target), call, depth + 1) : at;
  }

  #resolveParent(path: string, call: string, depth = 0): string {
    const at = normalize(path);
    if (at === '/') return at;
    const parent = this.#resolve(dirname(at), call, depth + 1);
    return join(parent, at.slice(at.lastIndexOf('/') + 1));
  }
}

const hostNowMs = 5_000;
const rootNode: FileNode = { type: 'directory', mode: 0o755, mtime: 0 };
const deviceStat: Stat = { isFile: true, isDirectory: false, isSymbolicLink: false, mode: 0o666, size: 0, mtime: new Date(0) };

function statOf(node: FileNode): Stat {
  return {
    isFile: node.type === 'file',
    isDirectory: node.type === 'directory',
    isSymbolicLink: node.type === 'link',
    mode: node.type === 'link' ? 0o777 : node.mode,
    size: node.type === 'file' ? (node.isBinary ? node.text.length : utf8Length(node.text)) : 0,
    mtime: new Date(node.mtime),
  };
}

export function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

export function dirname(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

function encodingOf(encoding: Encoding): string | undefined {
  const name = typeof encoding === 'object' ? encoding.encoding : encoding;
  return name === 'binary' ? 'latin1' : (name ?? undefined);
}

/** Text where the bytes are UTF-8, otherwise Latin-1 marked as binary. */
function decode(content: string | Uint8Array, encoding: string | undefined): { text: string; isBinary: boolean } {
  if (typeof content === 'string' && encoding !== 'latin1') return { text: content, isBinary: false };
  const bytes = typeof content === 'string' ? bytesOf(content) : content;
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), isBinary: false };
  } catch {
    return { text: typeof content === 'string' ? content : latin1Of(bytes), isBinary: true };
  }
}

function bytesOf(latin1: string): Uint8Array {
  const bytes = new Uint8Array(latin1.length);
  for (let index = 0; index < latin1.length; index++) bytes[index] = latin1.charCodeAt(index);
  return bytes;
}

function latin1Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function toLatin1(text: string): string {
  return /^[\x00-\x7f]*$/.test(text) ? text : latin1Of(new TextEncoder().encode(text));
}

function utf8Length(text: string): number {
  return toLatin1(text).length;
}
