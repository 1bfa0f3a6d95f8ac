import type { Disk } from '../kernel';
import { hasRoomFor } from './disk-room';
import type { Files } from './program';

/** A directory or file of the machine that a container sees at `containerPath`. */
export interface Mount {
  readonly containerPath: string;
  /** A path on the machine's disk. */
  readonly hostPath: string;
  readonly readonly?: boolean;
  /** One file, there from the start and empty until written (`/dev/termination-log`). */
  readonly isFile?: boolean;
  /** Its files have modes that let them be run. */
  readonly isExecutable?: boolean;
}

/** Thrown by a write that the file system refuses; `message` is libc's. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/**
 * A container's view of files: its mounts, above its writable layer, above the image's layers. Files are text; directories exist
 * because something is in them, and modes and owners are not simulated (docs/fidelity.md).
 */
export class ContainerFiles implements Files {
  readonly #disk: Disk;
  readonly #layer: Readonly<Record<string, string>>;
  readonly #generated: Readonly<Record<string, string>>;
  readonly #writable: string;
  readonly #mounts: readonly Mount[];
  readonly #isReadonly: boolean;

  /** `writable` is the directory on the machine that holds what the container wrote; `generated` are files the runtime makes up (`/etc/hosts`). */
  constructor(options: {
    disk: Disk;
    layer: Readonly<Record<string, string>>;
    generated?: Readonly<Record<string, string>>;
    writable: string;
    mounts: readonly Mount[];
    isReadonly?: boolean;
  }) {
    this.#disk = options.disk;
    this.#layer = options.layer;
    this.#generated = options.generated ?? {};
    this.#writable = options.writable;
    this.#mounts = [...options.mounts].sort((a, b) => b.containerPath.length - a.containerPath.length);
    this.#isReadonly = options.isReadonly ?? false;
  }

  read(path: string): string | undefined {
    const clean = normalizePath(path);
    if (clean === '/dev/null') return '';
    const mount = this.#mountOf(clean);
    if (mount) return text(this.#disk.get(onHost(mount, clean))) ?? (mount.isFile && mount.containerPath === clean ? '' : undefined);
    const written = this.#disk.get<string | null>(this.#writable + clean);
    return written === null ? undefined : (written ?? this.#generated[clean] ?? this.#layer[clean]);
  }

  write(path: string, value: string): void {
    const clean = normalizePath(path);
    if (clean === '/dev/null') return;
    if (this.isDirectory(clean)) throw new FileError('Is a directory');
    const parent = clean.slice(0, clean.lastIndexOf('/')) || '/';
    if (!this.isDirectory(parent)) throw new FileError(this.exists(parent) ? 'Not a directory' : 'No such file or directory');
    const mount = this.#mountOf(clean);
    if (mount ? mount.readonly : this.#isReadonly) throw new FileError('Read-only file system');
    if (value.length > fileBytesMax) throw new FileError('No space left on device');
    this.#write(mount ? onHost(mount, clean) : this.#writable + clean, value);
  }

  remove(path: string): boolean {
    const clean = normalizePath(path);
    if (this.read(clean) === undefined) return this.#removeDirectory(clean);
    const mount = this.#mountOf(clean);
    if (mount ? mount.readonly : this.#isReadonly) throw new FileError('Read-only file system');
    if (mount) return mount.containerPath === clean ? refuse('Resource busy') : this.#disk.delete(onHost(mount, clean));
    if (this.#layer[clean] === undefined && this.#generated[clean] === undefined) this.#disk.delete(this.#writable + clean);
    else this.#disk.set(this.#writable + clean, null);
    return true;
  }

  exists(path: string): boolean {
    const clean = normalizePath(path);
    return clean === '/dev/null' || this.read(clean) !== undefined || this.isDirectory(clean);
  }

  makeDirectory(path: string): void {
    const clean = normalizePath(path);
    if (this.exists(clean)) throw new FileError('File exists');
    const mount = this.#mountOf(clean);
    if (mount ? mount.readonly : this.#isReadonly) throw new FileError('Read-only file system');
    this.#write(`${mount ? onHost(mount, clean) : this.#writable + clean}/${keep}`, '');
  }

  #write(path: string, value: string): void {
    if (!hasRoomFor(this.#disk, path, value.length)) throw new FileError('No space left on device');
    this.#disk.set(path, value);
  }

  isDirectory(path: string): boolean {
    const clean = normalizePath(path);
    if (clean === '/' || baseDirectories.has(clean)) return true;
    if (
      this.#mounts.some(
        (mount) =>
          (mount.containerPath === clean && !mount.isFile && text(this.#disk.get(mount.hostPath)) === undefined) ||
          mount.containerPath.startsWith(`${clean}/`),
      )
    )
      return true;
    return this.#names(clean).size > 0;
  }

  isExecutable(path: string): boolean {
    const clean = normalizePath(path);
    return this.read(clean) !== undefined && (this.#mountOf(clean)?.isExecutable ?? true);
  }

  list(directory: string): readonly string[] {
    const clean = normalizePath(directory);
    const prefix = clean === '/' ? '/' : `${clean}/`;
    const names = this.#names(clean);
    for (const mount of this.#mounts) if (mount.containerPath.startsWith(prefix)) names.add(firstSegment(mount.containerPath, prefix));
    for (const base of baseDirectories) if (base.startsWith(prefix)) names.add(firstSegment(base, prefix));
    names.delete(keep);
    return [...names].sort();
  }

  /** What is right below a directory, markers of empty directories included, mount points and base directories not. */
  #names(clean: string): Set<string> {
    const names = new Set<string>();
    const prefix = clean === '/' ? '/' : `${clean}/`;
    const mount = this.#mountOf(clean);
    if (mount) {
      const host = `${onHost(mount, clean).replace(/\/$/, '')}/`;
      for (const [path] of this.#disk.list(host)) names.add(firstSegment(path, host));
      return names;
    }
    const gone = new Set<string>();
    for (const [path, value] of this.#disk.list(this.#writable + prefix)) {
      const inside = path.slice(this.#writable.length);
      if (value === null) gone.add(inside);
      else names.add(firstSegment(inside, prefix));
    }
    for (const layer of [this.#layer, this.#generated])
      for (const path in layer) if (path.startsWith(prefix) && !gone.has(path)) names.add(firstSegment(path, prefix));
    return names;
  }

  #removeDirectory(clean: string): boolean {
    if (!this.isDirectory(clean)) return false;
    if (this.list(clean).length > 0) throw new FileError('Directory not empty');
    const mount = this.#mountOf(clean);
    return this.#disk.delete(`${mount ? onHost(mount, clean) : this.#writable + clean}/${keep}`);
  }

  #mountOf(clean: string): Mount | undefined {
    return this.#mounts.find(
      ({ containerPath }) => clean === containerPath || clean.startsWith(containerPath === '/' ? '/' : `${containerPath}/`),
    );
  }
}

/** Every image has these, empty or not. */
const baseDirectories = new Set([
  '/bin',
  '/dev',
  '/etc',
  '/home',
  '/proc',
  '/root',
  '/run',
  '/sys',
  '/tmp',
  '/usr',
  '/usr/bin',
  '/usr/sbin',
  '/usr/local',
  '/var',
  '/var/log',
  '/var/run',
  '/var/tmp',
]);

/** What one file may hold: a backup of a busy lab's etcd, and little more. A sandbox is a small machine. */
const fileBytesMax = 8_000_000;

/** Keeps an empty directory on a disk that only knows files. */
const keep = '.keep-directory';

/** Absolute, without `.`, `..`, doubled or closing slashes. */
export function normalizePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function onHost(mount: Mount, clean: string): string {
  return mount.hostPath + clean.slice(mount.containerPath === '/' ? 0 : mount.containerPath.length);
}

function firstSegment(path: string, prefix: string): string {
  const rest = path.slice(prefix.length);
  const slash = rest.indexOf('/');
  return slash < 0 ? rest : rest.slice(0, slash);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function refuse(message: string): never {
  throw new FileError(message);
}
