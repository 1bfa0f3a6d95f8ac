import { assert, pathOfUrl } from '@/lib/base';
import { failToStart, ignored, parseFlags, readDuration, type Flags } from '../client';
import {
  AutoCompactor,
  defaultToken,
  EtcdError,
  EtcdMember,
  type AutoCompaction,
  type Delivery,
  type MvccStore,
  type RaftDisk,
} from '../etcd';
import { rfc3339Micro } from '../kernel';
import type { HttpResponse } from '../network/types';
import type { Daemon, DaemonContext } from '../runtime/program';
import { bootstrapMember, type BootstrapOptions } from './etcd-bootstrap';
import { askToPromote, peersOf } from './etcd-peers';

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
  readonly advertiseClientUrls: readonly string[];
  readonly initialAdvertisePeerUrls: readonly string[];
  readonly initialCluster: string | undefined;
  readonly initialClusterState: string;
  readonly initialClusterToken: string;
  readonly autoCompactionMode: string;
  readonly autoCompactionRetention: string;
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
  'advertise-client-urls': { type: 'list', apply: (line, advertiseClientUrls) => ({ ...line, advertiseClientUrls }) },
  'initial-advertise-peer-urls': {
    type: 'list',
    apply: (line, initialAdvertisePeerUrls) => ({ ...line, initialAdvertisePeerUrls }),
  },
  'initial-cluster': { type: 'string', apply: (line, initialCluster) => ({ ...line, initialCluster }) },
  'initial-cluster-state': { type: 'string', apply: (line, initialClusterState) => ({ ...line, initialClusterState }) },
  'initial-cluster-token': { type: 'string', apply: (line, initialClusterToken) => ({ ...line, initialClusterToken }) },
  'auto-compaction-mode': { type: 'string', apply: (line, autoCompactionMode) => ({ ...line, autoCompactionMode }) },
  'auto-compaction-retention': { type: 'string', apply: (line, autoCompactionRetention) => ({ ...line, autoCompactionRetention }) },
  ...Object.fromEntries(
    [
      'cert-file',
      'client-cert-auth',
      'key-file',
      'peer-cert-file',
      'peer-client-cert-auth',
      'peer-key-file',
      'peer-trusted-ca-file',
      'trusted-ca-file',
      'feature-gates',
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
  advertiseClientUrls: ['http://localhost:2379'],
  initialAdvertisePeerUrls: ['http://localhost:2380'],
  initialCluster: undefined,
  initialClusterState: 'new',
  initialClusterToken: defaultToken,
  autoCompactionMode: 'periodic',
  autoCompactionRetention: '0',
};

/** One etcd member on its machine's data directory. */
export const etcdDaemon: Daemon = {
  start(context) {
    const parsed = parseFlags(flags, context.argv.slice(1), defaults);
    if (parsed.type === 'error') return failToStart(context, parsed.message);
    const line = parsed.options;
    const problem = checkLine(line);
    if (problem) return failToStart(context, problem);
    const { etcd: store, raft: disk } = context.machine;
    if (!store || !disk) return failToStart(context, 'no data directory on this machine');
    const failure = bootstrapMember(context, bootstrapOptions(line), store, disk);
    return failure === undefined ? serve(context, line, store, disk) : fatal(context, failure);
  },
};

function serve(context: DaemonContext, line: CommandLine, store: MvccStore, disk: RaftDisk): { stop(): void } {
  const member = createMember(context, line, store, disk);
  const peers = peersOf(member);
  for (const port of portsOf(line.listenClientUrls, 2379))
    context.listen(port, 'TCP', { etcd: (caller) => member.as(caller), http: healthOf(member) });
  for (const port of portsOf(line.listenPeerUrls, 2380))
    context.listen(port, 'TCP', { peer: (message) => member.receive(message), http: peers });
  for (const port of portsOf(line.metricsUrls, 2381)) context.listen(port, 'TCP', { http: healthOf(member) });
  member.start();
  const compactor = new AutoCompactor({ kernel: context.kernel, name: line.name, member, ...compactionOf(line) });
  compactor.start();
  logger(context)('ready to serve client requests', {});
  return {
    stop() {
      compactor.stop();
      member.stop();
    },
  };
}

/** etcd's last words (`etcdmain/etcd.go`). */
function fatal(context: DaemonContext, error: string): { stop(): void } {
  context.log(JSON.stringify({ level: 'fatal', ts: rfc3339Micro(context.kernel.now), msg: 'discovery failed', error }));
  context.exit(1, error);
  return { stop() {} };
}

/** `server/embed/config.go`. */
function checkLine(line: CommandLine): string | undefined {
  const { heartbeatMs, electionMs, initialClusterState, initialCluster: rows } = line;
  if (initialClusterState !== 'new' && initialClusterState !== 'existing')
    return `invalid value ${JSON.stringify(initialClusterState)} for flag --initial-cluster-state`;
  const malformed = (rows ?? '').split(',').find((row) => row !== '' && !/^[^=]+=https?:\/\/[^/:]+:\d+$/.test(row));
  if (malformed !== undefined) return `error setting up initial cluster: URL address does not have the form "host:port": ${malformed}`;
  if (heartbeatMs <= 0) return `--heartbeat-interval must be >0 (set to ${heartbeatMs}ms)`;
  if (electionMs <= 0) return `--election-timeout must be >0 (set to ${electionMs}ms)`;
  if (5 * heartbeatMs > electionMs)
    return `--election-timeout[${electionMs}ms] should be at least as 5 times as --heartbeat-interval[${heartbeatMs}ms]`;
  if (electionMs > 50_000) return `--election-timeout[${electionMs}ms] is too long, and should be set less than 50000ms`;
  const compaction = readCompaction(line);
  return typeof compaction === 'string' ? compaction : undefined;
}

function compactionOf(line: CommandLine): AutoCompaction {
  const compaction = readCompaction(line);
  assert(typeof compaction !== 'string', 'the command line has been checked');
  return compaction;
}

/** A bare number counts revisions, or hours. */
function readCompaction({ autoCompactionMode: mode, autoCompactionRetention: text }: CommandLine): AutoCompaction | string {
  if (mode !== 'periodic' && mode !== 'revision')
    return mode === '' ? 'undefined auto-compaction-mode' : `unknown auto-compaction-mode ${JSON.stringify(mode)}`;
  if (/^\d+$/.test(text)) return { mode, retention: mode === 'periodic' ? Number(text) * 3_600_000 : Number(text) };
  const duration = readDuration(text);
  if (duration instanceof Error) return `error parsing CompactionRetention: ${duration.message}`;
  return { mode, retention: mode === 'periodic' ? duration : duration * 1e6 };
}

function bootstrapOptions(line: CommandLine): BootstrapOptions {
  const { name, dataDirectory, initialAdvertisePeerUrls, initialCluster } = line;
  return {
    name,
    dataDirectory,
    initialAdvertisePeerUrls,
    initialCluster,
    isExisting: line.initialClusterState === 'existing',
    token: line.initialClusterToken,
  };
}

function createMember(context: DaemonContext, line: CommandLine, store: MvccStore, disk: RaftDisk): EtcdMember {
  const { kernel, machine, network, namespace } = context;
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
    clientUrls: line.advertiseClientUrls,
    send: ({ peerUrls }, message) => deliver(peerUrls, (url) => network.sendPeer(namespace, url, message)),
    settle: (isDone, limitMs) => network.settlePeers(isDone, limitMs),
    isConnected: ({ peerUrls }) => peerUrls.some((url) => isOpen(context, url)),
    promoteAt: (leader, id) => askToPromote(network, namespace, leader, id),
    onRemoved: () => endRemoved(context),
    onPanic: (msg) => panic(context, msg),
    log: logger(context),
  });
}

/** The first URL at which somebody takes the message. */
function deliver(urls: readonly string[], send: (url: string) => Delivery): Delivery {
  for (const url of urls) {
    const delivery = send(url);
    if (delivery !== false) return delivery;
  }
  return false;
}

function isOpen({ network, namespace }: DaemonContext, url: string): boolean {
  const [, host = '', port = ''] = /^https?:\/\/([^:/]+):(\d+)$/.exec(url) ?? [];
  return network.connect(namespace, host, Number(port)).type === 'open';
}

/** A Go program that panics ends with 2. */
function panic(context: DaemonContext, msg: string): void {
  context.log(JSON.stringify({ level: 'panic', ts: rfc3339Micro(context.kernel.now), logger: 'raft', msg }));
  context.exit(2, msg);
}

function endRemoved(context: DaemonContext): void {
  const warn = (msg: string, fields: object) =>
    context.log(JSON.stringify({ level: 'warn', ts: rfc3339Micro(context.kernel.now), msg, ...fields }));
  warn('server error', { error: 'the member has been permanently removed from the cluster' });
  warn('data-dir used by this member must be removed', {});
  context.exit(0);
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
    const path = pathOfUrl(url);
    if (path === '/livez') return text(200, 'ok\n');
    if (path === '/readyz') return readiness(member);
    if (path !== '/health') return text(404, '404 page not found\n');
    const reason = failure(member);
    const body = JSON.stringify(
      reason === undefined ? { health: 'true', reason: '' } : { health: 'false', reason: `RANGE ERROR:${reason}` },
    );
    return { status: reason === undefined ? 200 : 503, headers: { 'content-type': 'application/json' }, body };
  };
}

function readiness(member: EtcdMember): HttpResponse {
  const problem = member.isLearner ? undefined : failure(member);
  if (problem === undefined && !member.isLearner) return text(200, 'ok\n');
  const line = (name: string, why: string | undefined) => (why === undefined ? `[+]${name} ok\n` : `[-]${name} failed: ${why}\n`);
  const checks = ['data_corruption', 'serializable_read'].map((name) => line(name, undefined)).join('');
  return text(
    503,
    checks + line('linearizable_read', problem) + line('non_learner', member.isLearner ? 'not supported for learner' : undefined),
  );
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
