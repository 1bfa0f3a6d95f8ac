import { failure, type StatusError } from '../api';
import type { User } from './authentication';

export type Decision = 'allow' | 'deny' | 'no-opinion';

/** What is to be decided on (`authorizer.Attributes`); every `RequestInfo` is one. */
export type Attributes =
  | {
      readonly isResource: true;
      readonly verb: string;
      readonly group: string;
      readonly version: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
      readonly query?: ReadonlyMap<string, string>;
    }
  | { readonly isResource: false; readonly verb: string; readonly path: string };

export type ResourceAttributes = Extract<Attributes, { isResource: true }>;

export interface Verdict {
  readonly decision: Decision;
  /** Upstream's sentence; empty when there is nothing to say. */
  readonly reason: string;
}

export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** What an authorizer can list of what somebody may do. `error` says why that may not be all. */
export interface Rules {
  readonly rules: readonly PolicyRule[];
  readonly error?: string;
  readonly isIncomplete?: boolean;
}

/** Says whether `user` may do what is asked (`authorization/authorizer`). The first that does not abstain decides. */
export interface Authorizer {
  authorize(user: User, attributes: Attributes): Verdict;
  rulesFor?(user: User, namespace: string): Rules;
}

const allowed: Verdict = { decision: 'allow', reason: '' };
const noOpinion: Verdict = { decision: 'no-opinion', reason: '' };

/** Group `system:masters` may do everything, whatever the modes say (`authorizerfactory.NewPrivilegedGroups`). */
export const privilegedGroup: Authorizer = {
  authorize: ({ groups }) => (groups.includes('system:masters') ? allowed : noOpinion),
};

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** `--authorization-mode=AlwaysAllow`, which here leaves out those who have not shown who they are. */
export const allowAuthenticated: Authorizer = {
  authorize: ({ groups }) => (groups.includes('system:authenticated') ? allowed : noOpinion),
  rulesFor: () => ({ rules: everything }),
};

/** `--authorization-mode=AlwaysDeny`. */
export const denyAll: Authorizer = {
  authorize: () => ({ decision: 'no-opinion', reason: 'Everything is forbidden.' }),
  rulesFor: () => ({ rules: [] }),
};

const publicPaths = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

/** What the ClusterRole `system:public-info-viewer` grants to everybody, where no RBAC does. */
export const publicInfo: Authorizer = {
  authorize: (_user, info) => (!info.isResource && info.verb === 'get' && publicPaths.includes(info.path) ? allowed : noOpinion),
};

/** Asks each in turn; what the abstaining said is kept for the refusal (`authorization/union`). */
export function decide(user: User, attributes: Attributes, authorizers: readonly Authorizer[]): Verdict {
  let reasons = '';
  for (const authorizer of authorizers) {
    const verdict = authorizer.authorize(user, attributes);
    if (verdict.decision !== 'no-opinion') return verdict;
    if (verdict.reason) reasons += reasons ? `\n${verdict.reason}` : verdict.reason;
  }
  return reasons ? { decision: 'no-opinion', reason: reasons } : noOpinion;
}

/** All that the authorizers can list, in their order. */
export function rulesOf(user: User, namespace: string, authorizers: readonly Authorizer[]): Rules {
  const found = authorizers.flatMap((one) => one.rulesFor?.(user, namespace) ?? []);
  const errors = found.flatMap(({ error }) => error ?? []);
  return {
    rules: found.flatMap(({ rules }) => rules),
    isIncomplete: found.some(({ isIncomplete }) => isIncomplete),
    ...(errors.length === 0 ? {} : { error: errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]` }),
  };
}

/** Throws Forbidden unless it is allowed. */
export function authorize(user: User, attributes: Attributes, authorizers: readonly Authorizer[]): void {
  const { decision, reason } = decide(user, attributes, authorizers);
  if (decision !== 'allow') throw forbidden(user, attributes, reason);
}

/** `handlers/responsewriters/errors.go`. */
export function forbidden(user: User, info: Attributes, reason = ''): StatusError {
  const who = `User ${JSON.stringify(user.name)} cannot`;
  const because = reason ? `: ${reason}` : '';
  if (!info.isResource) return failure(403, 'Forbidden', `forbidden: ${who} ${info.verb} path ${JSON.stringify(info.path)}${because}`, {});
  const { group, resource, subresource, namespace, name, verb } = info;
  const what = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace ? ` in the namespace ${JSON.stringify(namespace)}` : ' at the cluster scope';
  const subject = `${group ? `${resource}.${group}` : resource}${name ? ` ${JSON.stringify(name)}` : ''}`;
  return failure(
    403,
    'Forbidden',
    `${subject} is forbidden: ${who} ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)}${where}${because}`,
    { ...(name ? { name } : {}), ...(group ? { group } : {}), kind: resource },
  );
}
