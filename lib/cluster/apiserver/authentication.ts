import { memo } from '@/lib/base';
import { failure, type ApiRequest } from '../api';

/** Who asks (`authentication/user.Info`). */
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  /** Whom the credential is meant for; absent means the API server. */
  readonly audiences?: readonly string[];
}

/** A row of kube-apiserver's `--token-auth-file`. */
export interface StaticToken {
  readonly token: string;
  readonly user: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

export interface Authenticator {
  /** Undefined when the request carries no credential of this kind. Throws Unauthorized for one that is wrong, or meant for none of `audiences`. */
  authenticate(request: ApiRequest, audiences?: readonly string[] | 'any'): User | undefined;
}

export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

const authenticated = 'system:authenticated';

/**
 * Asks each authenticator in turn; nobody's credential means anonymous.
 * A request's client certificate is the subject that the simulated network vouches for.
 */
export function authenticate(request: ApiRequest, authenticators: readonly Authenticator[], audiences?: readonly string[] | 'any'): User {
  for (const authenticator of authenticators) {
    const user = authenticator.authenticate(request, audiences);
    if (user) return user.groups.includes(authenticated) ? user : { ...user, groups: [...user.groups, authenticated] };
  }
  return anonymous;
}

export const clientCertificates: Authenticator = {
  authenticate: ({ clientCertificate }) => clientCertificate && subjectOf(clientCertificate),
};

/** A connection presents the same certificate again and again: whoever it is stays one and the same object. */
const subjects = new WeakMap<object, User>();

function subjectOf(certificate: NonNullable<ApiRequest['clientCertificate']>): User {
  const known = subjects.get(certificate);
  if (known) return known;
  const user = { name: certificate.commonName, groups: [...certificate.organizations, authenticated] };
  subjects.set(certificate, user);
  return user;
}

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

const tokenIn = memo((header) => /^bearer +(\S+)/i.exec(header)?.[1], { max: 256, lengthMax: 4_096 });

export type TokenReader = (token: string) => User | undefined;

/** A chain of token readers behind one header; a token that none of them knows, or that is meant for somebody else, is refused. */
export function bearerTokens(own: readonly string[], ...readers: readonly TokenReader[]): Authenticator {
  return {
    authenticate({ headers }, audiences = own) {
      const token = tokenIn(headers['authorization'] ?? '');
      if (token === undefined) return undefined;
      for (const read of readers) {
        const user = read(token);
        if (user && (audiences === 'any' || !user.audiences || user.audiences.some((one) => audiences.includes(one)))) return user;
      }
      throw unauthorized();
    },
  };
}

function unauthorized() {
  return failure(401, 'Unauthorized', 'Unauthorized');
}
