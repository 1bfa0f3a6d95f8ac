import { memoOfTwo } from '@/lib/base';
import type { ApiRequest } from '../api';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** The query of a request: the first value of each name. */
export type Query = ReadonlyMap<string, string>;

/** What a request is about, read from its method and path (`endpoints/request/requestinfo.go`). */
export type RequestInfo =
  | {
      readonly isResource: true;
      readonly verb: Verb;
      readonly group: string;
      readonly version: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
      readonly path: string;
      /** `GET /api/v1/namespaces/default/pods`, for the trace. */
      readonly summary: string;
      readonly query: Query;
      readonly rest: readonly string[];
    }
  | { readonly isResource: false; readonly verb: string; readonly path: string; readonly summary: string; readonly query: Query };

export type ResourceRequestInfo = Extract<RequestInfo, { isResource: true }>;

const noQuery: Query = new Map();

export function readRequestInfo({ method, url }: Pick<ApiRequest, 'method' | 'url'>): RequestInfo {
  return read(method, url);
}

/** Components ask for the same few things again and again. */
const read = memoOfTwo((method, url) => readInfo(method as ApiRequest['method'], url), { max: 2_048, lengthMax: 1_024 });

function readInfo(method: ApiRequest['method'], url: string): RequestInfo {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const summary = `${method} ${path}`;
  const query = mark < 0 ? noQuery : parseQuery(url.slice(mark + 1));
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  const root = parts[0] === 'api' ? 2 : parts[0] === 'apis' ? 3 : 0;
  if (root === 0 || parts.length <= root) return { isResource: false, verb: method.toLowerCase(), path, summary, query };
  const group = root === 2 ? '' : (parts[1] as string);
  const version = parts[root - 1] as string;
  const isLegacyWatch = parts[root] === 'watch' && parts.length > root + 1 && method === 'GET';
  const target = readTarget(parts.slice(isLegacyWatch ? root + 1 : root));
  const verb = isLegacyWatch ? 'watch' : verbOf(method, target.name, query);
  const name = target.name || (verb === 'list' || verb === 'watch' ? nameSelected(query) : '');
  return { isResource: true, verb, group, version, ...target, name, path, summary, query };
}

/** A list or watch of the one object that a field selector names is about that object. */
function nameSelected(query: Query): string {
  const name = /(?:^|,)metadata\.name==?([^,=]+)(?:,|$)/.exec(query.get('fieldSelector') ?? '')?.[1] ?? '';
  return name === '.' || name === '..' || /[/%\\]/.test(name) ? '' : name;
}

function readTarget(parts: readonly string[]): {
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  rest: readonly string[];
} {
  const isWithin = parts[0] === 'namespaces' && parts.length > 2 && !['status', 'finalize'].includes(parts[2] as string);
  const [resource = '', name = '', subresource = '', ...rest] = isWithin ? parts.slice(2) : parts;
  const namespace = isWithin ? (parts[1] as string) : resource === 'namespaces' ? name : '';
  return { resource, subresource, namespace, name, rest };
}

function verbOf(method: ApiRequest['method'], name: string, query: Query): Verb {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name ? 'delete' : 'deletecollection';
    default:
      return name ? 'get' : isTrue(query.get('watch')) ? 'watch' : 'list';
  }
}

/** A flag in a query: present with no value means yes, as upstream's conversion reads it. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && value !== 'false' && value !== '0';
}

function parseQuery(text: string): Query {
  const query = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    if (!query.has(name)) query.set(name, equals < 0 ? '' : decode(pair.slice(equals + 1).replaceAll('+', ' ')));
  }
  return query;
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Every value of a repeated name, in order: `command=ls&command=-l`. */
export function valuesOf(url: string, name: string): string[] {
  const mark = url.indexOf('?');
  if (mark < 0) return [];
  return url
    .slice(mark + 1)
    .split('&')
    .filter((pair) => decode(pair.split('=')[0] ?? '') === name)
    .map((pair) => decode(pair.slice(pair.indexOf('=') + 1).replaceAll('+', ' ')));
}
