import type { ApiResponse } from '../api';
import type { Etcd } from '../etcd';
import { valuesOf, type Query } from './request-info';
import { plainText } from './responses';

export const healthPaths = ['/healthz', '/livez', '/readyz'];

/** What every start of an API server goes through, in its order. */
const hooks = [
  'poststarthook/start-apiserver-admission-initializer',
  'poststarthook/generic-apiserver-start-informers',
  'poststarthook/priority-and-fairness-config-consumer',
  'poststarthook/priority-and-fairness-filter',
  'poststarthook/storage-object-count-tracker-hook',
  'poststarthook/start-apiextensions-informers',
  'poststarthook/start-apiextensions-controllers',
  'poststarthook/crd-informer-synced',
  'poststarthook/start-system-namespaces-controller',
  'poststarthook/peer-endpoint-reconciler-controller',
  'poststarthook/start-cluster-authentication-info-controller',
  'poststarthook/start-kube-apiserver-identity-lease-controller',
  'poststarthook/start-kube-apiserver-identity-lease-garbage-collector',
  'poststarthook/storage-readiness',
  'poststarthook/start-legacy-token-tracking-controller',
  'poststarthook/start-service-ip-repair-controllers',
  'poststarthook/rbac/bootstrap-roles',
  'poststarthook/scheduling/bootstrap-system-priority-classes',
  'poststarthook/priority-and-fairness-config-producer',
  'poststarthook/bootstrap-controller',
  'poststarthook/start-kubernetes-service-cidr-controller',
  'poststarthook/start-kube-aggregator-informers',
  'poststarthook/apiservice-status-local-available-controller',
  'poststarthook/apiservice-status-remote-available-controller',
  'poststarthook/apiservice-registration-controller',
  'poststarthook/apiservice-wait-for-first-sync',
  'poststarthook/apiservice-discovery-controller',
  'poststarthook/kube-apiserver-autoregistration',
  'autoregister-completion',
  'poststarthook/apiservice-openapi-controller',
  'poststarthook/apiservice-openapiv3-controller',
];

/** `/healthz`, `/livez` and `/readyz`, with `?verbose`, `?exclude=` and single checks by path (`server/healthz`). */
export function healthResponse(path: string, url: string, query: Query, etcd: Etcd): ApiResponse {
  const isPlain = query.size === 0 && path.lastIndexOf('/') === 0;
  if (isPlain && (path === '/livez' || isReachable(etcd))) return plainText(200, 'ok');
  const [, endpoint = '', ...rest] = path.split('/');
  const checks = checksOf(endpoint, etcd);
  const only = rest.join('/');
  if (only) return one(checks, only);
  const excluded = valuesOf(url, 'exclude');
  const results = [...checks].map(([name, isOk]) => ({ name, isOk, isExcluded: excluded.includes(name) }));
  const strangers = excluded.filter((name) => !checks.has(name));
  const lines = [
    ...results.map(({ name, isOk, isExcluded }) =>
      isExcluded ? `[+]${name} excluded: ok` : isOk ? `[+]${name} ok` : `[-]${name} failed: reason withheld`,
    ),
    ...(strangers.length > 0
      ? [`warn: some health checks cannot be excluded: no matches for ${strangers.map((name) => JSON.stringify(name)).join(',')}`]
      : []),
  ].join('\n');
  if (results.some(({ isOk, isExcluded }) => !isOk && !isExcluded)) return plainText(500, `${lines}\n${endpoint} check failed\n`);
  return plainText(200, query.has('verbose') ? `${lines}\n${endpoint} check passed\n` : 'ok');
}

function one(checks: ReadonlyMap<string, boolean>, name: string): ApiResponse {
  const isOk = checks.get(name);
  if (isOk === undefined) return plainText(404, '404 page not found\n');
  return isOk ? plainText(200, 'ok') : plainText(500, 'internal server error: reason withheld\n');
}

/** Liveness does not ask etcd: restarting the API server would not mend it. Readiness speaks of etcd only when it is away. */
function checksOf(endpoint: string, etcd: Etcd): ReadonlyMap<string, boolean> {
  const etcdOk = endpoint === 'livez' ? true : isReachable(etcd);
  return new Map([
    ['ping', true],
    ['log', true],
    ...(endpoint === 'readyz'
      ? ([...(etcdOk ? [] : [['etcd', false] as const]), ['informer-sync', true]] as const)
      : ([
          ['loopback-serving-certificate', true],
          ['etcd', etcdOk],
        ] as const)),
    ...hooks.map((hook) => [hook, true] as const),
    ...(endpoint === 'readyz' ? ([['shutdown', true]] as const) : []),
  ]);
}

/** Every check of every endpoint, as `/metrics/slis` tells it. */
export function healthChecks(etcd: Etcd): { name: string; type: string; isOk: boolean }[] {
  return healthPaths.flatMap((path) => [...checksOf(path.slice(1), etcd)].map(([name, isOk]) => ({ name, type: path.slice(1), isOk })));
}

/** The paths of all checks. */
export function healthCheckPaths(etcd: Etcd): string[] {
  return healthPaths.flatMap((path) => [path, ...[...checksOf(path.slice(1), etcd).keys()].map((name) => `${path}/${name}`)]);
}

/** Whether etcd answers, with its quorum. */
export function isReachable(etcd: Etcd): boolean {
  try {
    etcd.range('/registry/health');
    return true;
  } catch {
    return false;
  }
}
