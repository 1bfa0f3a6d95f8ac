import { instant, rfc3339Micro, type Disk } from '../kernel';
import { ContainerFiles, normalizePath } from './container-files';
import { readLog } from './logs';

/**
 * A machine's own view of its files: texts, and containers' logs as containerd writes them.
 * What the runtime and the network keep as plain data is no file that could be read.
 */
export class HostFiles extends ContainerFiles {
  readonly #disk: Disk;

  constructor(disk: Disk) {
    super({ disk, layer: {}, writable: '/dev/null', mounts: [{ containerPath: '/', hostPath: '', isExecutable: true }] });
    this.#disk = disk;
  }

  override read(path: string): string | undefined {
    return this.#log(normalizePath(path)) ?? super.read(path);
  }

  override isDirectory(path: string): boolean {
    return this.#log(normalizePath(path)) === undefined && super.isDirectory(path);
  }

  override list(directory: string): readonly string[] {
    const clean = normalizePath(directory);
    return super.list(clean).filter((name) => typeof (this.#disk.get(`${clean === '/' ? '' : clean}/${name}`) ?? '') === 'string');
  }

  /** `2026-01-05T08:00:00.350000000Z stderr F …`: F for a whole line, P for a part of one. */
  #log(path: string): string | undefined {
    if (!/^\/var\/log\/pods\/.*\.log$/.test(path)) return undefined;
    const entries = readLog(this.#disk, path);
    if (entries.length === 0) return undefined;
    return entries
      .map(({ time, stream, text }) => {
        const isWhole = text.endsWith('\n');
        return `${rfc3339Micro(instant(time)).replace('Z', '000Z')} ${stream} ${isWhole ? 'F' : 'P'} ${isWhole ? text : `${text}\n`}`;
      })
      .join('');
  }
}
