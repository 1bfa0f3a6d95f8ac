import {
  emptyMember,
  firstMember,
  initialCluster,
  memberOf,
  readRestored,
  restoredPath,
  verifyBootstrap,
  verifyJoin,
  walPath,
  MvccStore,
  type InitialMember,
  type MemberInfo,
  type RaftDisk,
} from '../etcd';
import type { DaemonContext } from '../runtime/program';
import { membersPath, readMembers } from './etcd-peers';

export interface BootstrapOptions {
  readonly name: string;
  readonly dataDirectory: string;
  readonly initialCluster: string | undefined;
  readonly initialAdvertisePeerUrls: readonly string[];
  readonly isExisting: boolean;
  readonly token: string;
}

/** A peer that is asked for the members is given so long. */
const askMs = 10_000;

/**
 * What a member is before it serves (`server/etcdserver/bootstrap.go`): it goes on with the log in its data directory, takes up what
 * `etcdutl snapshot restore` left there, begins a new group, or joins one whose members it asks. Answers etcd's sentence where none of that will do.
 */
export function bootstrapMember(context: DaemonContext, options: BootstrapOptions, store: MvccStore, disk: RaftDisk): string | undefined {
  if (context.isResumed && !disk.isEmpty) return undefined;
  if (adoptRestored(context, options, store, disk) || hasLog(context, options, disk)) return undefined;
  const cluster = initialCluster(options.initialCluster ?? `${options.name}=${options.initialAdvertisePeerUrls.join()}`);
  const problem = options.isExisting ? join(context, options, cluster, disk) : begin(context, options, cluster, disk);
  if (problem !== undefined) return problem;
  store.install(MvccStore.create());
  markLog(context, options, disk);
  return undefined;
}

/** A data directory that has been moved away or deleted is as good as new. Before the first start nobody has written there yet. */
function hasLog(context: DaemonContext, options: BootstrapOptions, disk: RaftDisk): boolean {
  if (disk.isEmpty) return false;
  if (disk.directory === undefined) markLog(context, options, disk);
  return context.files.read(walPath(options.dataDirectory)) === logMark(disk);
}

function markLog({ files }: DaemonContext, { dataDirectory }: BootstrapOptions, disk: RaftDisk): void {
  const path = walPath(dataDirectory);
  files.makeDirectory(path.slice(0, path.lastIndexOf('/')));
  files.write(path, logMark(disk));
  disk.setDirectory(dataDirectory);
}

/** The log itself is kept beside the machine's files. */
function logMark({ id, clusterId }: RaftDisk): string {
  return `etcd WAL, member ${id}, cluster ${clusterId}\n`;
}

function adoptRestored(context: DaemonContext, options: BootstrapOptions, store: MvccStore, disk: RaftDisk): boolean {
  const path = restoredPath(options.dataDirectory);
  const text = context.files.read(path);
  const file = text === undefined ? undefined : readRestored(text);
  if (!file) return false;
  const { applied: _, ...snapshot } = file.snapshot;
  store.install(MvccStore.beginAnew(snapshot));
  disk.bootstrap(file.member ?? firstMember(options.name, [memberOf(options.name, options.initialAdvertisePeerUrls, options.token)]));
  context.files.remove(path);
  markLog(context, options, disk);
  return true;
}

function begin(
  { network, namespace }: DaemonContext,
  { name, initialAdvertisePeerUrls, token }: BootstrapOptions,
  cluster: readonly InitialMember[],
  disk: RaftDisk,
): string | undefined {
  const problem = verifyBootstrap(name, initialAdvertisePeerUrls, cluster);
  if (problem !== undefined) return problem;
  const members = cluster.map((one) => memberOf(one.name, one.peerUrls, token));
  const first = firstMember(name, members);
  const known = askPeers({ network, namespace }, name, cluster)?.members.find(({ id }) => id === first.id);
  if (known && known.clientUrls.length > 0) return `member ${first.id} has already been bootstrapped`;
  disk.bootstrap(first);
  return undefined;
}

function join(
  { network, namespace }: DaemonContext,
  { name }: BootstrapOptions,
  cluster: readonly InitialMember[],
  disk: RaftDisk,
): string | undefined {
  const problem = verifyJoin(name, cluster);
  if (problem !== undefined) return problem;
  const existing = askPeers({ network, namespace }, name, cluster);
  if (!existing) return 'cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs';
  const mismatch = mismatchOf(cluster, existing.members);
  if (mismatch !== undefined) return `error validating peerURLs ${describe(existing)}: ${mismatch}`;
  const urls = cluster.find((one) => one.name === name)?.peerUrls as readonly string[];
  const self = existing.members.find(({ peerUrls }) => isSame(peerUrls, urls)) as MemberInfo;
  disk.bootstrap(emptyMember(self.id, existing.clusterId, existing.members));
  return undefined;
}

interface Group {
  readonly clusterId: string;
  readonly members: readonly MemberInfo[];
}

/** The first peer that answers is believed (`GetClusterFromRemotePeers`). */
function askPeers(
  { network, namespace }: Pick<DaemonContext, 'network' | 'namespace'>,
  name: string,
  cluster: readonly InitialMember[],
): Group | undefined {
  const urls = cluster.flatMap((one) => (one.name === name ? [] : one.peerUrls)).sort();
  for (const url of urls) {
    const result = network.http(namespace, { method: 'GET', url: `${url}${membersPath}`, headers: {} }, { timeoutMs: askMs });
    const group = result.type === 'response' ? readMembers(result.response) : undefined;
    if (group) return group;
  }
  return undefined;
}

/** `membership.ValidateClusterAndAssignIDs`. */
function mismatchOf(local: readonly InitialMember[], existing: readonly MemberInfo[]): string | undefined {
  if (local.length !== existing.length) return 'member count is unequal';
  const byUrl = [...local].sort((a, b) => ((a.peerUrls[0] ?? '') < (b.peerUrls[0] ?? '') ? -1 : 1));
  const stranger = existing.find(({ peerUrls }) => !local.some((one) => isSame(one.peerUrls, peerUrls)));
  if (!stranger) return undefined;
  const [theirs, ours] = [stranger.peerUrls[0], byUrl.at(-1)?.peerUrls[0]].map((url) => JSON.stringify(url));
  return `PeerURLs: no match found for existing member (${stranger.id}, [${stranger.peerUrls.join(' ')}]), last resolver error (${theirs}(resolved from ${theirs}) != ${ours}(resolved from ${ours}))`;
}

/** Go's `%+v` of a `membership.RaftCluster`. */
function describe({ clusterId, members }: Group): string {
  const texts = members.map(
    ({ id, name, peerUrls, clientUrls, isLearner }) =>
      `&{ID:${id} RaftAttributes:{PeerURLs:[${peerUrls.join(' ')}] IsLearner:${isLearner}} Attributes:{Name:${clientUrls.length > 0 ? name : ''} ClientURLs:[${clientUrls.join(' ')}]}}`,
  );
  return `{ClusterID:${clusterId} Members:[${texts.join(' ')}] RemovedMemberIDs:[]}`;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return [...one].sort().join() === [...other].sort().join();
}
