import { failure, type ApiRequest, type ApiResponse, type KubeObject } from '../../api';
import type { HttpRequest, HttpResult } from '../../network/types';
import type { RequestContext } from '../context';
import { notServed, type ResourceHandler, type ResourceServices } from '../handler';
import type { Answer } from '../responses';
import { rewrittenPage, rewrittenUrl, type Passage } from './rewriting';
import { nodeTarget, podTarget, serviceTarget, type FindTarget, type Target } from './targets';

/** The API server's own way into the cluster's network. */
export type ProxyDialer = (request: HttpRequest) => HttpResult;

/** `pods/proxy`, `services/proxy` and `nodes/proxy`: any request, passed on to what the object stands for (`util/proxy/upgradeaware.go`). */
export const proxyToPod: ResourceHandler = (services, request, context) => pass(services, request, context, podTarget);
export const proxyToService: ResourceHandler = (services, request, context) => pass(services, request, context, serviceTarget);
export const proxyToNode: ResourceHandler = (services, request, context) => pass(services, request, context, nodeTarget);

const proxied = /^(\/api\/v1\/(?:namespaces\/[^/]+\/)?(?:pods|services|nodes)\/[^/]+\/proxy)(\/.*)?$/;
/** `net.Dialer` of the API server's transport gives up by then. */
const dialMsMax = 30_000;
/** Less than this is not worth waiting for. */
const waitedMsMin = 50;

function pass(services: ResourceServices, request: ApiRequest, context: RequestContext, findTarget: FindTarget): Answer {
  const { info } = context;
  admitConnection(services, context);
  const target = findTarget(services, context);
  const [, prefix, path = ''] = proxied.exec(info.path) ?? [];
  if (prefix === undefined) throw notServed();
  const query = request.url.slice(info.path.length);
  if (path === '' && (request.method === 'GET' || request.method === 'HEAD'))
    return answer({ status: 301, headers: { location: `${info.path}/${query}` }, body: '' });
  if (!services.dial) throw failure(503, 'ServiceUnavailable', 'error trying to reach service: dial tcp: connect: no route to host');
  const result = services.dial(outgoing(request, target, path + query, info.path));
  if (result.type === 'error') return unreachable(result);
  const { status, headers, body } = result.response;
  const passage = { prefix, host: target.host, askedHost: request.headers['host'] ?? '' };
  return answer({ status, ...incoming(headers, body, passage), ...waited(result.tookMs) });
}

/** Policies and webhooks see it as a connection (`PodProxyOptions`). */
function admitConnection({ store }: ResourceServices, context: RequestContext): void {
  const { info, definition } = context;
  const path = proxied.exec(info.path)?.[2];
  const kind = { group: '', version: 'v1', kind: `${definition.kind}ProxyOptions` };
  const options = { kind: kind.kind, apiVersion: 'v1', ...(path ? { path } : {}) };
  store.admit(context, options as unknown as KubeObject, kind, 'CONNECT');
}

function outgoing({ method, headers, body }: ApiRequest, { scheme, host }: Target, url: string, asked: string): HttpRequest {
  const text = textOf(body);
  return {
    method,
    url: `${scheme}://${host}${url.startsWith('/') ? url : `/${url}`}`,
    headers: { ...withoutHops(headers, ownRequestHeaders), 'x-forwarded-uri': asked },
    ...(text === undefined ? {} : { body: text }),
  };
}

function textOf(body: unknown): string | undefined {
  if (body === undefined || typeof body === 'string') return body;
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : JSON.stringify(body);
}

function incoming(headers: Readonly<Record<string, string>>, body: string, passage: Passage): Pick<ApiResponse, 'headers' | 'body'> {
  const passed = withoutHops(headers, ownResponseHeaders);
  const { location } = passed;
  if (location !== undefined) return { headers: { ...passed, location: rewrittenUrl(location, passage) }, body };
  const isPage = (passed['content-type'] ?? '').split(';')[0]?.trim() === 'text/html';
  return { headers: passed, body: isPage ? rewrittenPage(body, passage) : body };
}

/** RFC 9110, 7.6.1; and lengths, which change where pages do. */
const hops = ['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade'];
/** Whoever is asked does not learn who asks. */
const ownRequestHeaders = [...hops, 'authorization', 'content-length'];
const ownResponseHeaders = [
  ...hops,
  'content-length',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
];

function withoutHops(headers: Readonly<Record<string, string>>, dropped: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !dropped.includes(name) && !name.startsWith('impersonate-')),
  );
}

function unreachable({ message, tookMs }: Extract<HttpResult, { type: 'error' }>): Answer {
  const { status } = failure(503, 'ServiceUnavailable', `error trying to reach service: ${message}`);
  return answer({
    status: 503,
    headers: { 'content-type': 'application/json' },
    body: status,
    ...waited(Math.min(tookMs, dialMsMax)),
  });
}

/** Time passes on the way; who can let it pass waits for the answer. */
function waited(tookMs: number): Pick<ApiResponse, 'hangs'> {
  return tookMs < waitedMsMin ? {} : { hangs: { forMs: tookMs, isRepeatable: false } };
}

function answer(response: ApiResponse): Answer {
  return { type: 'response', response };
}
