import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { failure, type ApiRequest, type ApiResponse } from '@/lib/cluster';

type Presented = NonNullable<ApiRequest['clientCertificate']>;

/** One connection presents one certificate, however many requests it carries. */
const subjects = new WeakMap<TLSSocket, Presented | 'untrusted' | 'none'>();

/** Who the client's certificate says it is: common name and organizations (`authentication/request/x509`), or why nothing can be said. */
export function presentedBy({ socket }: IncomingMessage): Presented | 'untrusted' | 'none' {
  if (!(socket instanceof TLSSocket)) return 'none';
  let known = subjects.get(socket);
  if (known === undefined) subjects.set(socket, (known = read(socket)));
  return known;
}

function read(socket: TLSSocket): Presented | 'untrusted' | 'none' {
  const { subject } = socket.getPeerCertificate();
  if (!subject) return 'none';
  if (!socket.authorized || !subject.CN) return 'untrusted';
  // A subject may have several organizations, which the types do not say.
  const organizations: unknown = subject.O ?? [];
  return { commonName: subject.CN, organizations: Array.isArray(organizations) ? organizations.map(String) : [String(organizations)] };
}

/** For a certificate that nobody vouches for, where no token says who it is after all. */
export const unauthorized: ApiResponse = {
  status: 401,
  headers: { 'content-type': 'application/json' },
  body: failure(401, 'Unauthorized', 'Unauthorized').status,
};
