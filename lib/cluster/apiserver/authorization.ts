import { failure, type StatusError } from '../api';
import type { User } from './authentication';
import type { RequestInfo } from './request-info';

export type Decision = 'allow' | 'deny' | 'no-opinion';

/** Says whether `user` may do what `info` says (`authorization/authorizer`). The first that does not abstain decides. */
export interface Authorizer {
  authorize(user: User, info: RequestInfo): Decision;
}

/** Everybody who has shown who they are may do everything (docs/fidelity.md). */
export const allowAuthenticated: Authorizer = {
  authorize: (user) => (user.groups.includes('system:authenticated') ? 'allow' : 'no-opinion'),
};

const publicPaths = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

/** What the ClusterRole `system:public-info-viewer` grants to everybody. */
export const publicInfo: Authorizer = {
  authorize: (_user, info) => (!info.isResource && info.verb === 'get' && publicPaths.includes(info.path) ? 'allow' : 'no-opinion'),
};

export function authorize(user: User, info: RequestInfo, authorizers: readonly Authorizer[]): void {
  for (const authorizer of authorizers) {
    const decision = authorizer.authorize(user, info);
    if (decision === 'allow') return;
    if (decision === 'deny') break;
  }
  throw forbidden(user, info);
}

/** `handlers/responsewriters/errors.go`. */
function forbidden(user: User, info: RequestInfo): StatusError {
  const who = `User ${JSON.stringify(user.name)} cannot`;
  if (!info.isResource) return failure(403, 'Forbidden', `forbidden: ${who} ${info.verb} path ${JSON.stringify(info.path)}`, {});
  const { group, resource, subresource, namespace, name, verb } = info;
  const what = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace ? ` in the namespace ${JSON.stringify(namespace)}` : ' at the cluster scope';
  const subject = `${group ? `${resource}.${group}` : resource}${name ? ` ${JSON.stringify(name)}` : ''}`;
  return failure(
    403,
    'Forbidden',
    `${subject} is forbidden: ${who} ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)}${where}`,
    { ...(name ? { name } : {}), ...(group ? { group } : {}), kind: resource },
  );
}
