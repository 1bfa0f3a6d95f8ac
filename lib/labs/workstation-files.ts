import { hash32 } from '@/lib/base';
import { adminKubeconfig, type Disk } from '@/lib/cluster';
import type { FileState } from '@/lib/realtime/events';
import { DiskStore, FileError, firstFiles, home, MachineFileSystem } from '@/lib/shell';

/** What the page's editor sees of the workstation: the files under the home directory, but for those whose names begin with a dot. */
export class HomeFiles {
  readonly #files: MachineFileSystem;
  #hasChanged = false;

  constructor(disk: Disk, now: () => number) {
    this.#files = new MachineFileSystem({ store: new DiskStore(disk), now });
  }

  /** What every workstation has from the start. */
  writeDefaults(server: string): void {
    if (!this.#files.isThere(home)) this.#files.makeDirectory(home, { recursive: true });
    for (const [path, text] of Object.entries(firstFiles)) this.#files.writeText(`${home}/${path}`, text);
    this.#files.writeText(`${home}/.kube/config`, adminKubeconfig(server));
  }

  list(): FileState[] {
    return this.#walk(home).map((path) => this.#stateOf(path));
  }

  read(path: string): string {
    return this.#said(path, () => this.#files.readText(this.#absolute(path)));
  }

  write(path: string, text: string): FileState {
    const at = this.#absolute(path);
    this.#said(path, () => this.#files.writeText(at, text));
    return this.#stateOf(at);
  }

  remove(path: string): void {
    this.#said(path, () => this.#files.remove(this.#absolute(path), { recursive: true }));
  }

  changed(): void {
    this.#hasChanged = true;
  }

  takeChanged(): boolean {
    const has = this.#hasChanged;
    this.#hasChanged = false;
    return has;
  }

  #walk(directory: string): string[] {
    if (!this.#files.isThere(directory)) return [];
    return this.#files.listDirectory(directory).flatMap((name) => {
      if (name.startsWith('.')) return [];
      const path = `${directory}/${name}`;
      return this.#files.kindOf(path) === 'directory' ? this.#walk(path) : [path];
    });
  }

  #stateOf(path: string): FileState {
    const text = this.#files.findText(path) ?? '';
    return { path: path.slice(home.length + 1), size: text.length, version: hash32(text).toString(16) };
  }

  #absolute(path: string): string {
    const at = this.#files.resolvePath(home, path);
    if (!at.startsWith(`${home}/`)) throw new Error('Files are kept in the home directory.');
    return at;
  }

  #said<T>(path: string, body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw error instanceof FileError ? new Error(`${path}: ${error.reason}.`) : error;
    }
  }
}
