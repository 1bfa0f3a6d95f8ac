import { failure, statusErrors, type ApiRequest } from '../api';

/** Who asks (`authentication/user.Info`). */
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A row of kube-apiserver's `--token-auth-file`. */
export interface StaticToken {
  readonly token: string;
  readonly user: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

export interface Authenticator {
  /** Undefined when the request carries no credential of this kind. Throws Unauthorized for one that is wrong. */
  authenticate(request: ApiRequest): User | undefined;
}

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

const authenticated = 'system:authenticated';

/**
 * Asks each authenticator in turn; nobody's credential means anonymous.
 * A request's client certificate is the subject that the simulated network vouches for.
 */
export function authenticate(request: ApiRequest, authenticators: readonly Authenticator[]): User {
  for (const authenticator of authenticators) {
    const user = authenticator.authenticate(request);
    if (user) return user.groups.includes(authenticated) ? user : { ...user, groups: [...user.groups, authenticated] };
  }
  return anonymous;
}

/** `Impersonate-User` and its kin (`endpoints/filters/impersonation.go`). Everybody authenticated may (docs/fidelity.md). */
export function impersonated(user: User, { headers }: ApiRequest): User {
  const name = headers['impersonate-user'];
  if (!name) return withoutName(user, headers);
  if (!user.groups.includes(authenticated)) return user;
  const groups = (headers['impersonate-group'] ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  const account = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name);
  const implied = account && groups.length === 0 ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`] : [];
  const uid = headers['impersonate-uid'];
  const extra = Object.entries(headers)
    .filter(([header]) => header.startsWith('impersonate-extra-'))
    .map(([header, value]) => [decodeURIComponent(header.slice(18)), value.split(',').map((one) => one.trim())] as const);
  const all = [...groups, ...implied];
  return {
    name,
    ...(uid ? { uid } : {}),
    groups: name === anonymous.name ? [...all, 'system:unauthenticated'] : [...all, authenticated],
    ...(extra.length ? { extra: Object.fromEntries(extra) } : {}),
  };
}

/** A group or uid alone is nobody. */
function withoutName(user: User, headers: ApiRequest['headers']): User {
  const groups = (headers['impersonate-group'] ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  const uid = headers['impersonate-uid'] ?? '';
  if (groups.length === 0 && !uid) return user;
  const shown = groups.length ? `[]string{${groups.map((one) => JSON.stringify(one)).join(', ')}}` : '[]string(nil)';
  throw statusErrors.badRequest(
    `requested &user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${shown}, Extra:map[string][]string(nil)} without impersonating a user name`,
  );
}

export const clientCertificates: Authenticator = {
  authenticate({ clientCertificate }) {
    return clientCertificate && { name: clientCertificate.commonName, groups: clientCertificate.organizations };
  },
};

/**
 * Callers in the same simulation that brought no credential are who the trace says they are: components started by the
 * composition root, and tests. What comes over a wire never carries an `actor`.
 */
export const inProcessActors: Authenticator = {
  authenticate({ actor, headers }) {
    if (actor === undefined || headers['authorization'] !== undefined) return undefined;
    const [component = '', instance] = actor.split('/');
    if (component === 'kubelet' && instance) return { name: `system:node:${instance}`, groups: ['system:nodes'] };
    return { name: `system:${component}`, groups: [] };
  },
};

/** A chain of token readers behind one header; a token that none of them knows is refused. */
export function bearerTokens(...readers: readonly ((token: string) => User | undefined)[]): Authenticator {
  return {
    authenticate({ headers }) {
      const token = /^bearer +(\S+)/i.exec(headers['authorization'] ?? '')?.[1];
      if (token === undefined) return undefined;
      for (const read of readers) {
        const user = read(token);
        if (user) return user;
      }
      throw unauthorized();
    },
  };
}

function unauthorized() {
  return failure(401, 'Unauthorized', 'Unauthorized');
}
