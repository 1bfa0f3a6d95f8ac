import { compareBytes, prefixEnd } from '@/lib/base';
import type { ResourceDefinition } from '../api';
import type { Etcd } from '../etcd';
import type { RequestInfo } from './request-info';
import { storageRoot } from './storage';

type Labels = Readonly<Record<string, string>>;

interface Counted {
  readonly labels: Labels;
  count: number;
}

/** How often what was asked, by answer (`endpoints/metrics`). Counting costs a request one look-up and keeps a number. */
export class RequestMetrics {
  readonly #counts = new Map<string, number>();

  count(info: RequestInfo, method: string, code: number): void {
    const key = keyOf(info, method, code);
    const known = this.#counts.get(key);
    if (known !== undefined || this.#counts.size < countersMax) this.#counts.set(key, (known ?? 0) + 1);
  }

  all(): readonly Counted[] {
    return [...this.#counts].map(([key, count]) => ({ labels: labelsOf(key), count }));
  }
}

/** Paths are the client's to make up. */
const countersMax = 5000;

/** The key a request was last counted under: the same is asked again and again, and answered as before. */
const lastKeys = new WeakMap<RequestInfo, { readonly method: string; readonly code: number; readonly key: string }>();

function keyOf(info: RequestInfo, method: string, code: number): string {
  const last = lastKeys.get(info);
  if (last?.code === code && last.method === method) return last.key;
  const key = makeKey(info, method, code);
  lastKeys.set(info, { method, code, key });
  return key;
}

/** The values of the labels below, in their order. */
function makeKey(info: RequestInfo, method: string, code: number): string {
  if (!info.isResource) return `${code}\0\0\0\0\0${info.path}\0${method}\0`;
  const { verb, group, version, resource, subresource, name, namespace, query } = info;
  const dryRun = query.size > 0 ? (query.get('dryRun') ?? '') : '';
  const scope = name || verb === 'create' ? 'resource' : namespace ? 'namespace' : 'cluster';
  return `${code}\0${dryRun}\0${group}\0${resource}\0${scope}\0${subresource}\0${verb}\0${version}`;
}

const verbs: Readonly<Record<string, string>> = { create: 'POST', update: 'PUT', HEAD: 'GET' };

function labelsOf(key: string): Labels {
  const [code = '', dryRun = '', group = '', resource = '', scope = '', subresource = '', verb = '', version = ''] = key.split('\0');
  const shown = verbs[verb] ?? verb.toUpperCase();
  return { code, component: 'apiserver', dry_run: dryRun, group, resource, scope, subresource, verb: shown, version };
}

export interface MetricsSources {
  readonly requests: RequestMetrics;
  readonly resources: readonly ResourceDefinition[];
  readonly etcd: Etcd;
  readonly watching: (definition: ResourceDefinition) => number;
  readonly version: Labels;
}

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: readonly (readonly [suffix: string, labels: Labels, value: number])[];
}

/** `/metrics` in Prometheus' text form. Requests take no simulated time of their own, so every latency is in the first bucket. */
export function renderMetrics({ requests, resources, etcd, watching, version }: MetricsSources): string {
  const served = resources.filter(({ storedAs, verbs: own }) => !storedAs && !own);
  const metrics: Metric[] = [
    {
      name: 'apiserver_current_inflight_requests',
      type: 'gauge',
      help: '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
      samples: ['mutating', 'readOnly'].map((kind) => ['', { request_kind: kind }, 0] as const),
    },
    {
      name: 'apiserver_longrunning_requests',
      type: 'gauge',
      help: '[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
      samples: served.flatMap((definition) => {
        const { group, version: own, names } = definition;
        const count = watching(definition);
        const labels = {
          component: 'apiserver',
          group,
          resource: names.plural,
          scope: 'cluster',
          subresource: '',
          verb: 'WATCH',
          version: own,
        };
        return count > 0 ? [['', labels, count] as const] : [];
      }),
    },
    durations(requests),
    {
      name: 'apiserver_request_total',
      type: 'counter',
      help: '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
      samples: requests.all().map(({ labels, count }) => ['', labels, count] as const),
    },
    {
      name: 'apiserver_resource_objects',
      type: 'gauge',
      help: '[ALPHA] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
      samples: served.map(
        (definition) => ['', { group: definition.group, resource: definition.names.plural }, stored(etcd, definition)] as const,
      ),
    },
    {
      name: 'apiserver_storage_objects',
      type: 'gauge',
      help: '[STABLE] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
      samples: served.map((definition) => ['', { resource: qualified(definition) }, stored(etcd, definition)] as const),
    },
    {
      name: 'kubernetes_build_info',
      type: 'gauge',
      help: "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
      samples: [['', version, 1]],
    },
  ];
  return metrics.map(text).join('');
}

const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

function durations(requests: RequestMetrics): Metric {
  const byLabels = new Map<string, Counted>();
  for (const { labels: all, count } of requests.all()) {
    const { code: _, ...labels } = all;
    if (labels['verb'] === 'WATCH') continue;
    const key = render(labels);
    const known = byLabels.get(key);
    if (known) known.count += count;
    else byLabels.set(key, { labels, count });
  }
  return {
    name: 'apiserver_request_duration_seconds',
    type: 'histogram',
    help: '[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
    samples: [...byLabels.values()].flatMap(({ labels, count }) => [
      ...buckets.map((le) => ['_bucket', { ...labels, le: String(le) }, count] as const),
      ['_bucket', { ...labels, le: '+Inf' }, count] as const,
      ['_sum', labels, 0] as const,
      ['_count', labels, count] as const,
    ]),
  };
}

function qualified({ group, names }: ResourceDefinition): string {
  return group ? `${names.plural}.${group}` : names.plural;
}

function stored(etcd: Etcd, definition: ResourceDefinition): number {
  const root = storageRoot(definition);
  try {
    return etcd.range(root, { end: prefixEnd(root) as string, countOnly: true, serializable: true }).count;
  } catch {
    return -1;
  }
}

function text({ name, type, help, samples }: Metric): string {
  if (samples.length === 0) return '';
  const lines = samples.map(([suffix, labels, value]) => `${name}${suffix}${render(labels)} ${value}`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
}

function render(labels: Labels): string {
  const names = Object.keys(labels).sort(compareBytes);
  return `{${names.map((name) => `${name}="${escaped(labels[name] ?? '')}"`).join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** `/metrics/slis`: every health check as a gauge. */
export function renderHealthMetrics(checks: readonly { readonly name: string; readonly type: string; readonly isOk: boolean }[]): string {
  return text({
    name: 'kubernetes_healthcheck',
    type: 'gauge',
    help: '[STABLE] This metric records the result of a single healthcheck.',
    samples: checks.map(({ name, type, isOk }) => ['', { name, type }, isOk ? 1 : 0]),
  });
}
