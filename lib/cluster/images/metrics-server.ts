import { failure, type KubeObject } from '../api';
import { rfc3339 } from '../kernel';
import type { HttpRequest } from '../network/types';
import { defineImage, type ProcessContext, type Program } from '../runtime/program';

/** When a counter was read (milliseconds), the processor time it told (nanoseconds) and the memory then (bytes). */
type Point = readonly [at: number, cpu: number, memory: number];

/** One round of scrapes: of nodes by `node/name`, of containers by `namespace/pod/name`. */
type Batch = Readonly<Record<string, Point>>;

/** Usage is what lies between two rounds. */
interface State {
  readonly before: Batch;
  readonly latest: Batch;
}

const group = '/apis/metrics.k8s.io/v1beta1';

/** metrics-server: asks every kubelet what is used, and serves the difference between its last two rounds (`kubernetes-sigs/metrics-server`). */
const program: Program<any> = {
  start(ctx): State {
    const port = Number(flag(ctx, 'secure-port') ?? '443');
    if (!ctx.listen(port)) {
      ctx.stderr(
        `panic: failed to create listener: failed to listen on 0.0.0.0:${port}: listen tcp 0.0.0.0:${port}: bind: address already in use\n`,
      );
      ctx.exit(2);
    }
    ctx.stderr(`Serving securely on [::]:${port}\n`);
    ctx.after(0, 'scrape');
    return { before: {}, latest: {} };
  },
  onTimer(ctx, state: State): State {
    ctx.after(resolutionMs(ctx), 'scrape');
    return { before: state.latest, latest: scrape(ctx) };
  },
  onRequest: (ctx, state: State, request) => ({ state, response: answer(ctx, state, request) }),
  onSignal(ctx, state, signal) {
    if (signal === 'SIGTERM' || signal === 'SIGINT') ctx.exit(0);
    return state;
  },
};

export const metricsServer = defineImage({
  repository: 'registry.k8s.io/metrics-server/metrics-server',
  tags: ['v0.8.0', 'v0.7.2', 'v0.7.1', 'v0.7.0'],
  sizeBytes: 22_522_432,
  footprint: { milliCpu: 3, memoryBytes: 18 * 1024 * 1024 },
  entrypoint: ['/metrics-server'],
  programs: { '/metrics-server': program },
});

function flag({ argv }: ProcessContext, name: string): string | undefined {
  return argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
}

function resolutionMs(ctx: ProcessContext): number {
  const [, count = '60', unit = 's'] = /^(\d+)(s|m)$/.exec(flag(ctx, 'metric-resolution') ?? '') ?? [];
  return Number(count) * (unit === 'm' ? 60_000 : 1000);
}

function get(ctx: ProcessContext, url: string): { status: number; body: string } | undefined {
  const token = ctx.files.read('/var/run/secrets/kubernetes.io/serviceaccount/token') ?? '';
  const result = ctx.http(
    { method: 'GET', url, headers: { accept: 'application/json', authorization: `Bearer ${token}` } },
    { timeoutMs: 10_000 },
  );
  return result.type === 'response' ? result.response : undefined;
}

/** What the API server has at `path`, or what it answered instead. */
function ask(ctx: ProcessContext, path: string): { found: any } | { refusal: { status: number; body: string } } {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = ctx.env;
  const response = get(ctx, `https://${host}:${port}${path}`) ?? refusal(503, 'ServiceUnavailable', 'the API server does not answer');
  return response.status === 200 ? { found: JSON.parse(response.body) } : { refusal: response };
}

// --- the scraper ------------------------------------------------------------------------------------------------

function scrape(ctx: ProcessContext): Batch {
  const points: Record<string, Point> = {};
  const listed = ask(ctx, '/api/v1/nodes');
  if ('refusal' in listed) ctx.stderr(`Failed to list nodes: ${listed.refusal.body}\n`);
  for (const node of 'found' in listed ? (listed.found.items as KubeObject[]) : []) {
    const read = readNode(ctx, node);
    if (read) take(read, node.metadata.name as string, points);
  }
  return points;
}

function readNode(ctx: ProcessContext, { metadata, status }: KubeObject): string | undefined {
  const preferred = (flag(ctx, 'kubelet-preferred-address-types') ?? 'Hostname,InternalDNS,InternalIP,ExternalDNS,ExternalIP').split(',');
  const addresses = (status?.addresses ?? []) as { type: string; address: string }[];
  const address = preferred.flatMap((type) => addresses.filter((one) => one.type === type))[0]?.address;
  const response = address && get(ctx, `https://${address}:${status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250}/metrics/resource`);
  if (response && response.status === 200) return response.body;
  ctx.stderr(`Failed to scrape node: ${metadata.name}\n`);
  return undefined;
}

const metricLine = /^(node|container)_(cpu_usage_seconds_total|memory_working_set_bytes)(?:\{(.*)\})? (\S+) (\d+)$/;

function take(text: string, node: string, points: Record<string, Point>): void {
  for (const line of text.split('\n')) {
    const [, of, what, labels = '', value = '', at = ''] = metricLine.exec(line) ?? [];
    if (!of) continue;
    const {
      namespace,
      pod,
      container = '',
    } = Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, text]) => [name, text]));
    const key = of === 'node' ? `node/${node}` : `${namespace}/${pod}/${container}`;
    const [, cpu, memory] = points[key] ?? [0, 0, 0];
    points[key] =
      what === 'memory_working_set_bytes' ? [Number(at), cpu, Number(value)] : [Number(at), Math.round(Number(value) * 1e9), memory];
  }
}

// --- the API ----------------------------------------------------------------------------------------------------

function answer(
  ctx: ProcessContext,
  state: State,
  { url }: HttpRequest,
): { status: number; headers: Record<string, string>; body: string } {
  const { pathname, searchParams } = new URL(url);
  if (/^\/(livez|healthz)$/.test(pathname)) return plain(200, 'ok');
  if (pathname === '/readyz')
    return Object.keys(state.latest).length > 0 ? plain(200, 'ok') : plain(500, '[-]metric-storage-ready failed: reason withheld\n');
  if (pathname === group)
    return json(200, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'metrics.k8s.io/v1beta1', resources });
  const found = /^\/apis\/metrics\.k8s\.io\/v1beta1\/(?:(nodes)|(?:namespaces\/([^/]+)\/)?pods)(?:\/([^/]+))?$/.exec(pathname);
  if (!found) return plain(404, '404 page not found\n');
  const [, isNodes, namespace, name] = found;
  const kind = isNodes ? nodeMetrics : podMetrics;
  const path = isNodes ? '/api/v1/nodes' : `/api/v1/${namespace ? `namespaces/${namespace}/` : ''}pods`;
  return name === undefined ? list(ctx, state, kind, `${path}?${selectorsOf(searchParams)}`) : one(ctx, state, kind, path, name);
}

/** What selects Pods and nodes selects their metrics. */
function selectorsOf(asked: URLSearchParams): string {
  return ['labelSelector', 'fieldSelector'].map((name) => `${name}=${encodeURIComponent(asked.get(name) ?? '')}`).join('&');
}

interface Kind {
  readonly kind: string;
  readonly resource: string;
  readonly measure: (state: State, object: KubeObject) => object | undefined;
}

const nodeMetrics: Kind = {
  kind: 'NodeMetrics',
  resource: 'nodemetrics',
  measure({ before, latest }, { metadata }) {
    const key = `node/${metadata.name}`;
    return between(before[key], latest[key]);
  },
};

const podMetrics: Kind = {
  kind: 'PodMetrics',
  resource: 'podmetrics',
  measure({ before, latest }, { metadata, spec, status }) {
    if (status?.phase !== 'Running') return undefined;
    const measured = (spec.containers as { name: string }[]).map(({ name }) => {
      const key = `${metadata.namespace}/${metadata.name}/${name}`;
      return { name, ...between(before[key], latest[key]) };
    });
    const [first] = measured;
    if (!first?.timestamp || measured.some(({ usage }) => !usage)) return undefined;
    return { timestamp: first.timestamp, window: first.window, containers: measured.map(({ name, usage }) => ({ name, usage })) };
  },
};

const resources = [
  { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
  { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
];

function list(ctx: ProcessContext, state: State, { kind, measure }: Kind, path: string) {
  const listed = ask(ctx, path);
  if ('refusal' in listed) return passedOn(listed.refusal);
  const items = (listed.found.items as KubeObject[]).flatMap((object) => {
    const measured = measure(state, object);
    return measured ? [{ metadata: metadataOf(ctx, object), ...measured }] : [];
  });
  return json(200, { kind: `${kind}List`, apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items });
}

function one(ctx: ProcessContext, state: State, { kind, resource, measure }: Kind, path: string, name: string) {
  const asked = ask(ctx, `${path}/${name}`);
  if ('refusal' in asked && asked.refusal.status !== 404) return passedOn(asked.refusal);
  const measured = 'found' in asked && measure(state, asked.found as KubeObject);
  if (!measured)
    return refusal(404, 'NotFound', `${resource}.metrics.k8s.io ${JSON.stringify(name)} not found`, {
      group: 'metrics.k8s.io',
      kind: resource,
      name,
    });
  return json(200, { kind, apiVersion: 'metrics.k8s.io/v1beta1', metadata: metadataOf(ctx, asked.found as KubeObject), ...measured });
}

function metadataOf(ctx: ProcessContext, { metadata: { name, namespace, labels } }: KubeObject): object {
  return { name, ...(namespace ? { namespace } : {}), creationTimestamp: rfc3339(ctx.now), ...(labels ? { labels } : {}) };
}

/** Nothing, when either round did not see it or it was started anew in between. */
function between(before: Point | undefined, latest: Point | undefined) {
  if (!before || !latest || latest[1] < before[1] || latest[0] <= before[0]) return undefined;
  const windowMs = latest[0] - before[0];
  const usage = { cpu: cores(Math.floor(((latest[1] - before[1]) * 1000) / windowMs)), memory: bytes(latest[2]) };
  return { timestamp: `${new Date(latest[0]).toISOString().slice(0, 19)}Z`, window: duration(windowMs), usage };
}

/** Nanocores, as `resource.Quantity` writes them: in the largest unit that divides them. */
function cores(count: number): string {
  const units = ['n', 'u', 'm', ''];
  let [rest, unit] = [count, 0];
  for (; unit < 3 && rest % 1000 === 0; unit++) rest /= 1000;
  return `${rest}${units[unit]}`;
}

function bytes(count: number): string {
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'];
  let [rest, unit] = [count, 0];
  for (; rest !== 0 && unit < 4 && rest % 1024 === 0; unit++) rest /= 1024;
  return `${rest}${units[unit]}`;
}

function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes > 0 ? `${minutes}m${(ms % 60_000) / 1000}s` : `${ms / 1000}s`;
}

function plain(status: number, body: string) {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

function json(status: number, body: object) {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** What the API server says when it does not answer what was asked of it. */
function passedOn({ status, body }: { status: number; body: string }) {
  return { status, headers: { 'content-type': 'application/json' }, body };
}

function refusal(status: number, reason: string, message: string, details?: Record<string, string>) {
  return json(status, failure(status, reason as never, message, details as never).status);
}
