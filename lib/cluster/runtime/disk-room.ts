import type { Disk } from '../kernel';

/** What the files of a machine may take, those of its containers included: it is kept in the host's memory. */
const diskBytes = 32 << 20;
/** What a file takes beside its text. */
const blockBytes = 4_096;

/** What may be written to a disk before it has to be counted again. */
const left = new WeakMap<Disk, number>();

/** Whether a file of so many bytes fits in the place of what is at a path. A disk is counted only when it might be full. */
export function hasRoomFor(disk: Disk, path: string, bytes: number): boolean {
  const wanted = bytes + blockBytes;
  if (wanted > (left.get(disk) ?? 0)) left.set(disk, diskBytes - used(disk, path));
  const room = left.get(disk) as number;
  if (wanted > room) return false;
  left.set(disk, room - wanted);
  return true;
}

/** Of all files but one. */
function used(disk: Disk, except: string): number {
  let bytes = 0;
  for (const [path, value] of disk.list()) if (path !== except && typeof value === 'string') bytes += value.length + blockBytes;
  return bytes;
}
