import { mkdirSync, openSync, closeSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Keeps a second process out of a folder that only one may write: PGlite itself would open it twice without an error.
 * A lock whose holder is gone (kill -9, power) is taken over. Returns the function that gives it back.
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'lock');
  if (!maybeCreate(path)) {
    const holder = readHolder(path);
    if (holder && isAlive(holder))
      throw new FolderInUse(`Process ${holder.pid} is using ${folder}. Stop it first, or set ORRERY_DATA to another folder.`);
    rmSync(path, { force: true });
    if (!maybeCreate(path)) throw new FolderInUse(`Another process is just taking ${folder}. Try again.`);
  }
  return () => rmSync(path, { force: true });
}

/** Said to whoever started the server, as it stands. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

interface Holder {
  readonly pid: number;
  /** Tells a process from a later one that got the same number. */
  readonly startedAt: string;
}

function maybeCreate(path: string): boolean {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) } satisfies Holder));
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, startedAt }: Holder): boolean {
  if (pid === process.pid) return startOf(pid) === startedAt;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return startOf(pid) === startedAt;
}

/** The kernel's start time of a process where /proc tells it (field 22 of stat, counted after the name in parentheses). */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
