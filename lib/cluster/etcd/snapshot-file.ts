import { MvccStore, type MvccSnapshot } from './mvcc';

/** A snapshot file: plain text here, a bbolt database upstream. */
interface SnapshotFile {
  readonly format: 'etcd snapshot';
  readonly snapshot: MvccSnapshot;
}

export function writeSnapshotFile(snapshot: MvccSnapshot): string {
  return JSON.stringify({ format: 'etcd snapshot', snapshot } satisfies SnapshotFile);
}

/** Undefined when the text is no snapshot. */
export function readSnapshotFile(text: string): MvccSnapshot | undefined {
  try {
    const parsed = JSON.parse(text) as SnapshotFile;
    if (parsed.format !== 'etcd snapshot') return undefined;
    MvccStore.restore(parsed.snapshot);
    return parsed.snapshot;
  } catch {
    return undefined;
  }
}

/** Where a member that starts finds a store that `etcdutl snapshot restore` left for it. */
export function restoredPath(dataDirectory: string): string {
  return `${dataDirectory.replace(/\/$/, '')}/member/snap/db`;
}
