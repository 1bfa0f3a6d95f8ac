import { hash32 } from '@/lib/base';
import { readSnapshotFile, restoredPath, writeSnapshotFile, type MvccSnapshot } from '../../etcd';
import { humanBytes, type Table } from './printers';
import { badArguments, Failure, type Session } from './session';

export function snapshotSave(session: Session): void {
  const [path, ...rest] = session.words;
  if (path === undefined || rest.length > 0) throw new Failure(`snapshot save expects one argument`, badArguments);
  if (session.endpoints.length > 1)
    throw new Failure(`snapshot must be requested to one selected node, not multiple [${session.endpoints.join(' ')}]`);
  write(session, path, writeSnapshotFile(session.server.snapshot()));
  session.ctx.stdout(`Snapshot saved at ${path}\nServer version ${session.server.status().storageVersion}\n`);
}

export function snapshotStatus(session: Session): void {
  const [path, ...rest] = session.words;
  if (path === undefined || rest.length > 0) throw new Failure('snapshot status requires exactly one argument', badArguments);
  const text = session.ctx.files.read(path);
  if (text === undefined) throw new Failure(`stat ${path}: no such file or directory`);
  const snapshot = snapshotAt(session, path);
  const keys = snapshot.versions.length;
  const hash = hash32(text).toString(16);
  const table: Table = {
    head: ['hash', 'revision', 'total keys', 'total size', 'version'],
    rows: [[hash, String(snapshot.revision), String(keys), humanBytes(text.length), '3.6.0']],
  };
  session.show({
    table,
    json: { hash: hash32(text), revision: snapshot.revision, totalKey: keys, totalSize: text.length, version: '3.6.0' },
    fields: `"Hash" : ${hash32(text)}\n"Revision" : ${snapshot.revision}\n"Keys" : ${keys}\n"Size" : ${text.length}\n"Version" : "3.6.0"\n`,
  });
}

export function snapshotRestore(session: Session): void {
  const [path, ...rest] = session.words;
  if (path === undefined || rest.length > 0) throw new Failure('snapshot restore requires exactly one argument', badArguments);
  const directory = session.flags['data-dir'] ?? `${session.flags['name'] ?? 'default'}.etcd`;
  const target = restoredPath(directory);
  if (session.ctx.files.exists(target)) throw new Failure(`data-dir ${JSON.stringify(directory)} not empty or could not be read`);
  const snapshot = snapshotAt(session, path);
  const { revision } = snapshot;
  log(session, 'restoring snapshot', { path, 'data-dir': directory });
  write(session, target, writeSnapshotFile(snapshot));
  log(session, 'restored snapshot', { path, 'data-dir': directory, revision });
}

function snapshotAt(session: Session, path: string): MvccSnapshot {
  const text = session.ctx.files.read(path);
  if (text === undefined) throw new Failure(`open ${path}: no such file or directory`);
  const snapshot = readSnapshotFile(text);
  if (!snapshot) throw new Failure('snapshot file integrity check failed. 1 errors found.\ninvalid database');
  return snapshot;
}

function write({ ctx }: Session, path: string, text: string): void {
  const parent = path.slice(0, path.lastIndexOf('/'));
  try {
    if (parent && !ctx.files.isDirectory(parent)) ctx.files.makeDirectory(parent);
    ctx.files.write(path, text);
  } catch (error) {
    throw new Failure(`could not open ${path}.part (open ${path}.part: ${(error as Error).message.toLowerCase()})`);
  }
}

function log({ ctx }: Session, msg: string, fields: object): void {
  ctx.stderr(`${new Date(ctx.now).toISOString()}\tinfo\tsnapshot/v3_snapshot.go\t${msg}\t${JSON.stringify(fields)}\n`);
}
