import { assert } from '@/lib/base';
import {
  failure,
  StatusError,
  type ApiRequest,
  type ApiResponse,
  type ApiStream,
  type Draft,
  type KubeObject,
  type ObjectList,
  type Status,
  type Transport,
} from '../api';

/** What a client must know of a kind to address it; every `ResourceDefinition` is one. */
export interface ResourceRef<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly names: { readonly plural: string };
  readonly scope: 'Namespaced' | 'Cluster';
  /** Never called here: it ties the reference to its object type. */
  defaults?(object: T): void;
}

/** Any object's metadata is one, and so is `splitKey(key)`. */
export interface ObjectName {
  readonly name: string;
  readonly namespace?: string | undefined;
}

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
}

export interface WatchRequestOptions extends Omit<ListOptions, 'limit' | 'continue'> {
  readonly allowWatchBookmarks?: boolean | undefined;
  readonly timeoutSeconds?: number | undefined;
}

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
}

export interface PatchOptions extends WriteOptions {
  readonly type?: 'merge' | 'strategic' | 'json' | 'apply';
  readonly subresource?: string;
  readonly force?: boolean;
}

/** `metav1.DeleteOptions`. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: readonly ['All'];
}

export interface ClientOptions {
  readonly transport: Transport;
  /** Who it is in the trace: `kube-scheduler`, `kube-controller-manager/deployment-controller`. */
  readonly actor: string;
  /** Absent means the actor's first word with the version, as components say it. */
  readonly userAgent?: string;
}

export const kubernetesVersion = 'v1.36.0';

const patchTypes = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/**
 * A typed client of the API server. A call completes or throws: `StatusError` with what the server refused,
 * `ConnectionError` when nobody answers. What it returns is frozen and shared: `deepCopy` before changing it.
 *
 *     const pod = client.get(Pod, { namespace: 'default', name: 'web' });
 */
export class Client {
  readonly actor: string;
  readonly #transport: Transport;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #userAgent: string;

  constructor({ transport, actor, userAgent }: ClientOptions) {
    this.actor = actor;
    this.#transport = transport;
    this.#userAgent = userAgent ?? userAgentOf(actor);
    this.#headers = { accept: 'application/json', 'content-type': 'application/json', 'user-agent': this.#userAgent };
  }

  /** The same connection under another name, as `rest.AddUserAgent` gives each controller its own; or another one, with its own identity. */
  as(name: string, transport = this.#transport): Client {
    const actor = `${this.actor}/${name}`;
    return new Client({ transport, actor, userAgent: `${this.#userAgent}/${name}` });
  }

  get<T extends KubeObject>(resource: ResourceRef<T>, name: ObjectName): T {
    return this.#send('GET', objectPath(resource, name)) as T;
  }

  /** `get`, with undefined for what is not there. */
  find<T extends KubeObject>(resource: ResourceRef<T>, name: ObjectName): T | undefined {
    const response = this.#transport({ method: 'GET', url: objectPath(resource, name), headers: this.#headers, actor: this.actor });
    if (response.status < 400) return response.body as T;
    if ((response.body as Partial<Status> | undefined)?.reason === 'NotFound') return undefined;
    throw refusal(response);
  }

  list<T extends KubeObject>(resource: ResourceRef<T>, options: ListOptions = {}): ObjectList<T> {
    const { namespace, ...query } = options;
    return this.#send('GET', collectionPath(resource, namespace) + queryOf(query)) as ObjectList<T>;
  }

  /** Opens a watch, of which the caller's trace tells. Each chunk is `{ type, object }`. */
  watch(resource: ResourceRef, options: WatchRequestOptions = {}): ApiStream {
    const { namespace, ...query } = options;
    const url = collectionPath(resource, namespace) + queryOf({ watch: 'true', ...query });
    const response = this.#transport({ method: 'GET', url, headers: this.#headers, actor: this.actor, isHeardInTrace: true });
    if (response.status >= 400) throw refusal(response);
    assert(response.stream, `a watch of ${resource.names.plural} answers a stream`);
    return response.stream;
  }

  /** The namespace is the draft's own. */
  create<T extends KubeObject>(resource: ResourceRef<T>, draft: Draft<T>, options: WriteOptions = {}): T {
    const { namespace } = (draft as { metadata?: { namespace?: string } }).metadata ?? {};
    const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...(draft as object) };
    return this.#send('POST', collectionPath(resource, namespace) + writeQuery(options), body) as T;
  }

  update<T extends KubeObject>(resource: ResourceRef<T>, object: T, options: WriteOptions = {}): T {
    return this.#send('PUT', objectPath(resource, object.metadata) + writeQuery(options), typed(resource, object)) as T;
  }

  updateStatus<T extends KubeObject>(resource: ResourceRef<T>, object: T, options: WriteOptions = {}): T {
    return this.#send('PUT', objectPath(resource, object.metadata, 'status') + writeQuery(options), typed(resource, object)) as T;
  }

  /** A strategic merge patch unless `type` says otherwise. */
  patch<T extends KubeObject>(resource: ResourceRef<T>, name: ObjectName, body: unknown, options: PatchOptions = {}): T {
    const { type = 'strategic', subresource, force, ...write } = options;
    const url = objectPath(resource, name, subresource) + writeQuery(write, force === undefined ? undefined : { force: String(force) });
    return this.#send('PATCH', url, body, { ...this.#headers, 'content-type': patchTypes[type] }) as T;
  }

  /** Returns the object as it is left (it may linger with a grace period or finalizers), or the success Status. */
  delete<T extends KubeObject>(resource: ResourceRef<T>, name: ObjectName, options?: DeleteOptions): T | Status {
    return this.#send('DELETE', objectPath(resource, name), options && deleteBody(options)) as T | Status;
  }

  deleteCollection(resource: ResourceRef, options: ListOptions = {}, deletion?: DeleteOptions): void {
    const { namespace, ...query } = options;
    this.#send('DELETE', collectionPath(resource, namespace) + queryOf(query), deletion && deleteBody(deletion));
  }

  /** Binds a Pod to a node (`pods/binding`). `uid` makes sure it is still that Pod. */
  bind(pod: ObjectName & { readonly uid?: string }, nodeName: string): void {
    const { namespace, name, uid } = pod;
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, ...(uid ? { uid } : {}) },
      target: { kind: 'Node', name: nodeName },
    };
    this.#send('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, body);
  }

  /** Asks for a Pod's eviction (`pods/eviction`), which a disruption budget may refuse. */
  evict(pod: ObjectName, options?: DeleteOptions): void {
    const { namespace, name } = pod;
    const body = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace },
      ...(options ? { deleteOptions: options } : {}),
    };
    this.#send('POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, body);
  }

  /** Any other request, as this client: discovery, logs, subresources. Throws `StatusError` for an answer of 400 and above. */
  request(request: Pick<ApiRequest, 'method' | 'url'> & Partial<ApiRequest>): ApiResponse {
    const headers = request.headers ? { ...this.#headers, ...request.headers } : this.#headers;
    const response = this.#transport({ ...request, headers, actor: this.actor });
    if (response.status >= 400) throw refusal(response);
    return response;
  }

  #send(method: ApiRequest['method'], url: string, body?: unknown, headers = this.#headers): unknown {
    const response = this.#transport(
      body === undefined ? { method, url, headers, actor: this.actor } : { method, url, headers, body, actor: this.actor },
    );
    if (response.status >= 400) throw refusal(response);
    return response.body;
  }
}

export function apiVersionOf({ group, version }: Pick<ResourceRef, 'group' | 'version'>): string {
  return group ? `${group}/${version}` : version;
}

/** Runs `call`; undefined when the server answers NotFound. */
export function ignoreNotFound<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (StatusError.is(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** A collection's path: of one namespace, or of all when `namespace` is absent. */
export function collectionPath(resource: ResourceRef, namespace = ''): string {
  return pathsOf(resource, namespace).collection;
}

/** The paths of one collection, made once: components ask for the same few objects again and again. */
interface Paths {
  readonly collection: string;
  readonly objects: Map<string, string>;
}

const known = new WeakMap<ResourceRef, Map<string, Paths>>();
const knownMax = 256;

function pathsOf(resource: ResourceRef, namespace: string): Paths {
  let namespaces = known.get(resource);
  if (!namespaces) known.set(resource, (namespaces = new Map()));
  let paths = namespaces.get(namespace);
  if (paths) return paths;
  if (namespaces.size >= knownMax) namespaces.clear();
  paths = { collection: makePath(resource, namespace), objects: new Map() };
  namespaces.set(namespace, paths);
  return paths;
}

function makePath(resource: ResourceRef, namespace: string): string {
  const root = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  const within = namespace && resource.scope === 'Namespaced' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${within}/${resource.names.plural}`;
}

export function objectPath(resource: ResourceRef, { namespace = '', name }: ObjectName, subresource?: string): string {
  const { collection, objects } = pathsOf(resource, namespace);
  let path = objects.get(name);
  if (path === undefined) {
    if (objects.size >= knownMax) objects.clear();
    objects.set(name, (path = `${collection}/${encodeURIComponent(name)}`));
  }
  return subresource ? `${path}/${subresource}` : path;
}

function queryOf(query: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const pairs: string[] = [];
  for (const name in query) {
    const value = query[name];
    if (value !== undefined && value !== '') pairs.push(`${name}=${encodeURIComponent(value)}`);
  }
  return pairs.length ? `?${pairs.join('&')}` : '';
}

function writeQuery({ dryRun, fieldManager }: WriteOptions, more?: Record<string, string>): string {
  if (!dryRun && !fieldManager && !more) return '';
  return queryOf({ ...(dryRun ? { dryRun: 'All' } : {}), fieldManager, ...more });
}

/** Items of a list carry no apiVersion and kind of their own; a body must. */
function typed(resource: ResourceRef, object: KubeObject): object {
  return object.kind && object.apiVersion ? object : { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

function deleteBody(options: DeleteOptions): object {
  return { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
}

function refusal(response: ApiResponse): StatusError {
  const body = response.body as Partial<Status> | string | undefined;
  if (typeof body === 'object' && body.kind === 'Status') return new StatusError(body as Status);
  return failure(response.status, undefined, typeof body === 'string' && body ? body : `the server answered ${response.status}`);
}

/** `kube-scheduler/v1.36.0 (linux/amd64) kubernetes/orrery`. */
function userAgentOf(actor: string): string {
  return `${actor.split('/')[0]}/${kubernetesVersion} (linux/amd64) kubernetes/orrery`;
}
