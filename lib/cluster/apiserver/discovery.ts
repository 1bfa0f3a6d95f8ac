import { compareBytes } from '@/lib/base';
import { failure, type ApiRequest, type ApiResponse, type ResourceDefinition } from '../api';
import type { Etcd } from '../etcd';
import { apiVersionOf } from './context';
import { healthPaths, healthResponse } from './health';
import { acceptsAggregatedDiscovery, negotiate } from './media-types';
import { openApiIndex, openApiV2, openApiV3 } from './openapi';
import type { RequestInfo } from './request-info';
import { answered, respond } from './responses';
import { reviews } from './reviews';
import { subresourcesOf } from './subresources';
import type { Descriptions } from './tables';

/** A row of an `APIResourceList`. */
interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

export interface DiscoverySources {
  readonly resources: readonly ResourceDefinition[];
  readonly etcd: Etcd;
  readonly descriptions: () => Descriptions;
  readonly serverAddress: string;
}

/** What an API server tells about itself: versions, groups, resources, schemas, health (`endpoints/discovery`). */
export class Discovery {
  readonly #sources: DiscoverySources;
  readonly #lists = new Map<string, readonly ApiResource[]>();

  constructor(sources: DiscoverySources) {
    this.#sources = sources;
    for (const groupVersion of groupVersionsOf(sources.resources))
      this.#lists.set(groupVersion, resourcesIn(groupVersion, sources.resources));
  }

  hasGroup(group: string): boolean {
    return [...this.#lists.keys()].some((groupVersion) => groupOf(groupVersion) === group);
  }

  answer(request: ApiRequest, info: Extract<RequestInfo, { isResource: false }>): ApiResponse | undefined {
    const path = info.path.length > 1 ? info.path.replace(/\/$/, '') : info.path;
    if (healthPaths.some((one) => path === one || path.startsWith(`${one}/`))) return healthResponse(path, info.query, this.#sources.etcd);
    if (path.startsWith('/openapi/')) return this.#openApi(request, path);
    const body = this.#bodyOf(request, path);
    if (!body) return undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
    const { format } = discoveryFormat(request);
    return withType(respond(answered(body.body, 200, format), request, []), body.contentType);
  }

  #bodyOf(request: ApiRequest, path: string): { body: object; contentType?: string } | undefined {
    if (path === '/') return { body: { paths: this.#paths() } };
    if (path === '/version') return { body: version };
    if (path === '/api')
      return this.#aggregatedOr(request, [''], {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: this.#sources.serverAddress }],
      });
    if (path === '/apis')
      return this.#aggregatedOr(request, this.#groups(), {
        kind: 'APIGroupList',
        apiVersion: 'v1',
        groups: this.#groups().map((group) => this.#group(group)),
      });
    const [root, group = '', more] = path.slice(1).split('/');
    if (root === 'apis' && group && more === undefined)
      return this.hasGroup(group) ? { body: { kind: 'APIGroup', apiVersion: 'v1', ...this.#group(group) } } : undefined;
    const groupVersion = path.startsWith('/api/') ? path.slice(5) : path.slice(6);
    const resources = root === 'api' || root === 'apis' ? this.#lists.get(groupVersion) : undefined;
    return resources && { body: { kind: 'APIResourceList', ...(root === 'apis' ? { apiVersion: 'v1' } : {}), groupVersion, resources } };
  }

  #aggregatedOr(request: ApiRequest, groups: readonly string[], legacy: object): { body: object; contentType?: string } {
    if (!acceptsAggregatedDiscovery(request.headers['accept'])) return { body: legacy };
    const items = groups.map((group) => ({
      metadata: group ? { name: group } : {},
      versions: this.#versions(group).map((groupVersion) => ({
        version: groupVersion.split('/').at(-1),
        resources: aggregated(this.#lists.get(groupVersion) ?? []),
        freshness: 'Current',
      })),
    }));
    return {
      body: { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items },
      contentType: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    };
  }

  #groups(): string[] {
    const groups = [...new Set([...this.#lists.keys()].map(groupOf))].filter((group) => group !== '');
    return groups.sort((a, b) => rankOf(a) - rankOf(b) || compareBytes(a, b));
  }

  #versions(group: string): string[] {
    return [...this.#lists.keys()].filter((groupVersion) => groupOf(groupVersion) === group);
  }

  #group(name: string): object {
    const versions = this.#versions(name).map((groupVersion) => ({ groupVersion, version: groupVersion.split('/').at(-1) }));
    return { name, versions, preferredVersion: versions[0] };
  }

  #paths(): string[] {
    const groups = this.#groups().flatMap((group) => [
      `/apis/${group}`,
      ...this.#versions(group).map((groupVersion) => `/apis/${groupVersion}`),
    ]);
    return [
      '/api',
      '/api/v1',
      '/apis',
      '/apis/',
      ...groups,
      '/healthz',
      '/livez',
      '/openapi/v2',
      '/openapi/v3',
      '/openapi/v3/',
      '/readyz',
      '/version',
    ].sort(compareBytes);
  }

  #openApi(request: ApiRequest, path: string): ApiResponse | undefined {
    const { resources, descriptions } = this.#sources;
    const json = (body: object) => respond(answered(body), request, []);
    if (path === '/openapi/v3') return json(openApiIndex([...this.#lists.keys()]));
    if (path === '/openapi/v2') return json(openApiV2(resources, descriptions()));
    const groupVersion = path.replace(/^\/openapi\/v3\/apis?\//, '');
    return this.#lists.has(groupVersion) ? json(openApiV3(groupVersion, resources, descriptions())) : undefined;
  }
}

const version = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.0',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'go1.26.10',
  compiler: 'gc',
  platform: 'linux/amd64',
};

/** kube-aggregator's priorities of the built-in groups. */
const groupOrder = [
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
];

function rankOf(group: string): number {
  const rank = groupOrder.indexOf(group);
  return rank < 0 ? groupOrder.length : rank;
}

function groupOf(groupVersion: string): string {
  return groupVersion.includes('/') ? groupVersion.slice(0, groupVersion.indexOf('/')) : '';
}

function groupVersionsOf(resources: readonly ResourceDefinition[]): string[] {
  return [...new Set([...resources, ...reviews].map(apiVersionOf))];
}

const standardVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function resourcesIn(groupVersion: string, resources: readonly ResourceDefinition[]): readonly ApiResource[] {
  const rows = [
    ...resources.filter((definition) => apiVersionOf(definition) === groupVersion).flatMap(rowsOf),
    ...reviews
      .filter((review) => apiVersionOf(review) === groupVersion)
      .map(({ plural, singular, isNamespaced, kind }) => ({
        name: plural,
        singularName: singular,
        namespaced: isNamespaced,
        kind,
        verbs: ['create'],
      })),
    ...(groupVersion === 'v1' ? [{ name: 'bindings', singularName: 'binding', namespaced: true, kind: 'Binding', verbs: ['create'] }] : []),
  ];
  return rows.sort((a, b) => compareBytes(a.name, b.name));
}

function rowsOf(definition: ResourceDefinition): ApiResource[] {
  const { kind, names, scope, subresources } = definition;
  const namespaced = scope === 'Namespaced';
  const verbs = definition.verbs ?? (kind === 'Namespace' ? standardVerbs.filter((verb) => verb !== 'deletecollection') : standardVerbs);
  const whole: ApiResource = {
    name: names.plural,
    singularName: names.singular,
    namespaced,
    kind,
    verbs,
    ...(names.short ? { shortNames: names.short } : {}),
    ...(names.categories ? { categories: names.categories } : {}),
  };
  const parts = subresourcesOf(definition).map((part): ApiResource => ({
    name: `${names.plural}/${part.name}`,
    singularName: '',
    namespaced,
    ...(part.group === undefined ? {} : { group: part.group }),
    ...(part.version === undefined ? {} : { version: part.version }),
    kind: part.kind,
    verbs: part.verbs,
  }));
  const own = [...(subresources?.status ? ['status'] : []), ...Object.keys(subresources?.parts ?? {})];
  const ownParts = own.map((name): ApiResource => ({
    name: `${names.plural}/${name}`,
    singularName: '',
    namespaced,
    kind,
    verbs: ['get', 'patch', 'update'],
  }));
  return [whole, ...parts, ...ownParts];
}

/** `apidiscovery.k8s.io/v2` nests subresources under their resource. */
function aggregated(rows: readonly ApiResource[]): object[] {
  return rows
    .filter(({ name }) => !name.includes('/'))
    .map((row) => {
      const nested = rows
        .filter(({ name }) => name.startsWith(`${row.name}/`))
        .map((sub) => ({ subresource: sub.name.slice(row.name.length + 1), responseKind: responseKind(sub), verbs: sub.verbs }));
      return {
        resource: row.name,
        responseKind: responseKind(row),
        scope: row.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: row.singularName,
        verbs: row.verbs,
        ...(row.shortNames ? { shortNames: row.shortNames } : {}),
        ...(row.categories ? { categories: row.categories } : {}),
        ...(nested.length ? { subresources: nested } : {}),
      };
    });
}

/** Empty where it is the list's own group and version. */
function responseKind({ group = '', version: own = '', kind }: ApiResource): object {
  return { group, version: own, kind };
}

/** Discovery has no other form than JSON and YAML; what a client asks besides is passed over. */
function discoveryFormat({ headers }: ApiRequest): { format: 'json' | 'yaml' } {
  try {
    return negotiate(headers['accept']);
  } catch (error) {
    if (acceptsAggregatedDiscovery(headers['accept'])) return { format: 'json' };
    throw error;
  }
}

function withType(response: ApiResponse, contentType: string | undefined): ApiResponse {
  return contentType ? { ...response, headers: { ...response.headers, 'content-type': contentType } } : response;
}
