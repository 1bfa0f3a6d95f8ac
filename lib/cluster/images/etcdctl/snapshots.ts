import { hash32 } from '@/lib/base';
import {
  firstMember,
  initialCluster,
  memberOf,
  MvccStore,
  readSnapshotFile,
  restoredPath,
  verifyBootstrap,
  writeRestored,
  writeSnapshotFile,
  type MvccSnapshot,
  type RaftDiskSnapshot,
} from '../../etcd';
import { humanBytes, type Table } from './printers';
import { badArguments, badFeature, Failure, interrupted, type Session } from './session';

export function snapshotSave(session: Session): void {
  const [path, ...rest] = session.words;
  if (path === undefined || rest.length > 0) throw new Failure('snapshot save expects one argument <filename>', badArguments);
  if (session.endpoints.length > 1)
    throw new Failure(`snapshot must be requested to one selected node, not multiple [${session.endpoints.join(' ')}]`, interrupted);
  const parent = session.at(path).replace(/\/[^/]*$/, '');
  if (parent !== '' && !session.ctx.files.isDirectory(parent))
    throw new Failure(`could not open ${path}.part (open ${path}.part: no such file or directory)`, interrupted);
  write(session, path, writeSnapshotFile(session.server.snapshot()), interrupted);
  session.ctx.stdout(`Snapshot saved at ${path}\nServer version ${session.server.status().storageVersion}\n`);
}

export function snapshotStatus(session: Session): void {
  const [path, ...rest] = session.words;
  if (path === undefined || rest.length > 0) throw new Failure('snapshot status requires exactly one argument', badArguments);
  const text = session.ctx.files.read(session.at(path));
  if (text === undefined) throw new Failure(`stat ${path}: no such file or directory`);
  const snapshot = snapshotAt(session, path);
  const keys = MvccStore.restore(snapshot).range('', { end: '\0', countOnly: true }).count;
  const hash = hash32(text).toString(16);
  const table: Table = {
    head: ['hash', 'revision', 'total keys', 'total size', 'version'],
    rows: [[hash, String(snapshot.revision), String(keys), humanBytes(text.length), '3.6.0']],
  };
  session.show({
    table,
    json: { hash: hash32(text), revision: snapshot.revision, totalKey: keys, totalSize: text.length, version: '3.6.0' },
    fields: `"Hash" : ${hash32(text)}\n"Revision" : ${snapshot.revision}\n"Keys" : ${keys}\n"Size" : ${text.length}\n"Version" : 3.6.0\n`,
  });
}

export function snapshotRestore(session: Session): void {
  const [path, ...rest] = session.words;
  if (path === undefined || rest.length > 0) throw new Failure('snapshot restore requires exactly one argument', badArguments);
  const { files } = session.ctx;
  const bump = session.number('bump-revision');
  if (bump > 0 !== session.isSet('mark-compacted')) throw new Failure('--mark-compacted required if --revision-bump > 0', badArguments);
  if (session.flags['wal-dir'] !== undefined) throw new Failure('--wal-dir is not simulated', badFeature);
  const member = restoredMember(session);
  const directory = session.flags['data-dir'] ?? `${session.flags['name'] ?? 'default'}.etcd`;
  const place = session.at(directory);
  const isEmpty = files.isDirectory(place) ? files.list(place).length === 0 : !files.exists(place);
  if (!isEmpty) throw new Failure(`data-dir ${JSON.stringify(directory)} not empty or could not be read`);
  const target = restoredPath(directory);
  const places = { path, 'wal-dir': `${directory}/member/wal`, 'data-dir': directory, 'snap-dir': `${directory}/member/snap` };
  const snapshot = bumped(snapshotAt(session, path), bump);
  log(session, 'restoring snapshot', places);
  write(session, target, writeRestored(snapshot, member));
  for (const { id, peerUrls } of member.members)
    log(session, 'added member', {
      'cluster-id': member.clusterId,
      'local-member-id': '0',
      'added-peer-id': id,
      'added-peer-peer-urls': peerUrls,
      'added-peer-is-learner': false,
    });
  log(session, 'restored snapshot', places);
}

/** The member that will begin a new group with the snapshot, each of its others with a copy of its own. */
function restoredMember({ flags }: Session): RaftDiskSnapshot {
  const { name = 'default', 'initial-cluster': rows = 'default=http://localhost:2380', 'initial-cluster-token': token } = flags;
  const cluster = initialCluster(rows);
  const advertised = (flags['initial-advertise-peer-urls'] ?? 'http://localhost:2380').split(',');
  const problem = verifyBootstrap(name, advertised, cluster);
  if (problem !== undefined) throw new Failure(problem);
  return firstMember(
    name,
    cluster.map((one) => memberOf(one.name, one.peerUrls, token)),
  );
}

/** Revisions that clients saw after the snapshot was taken must not come again: they skip them and hear that what was before is compacted. */
function bumped(snapshot: MvccSnapshot, bump: number): MvccSnapshot {
  if (bump === 0) return snapshot;
  const store = MvccStore.restore(snapshot);
  if (snapshot.compactedRevision < snapshot.revision) store.compact(snapshot.revision);
  const revision = snapshot.revision + bump;
  return { ...store.snapshot(), revision, compactedRevision: revision };
}

function snapshotAt(session: Session, path: string): MvccSnapshot {
  const text = session.ctx.files.read(session.at(path));
  if (text === undefined) throw new Failure(`open ${path}: no such file or directory`);
  const snapshot = readSnapshotFile(text);
  if (!snapshot) throw new Failure('snapshot file integrity check failed. 1 errors found.\ninvalid database');
  return snapshot;
}

function write(session: Session, path: string, text: string, exitCode = 1): void {
  const { files } = session.ctx;
  const place = session.at(path);
  const parent = place.slice(0, place.lastIndexOf('/'));
  try {
    if (parent && !files.isDirectory(parent)) files.makeDirectory(parent);
    files.write(place, text);
  } catch (error) {
    throw new Failure(`could not open ${path}.part (open ${path}.part: ${(error as Error).message.toLowerCase()})`, exitCode);
  }
}

function log({ ctx }: Session, msg: string, fields: object): void {
  ctx.stderr(`${new Date(ctx.now).toISOString()}\tinfo\tsnapshot/v3_snapshot.go\t${msg}\t${JSON.stringify(fields)}\n`);
}
