import { rfc3339, type Instant } from '../../kernel';
import type { AuditEvent } from './audit-log';

/** The part of a file system that a log needs. */
export interface AuditFiles {
  read(path: string): string | undefined;
  write(path: string, text: string): void;
  remove(path: string): boolean;
  list(directory: string): readonly string[];
}

/** A write costs the disk and its journal the whole file, so files stay small (docs/fidelity.md). */
const fileCharactersMax = 16 * 1024;
const backupsMax = 64;

/**
 * `--audit-log-path`: events as lines of JSON. A file that is full gets the time into its name and a new one begins; of those the
 * newest stay (`lumberjack`).
 */
export class AuditFile {
  readonly #files: AuditFiles;
  readonly #path: string;
  readonly #backups: number;
  #text: string;

  constructor(files: AuditFiles, path: string, { backups = backupsMax }: { readonly backups?: number } = {}) {
    this.#files = files;
    this.#path = path;
    this.#backups = Math.min(backups, backupsMax) || backupsMax;
    this.#text = files.read(path) ?? '';
  }

  write(line: string, now: Instant): void {
    if (this.#text !== '' && this.#text.length + line.length > fileCharactersMax) this.#rotate(now);
    this.#text += `${line}\n`;
    this.#files.write(this.#path, this.#text);
  }

  #rotate(now: Instant): void {
    const { directory, stem, extension } = partsOf(this.#path);
    const time = rfc3339(now).slice(0, 19).replaceAll(':', '-');
    const count = backupsOf(this.#files, this.#path).filter((name) => name.startsWith(`${stem}-${time}`)).length;
    this.#files.write(`${directory}/${stem}-${time}.${String(count).padStart(3, '0')}${extension}`, this.#text);
    this.#text = '';
    const backups = backupsOf(this.#files, this.#path);
    for (const name of backups.slice(0, Math.max(0, backups.length - this.#backups))) this.#files.remove(`${directory}/${name}`);
  }
}

/** Every event that a log and its backups still have, oldest first. */
export function readAuditEvents(files: Pick<AuditFiles, 'read' | 'list'>, path: string): AuditEvent[] {
  const { directory } = partsOf(path);
  const texts = [...backupsOf(files, path).map((name) => files.read(`${directory}/${name}`)), files.read(path)];
  return texts.flatMap((text) => (text ?? '').split('\n').flatMap((line) => eventOf(line) ?? []));
}

function eventOf(line: string): AuditEvent | undefined {
  if (!line.trim()) return undefined;
  try {
    return JSON.parse(line) as AuditEvent;
  } catch {
    return undefined;
  }
}

function backupsOf(files: Pick<AuditFiles, 'list'>, path: string): string[] {
  const { directory, stem, extension } = partsOf(path);
  return files.list(directory).filter((name) => name.startsWith(`${stem}-`) && name.endsWith(extension));
}

function partsOf(path: string): { directory: string; stem: string; extension: string } {
  const slash = path.lastIndexOf('/');
  const file = path.slice(slash + 1);
  const dot = file.lastIndexOf('.');
  return { directory: path.slice(0, slash), stem: dot < 0 ? file : file.slice(0, dot), extension: dot < 0 ? '' : file.slice(dot) };
}
