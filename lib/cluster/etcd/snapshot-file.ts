import { MvccStore, type MvccSnapshot } from './mvcc';
import type { RaftDiskSnapshot } from './raft-disk';

/** A snapshot file: plain text here, a bbolt database upstream. */
interface SnapshotFile {
  readonly format: 'etcd snapshot';
  readonly snapshot: MvccSnapshot;
  /** In a data directory: the member that will begin with it. */
  readonly member?: RaftDiskSnapshot;
}

export function writeSnapshotFile(snapshot: MvccSnapshot): string {
  return JSON.stringify({ format: 'etcd snapshot', snapshot } satisfies SnapshotFile);
}

/** What `etcdutl snapshot restore` leaves in a data directory. */
export function writeRestored(snapshot: MvccSnapshot, member: RaftDiskSnapshot): string {
  return JSON.stringify({ format: 'etcd snapshot', snapshot, member } satisfies SnapshotFile);
}

/** Undefined when the text is no snapshot. */
export function readSnapshotFile(text: string): MvccSnapshot | undefined {
  return readRestored(text)?.snapshot;
}

/** A snapshot that was put there by hand brings no member. */
export function readRestored(text: string): Pick<SnapshotFile, 'snapshot' | 'member'> | undefined {
  try {
    const parsed = JSON.parse(text) as SnapshotFile;
    if (parsed.format !== 'etcd snapshot') return undefined;
    MvccStore.restore(parsed.snapshot);
    return parsed;
  } catch {
    return undefined;
  }
}

/** Where a member that starts finds a store that `etcdutl snapshot restore` left for it. */
export function restoredPath(dataDirectory: string): string {
  return `${dataDirectory.replace(/\/$/, '')}/member/snap/db`;
}

/** A member's log, which tells a data directory in use from an empty one. What is in it is kept beside the machine's files. */
export function walPath(dataDirectory: string): string {
  return `${dataDirectory.replace(/\/$/, '')}/member/wal/0000000000000000-0000000000000000.wal`;
}
