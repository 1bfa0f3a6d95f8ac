import type { ApiResponse } from '../api';
import type { Etcd } from '../etcd';
import { isTrue, type Query } from './request-info';
import { plainText } from './responses';

export const healthPaths = ['/healthz', '/livez', '/readyz'];

const hooks = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'storage-object-count-tracker-hook',
  'start-system-namespaces-controller',
  'storage-readiness',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'bootstrap-controller',
];

/** `/healthz`, `/livez` and `/readyz`, with `?verbose`, `?exclude=` and single checks by path (`server/healthz`). */
export function healthResponse(path: string, query: Query, etcd: Etcd): ApiResponse {
  const [, endpoint = '', ...rest] = path.split('/');
  if (rest.length === 0 && query.size === 0 && (endpoint === 'livez' || isReachable(etcd))) return plainText(200, 'ok');
  const checks = checksOf(endpoint, etcd);
  const only = rest.join('/');
  if (only) return one(checks, only);
  const excluded = query.get('exclude');
  const results = [...checks].filter(([name]) => name !== excluded);
  const failedNames = results.filter(([, isOk]) => !isOk).map(([name]) => name);
  const lines = results.map(([name, isOk]) => (isOk ? `[+]${name} ok` : `[-]${name} failed: reason withheld`)).join('\n');
  if (failedNames.length > 0) return plainText(500, `${lines}\n${endpoint} check failed\n`);
  return plainText(200, query.has('verbose') && isTrue(query.get('verbose')) ? `${lines}\n${endpoint} check passed\n` : 'ok');
}

function one(checks: ReadonlyMap<string, boolean>, name: string): ApiResponse {
  const isOk = checks.get(name);
  if (isOk === undefined) return plainText(404, '404 page not found\n');
  return isOk ? plainText(200, 'ok') : plainText(500, 'internal server error: reason withheld\n');
}

/** Liveness does not ask etcd: restarting the API server would not mend it. */
function checksOf(endpoint: string, etcd: Etcd): ReadonlyMap<string, boolean> {
  const etcdOk = endpoint === 'livez' ? true : isReachable(etcd);
  return new Map([
    ['ping', true],
    ['log', true],
    ['etcd', etcdOk],
    ...(endpoint === 'readyz' ? ([['informer-sync', true]] as const) : []),
    ...hooks.map((hook) => [`poststarthook/${hook}`, true] as const),
    ...(endpoint === 'readyz' ? ([['shutdown', true]] as const) : []),
  ]);
}

function isReachable(etcd: Etcd): boolean {
  try {
    etcd.range('/registry/health');
    return true;
  } catch {
    return false;
  }
}
