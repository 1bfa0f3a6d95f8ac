import { failToStart, ignored, parseFlags, type Flags } from '../client';
import type { Daemon } from '../runtime/program';

interface CommandLine {
  readonly listenClientUrls: readonly string[];
  readonly metricsUrls: readonly string[];
  readonly name: string;
}

const flags: Flags<CommandLine> = {
  'listen-client-urls': { type: 'list', apply: (line, listenClientUrls) => ({ ...line, listenClientUrls }) },
  'listen-metrics-urls': { type: 'list', apply: (line, metricsUrls) => ({ ...line, metricsUrls }) },
  name: { type: 'string', apply: (line, name) => ({ ...line, name }) },
  ...Object.fromEntries([
    'advertise-client-urls', 'cert-file', 'client-cert-auth', 'data-dir', 'initial-advertise-peer-urls', 'initial-cluster', 'initial-cluster-state', 'initial-cluster-token', 'key-file',
    'listen-peer-urls', 'peer-cert-file', 'peer-client-cert-auth', 'peer-key-file', 'peer-trusted-ca-file', 'snapshot-count', 'trusted-ca-file', 'watch-progress-notify-interval',
    'auto-compaction-mode', 'auto-compaction-retention', 'quota-backend-bytes', 'heartbeat-interval', 'election-timeout', 'log-level',
  ].map((flag) => [flag, ignored])),
};

/** One etcd member on its machine's data directory. Members do not replicate yet: a cluster has one. */
export const etcdDaemon: Daemon = {
  start(context) {
    const parsed = parseFlags(flags, context.argv.slice(1), { listenClientUrls: ['http://localhost:2379'], metricsUrls: [], name: 'default' });
    if (parsed.type === 'error') return failToStart(context, parsed.message);
    const store = context.machine.etcd;
    if (!store) return failToStart(context, 'no data directory on this machine');
    const { listenClientUrls, metricsUrls, name } = parsed.options;
    const ports = (urls: readonly string[]) => new Set(urls.map((url) => Number(/:(\d+)$/.exec(url)?.[1] ?? 2379)));
    for (const port of ports(listenClientUrls)) context.listen(port, 'TCP', { etcd: store, http: health });
    for (const port of ports(metricsUrls)) context.listen(port, 'TCP', { http: health });
    context.log(JSON.stringify({ level: 'info', msg: 'ready to serve client requests', 'local-member-name': name, revision: store.revision }));
    return { stop() {} };
  },
};

function health({ url }: { url: string }) {
  const path = url.replace(/^https?:\/\/[^/]+/, '').split('?')[0];
  if (path === '/health') return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"health":"true","reason":""}' };
  if (path === '/livez' || path === '/readyz') return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok\n' };
  return { status: 404, headers: {}, body: '404 page not found\n' };
}
