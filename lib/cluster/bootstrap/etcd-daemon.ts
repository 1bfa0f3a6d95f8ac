import { failToStart, ignored, parseFlags, type Flags } from '../client';
import { EtcdError, EtcdMember, MvccStore, readSnapshotFile, restoredPath } from '../etcd';
import { rfc3339Micro } from '../kernel';
import type { HttpResponse } from '../network/types';
import type { Daemon, DaemonContext } from '../runtime/program';

interface CommandLine {
  readonly listenClientUrls: readonly string[];
  readonly listenPeerUrls: readonly string[];
  readonly metricsUrls: readonly string[];
  readonly name: string;
  readonly dataDirectory: string;
  readonly heartbeatMs: number;
  readonly electionMs: number;
  readonly quotaBytes: number;
  readonly snapshotCount: number;
  readonly progressNotifyMs: number;
}

const flags: Flags<CommandLine> = {
  'listen-client-urls': { type: 'list', apply: (line, listenClientUrls) => ({ ...line, listenClientUrls }) },
  'listen-peer-urls': { type: 'list', apply: (line, listenPeerUrls) => ({ ...line, listenPeerUrls }) },
  'listen-metrics-urls': { type: 'list', apply: (line, metricsUrls) => ({ ...line, metricsUrls }) },
  name: { type: 'string', apply: (line, name) => ({ ...line, name }) },
  'data-dir': { type: 'string', apply: (line, dataDirectory) => ({ ...line, dataDirectory }) },
  'heartbeat-interval': { type: 'number', apply: (line, heartbeatMs) => ({ ...line, heartbeatMs }) },
  'election-timeout': { type: 'number', apply: (line, electionMs) => ({ ...line, electionMs }) },
  'quota-backend-bytes': { type: 'number', apply: (line, quotaBytes) => ({ ...line, quotaBytes }) },
  'snapshot-count': { type: 'number', apply: (line, snapshotCount) => ({ ...line, snapshotCount }) },
  'watch-progress-notify-interval': { type: 'duration', apply: (line, progressNotifyMs) => ({ ...line, progressNotifyMs }) },
  ...Object.fromEntries(
    [
      'advertise-client-urls',
      'cert-file',
      'client-cert-auth',
      'initial-advertise-peer-urls',
      'initial-cluster',
      'initial-cluster-state',
      'initial-cluster-token',
      'key-file',
      'peer-cert-file',
      'peer-client-cert-auth',
      'peer-key-file',
      'peer-trusted-ca-file',
      'trusted-ca-file',
      'feature-gates',
      'auto-compaction-mode',
      'auto-compaction-retention',
      'log-level',
    ].map((flag) => [flag, ignored]),
  ),
};

const defaults: CommandLine = {
  listenClientUrls: ['http://localhost:2379'],
  listenPeerUrls: ['http://localhost:2380'],
  metricsUrls: [],
  name: 'default',
  dataDirectory: 'default.etcd',
  heartbeatMs: 100,
  electionMs: 1000,
  quotaBytes: 0,
  snapshotCount: 10_000,
  progressNotifyMs: 600_000,
};

/** One etcd member on its machine's data directory. */
export const etcdDaemon: Daemon = {
  start(context) {
    const parsed = parseFlags(flags, context.argv.slice(1), defaults);
    if (parsed.type === 'error') return failToStart(context, parsed.message);
    const line = parsed.options;
    const problem = checkLine(line);
    if (problem) return failToStart(context, problem);
    const member = createMember(context, line);
    if (!member) return failToStart(context, 'no data directory on this machine');
    for (const port of portsOf(line.listenClientUrls, 2379)) context.listen(port, 'TCP', { etcd: (caller) => member.as(caller), http: healthOf(member) });
    for (const port of portsOf(line.listenPeerUrls, 2380)) context.listen(port, 'TCP', { peer: (message) => member.receive(message) });
    for (const port of portsOf(line.metricsUrls, 2381)) context.listen(port, 'TCP', { http: healthOf(member) });
    member.start();
    logger(context)('ready to serve client requests', {});
    return { stop: () => member.stop() };
  },
};

/** `server/embed/config.go`. */
function checkLine({ heartbeatMs, electionMs }: CommandLine): string | undefined {
  if (heartbeatMs <= 0) return `--heartbeat-interval must be >0 (set to ${heartbeatMs}ms)`;
  if (electionMs <= 0) return `--election-timeout must be >0 (set to ${electionMs}ms)`;
  if (5 * heartbeatMs > electionMs)
    return `--election-timeout[${electionMs}ms] should be at least as 5 times as --heartbeat-interval[${heartbeatMs}ms]`;
  return electionMs > 50_000 ? `--election-timeout[${electionMs}ms] is too long, and should be set less than 50000ms` : undefined;
}

function createMember(context: DaemonContext, line: CommandLine): EtcdMember | undefined {
  const { kernel, machine, network, namespace } = context;
  const { etcd: store, raft: disk } = machine;
  if (!store || !disk) return undefined;
  adoptRestored(context, line, store);
  const instance = context.instance ?? `${machine.bootId}/${kernel.now}`;
  const { name, heartbeatMs, electionMs, quotaBytes, snapshotCount, progressNotifyMs } = line;
  return new EtcdMember({
    kernel,
    name,
    store,
    disk,
    instance,
    heartbeatMs,
    electionMs,
    quotaBytes,
    snapshotCount,
    progressNotifyMs,
    random: kernel.random.fork(`etcd/${name}/${instance}`),
    send: ({ peerUrls }, message) => peerUrls.some((url) => network.sendPeer(namespace, url, message)),
    log: logger(context),
  });
}

/**
 * `etcdutl snapshot restore` left a store where this member looks: it becomes what the member holds.
 * Only a member that is alone does so; several would have to begin a new group together, which is not simulated.
 */
function adoptRestored(context: DaemonContext, { dataDirectory }: CommandLine, store: MvccStore): void {
  const path = restoredPath(dataDirectory);
  const text = context.files.read(path);
  const snapshot = text === undefined ? undefined : readSnapshotFile(text);
  if (!snapshot) return;
  if ((context.machine.raft?.members.length ?? 0) > 1)
    return logger(context)('restoring a group of several members is not simulated; the snapshot is left alone', { path });
  const { applied: _, ...rest } = snapshot;
  store.install(MvccStore.restore(store.applied ? { ...rest, applied: store.applied } : rest));
  context.files.remove(path);
  logger(context)('restored from snapshot', { path, revision: snapshot.revision });
}

function logger(context: DaemonContext): (message: string, fields: object) => void {
  return (msg, fields) => context.log(JSON.stringify({ level: 'info', ts: rfc3339Micro(context.kernel.now), msg, ...fields }));
}

function portsOf(urls: readonly string[], missing: number): ReadonlySet<number> {
  return new Set(urls.map((url) => Number(/:(\d+)$/.exec(url)?.[1] ?? missing)));
}

/** `/health` and `/readyz` ask whether the group still agrees on anything; `/livez` does not. */
function healthOf(member: EtcdMember): (request: { readonly url: string }) => HttpResponse {
  return ({ url }) => {
    const path = url.replace(/^https?:\/\/[^/]+/, '').split('?')[0];
    if (path === '/livez') return text(200, 'ok\n');
    if (path === '/readyz')
      return failure(member) === undefined
        ? text(200, 'ok\n')
        : text(503, `[+]data_corruption ok\n[+]serializable_read ok\n[-]linearizable_read failed: ${failure(member)}\n[+]non_learner ok\n`);
    if (path !== '/health') return text(404, '404 page not found\n');
    const reason = failure(member);
    const body = JSON.stringify(
      reason === undefined ? { health: 'true', reason: '' } : { health: 'false', reason: `RANGE ERROR:${reason}` },
    );
    return { status: reason === undefined ? 200 : 503, headers: { 'content-type': 'application/json' }, body };
  };
}

function failure(member: EtcdMember): string | undefined {
  try {
    member.range('a');
    return undefined;
  } catch (error) {
    if (error instanceof EtcdError) return error.message;
    throw error;
  }
}

function text(status: number, body: string): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain' }, body };
}
