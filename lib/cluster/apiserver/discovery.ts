import { sha256 } from '@noble/hashes/sha2.js';
import { compareBytes } from '@/lib/base';
import { encodeBytes, type ApiRequest, type ApiResponse, type ResourceDefinition } from '../api';
import type { Etcd } from '../etcd';
import { servedVersions } from './api-services';
import { apiVersionOf } from './context';
import type { CustomResources } from './custom-resources/custom-resources';
import { compareVersions } from './custom-resources/definition';
import { notAllowed } from './handler';
import { healthCheckPaths, healthChecks, healthPaths, healthResponse } from './health';
import { acceptsAggregatedDiscovery, negotiate } from './media-types';
import { openApiIndex, openApiOfPath, openApiV2WithCustom, openApiV3, openApiV3Custom } from './openapi';
import type { RequestInfo } from './request-info';
import { renderHealthMetrics, renderMetrics, type RequestMetrics } from './metrics';
import { keysResponse, openIdConfiguration } from './openid';
import { answered, plainText, respond } from './responses';
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
  readonly storageVersionHash?: string;
}

export interface DiscoverySources {
  readonly resources: readonly ResourceDefinition[];
  /** What other servers serve behind Services, by group and version. */
  readonly aggregated: () => ReadonlyMap<string, readonly object[]> | undefined;
  readonly custom: Pick<CustomResources, 'resources' | 'revision'>;
  readonly etcd: Etcd;
  readonly descriptions: () => Descriptions;
  readonly serverAddress: string;
  readonly requests: RequestMetrics;
  /** How many watch objects of a kind at the moment. */
  readonly watching: (definition: ResourceDefinition) => number;
}

/** What an API server tells about itself: versions, groups, resources, schemas, health (`endpoints/discovery`). */
export class Discovery {
  readonly #sources: DiscoverySources;

  constructor(sources: DiscoverySources) {
    this.#sources = sources;
  }

  get #lists(): ReadonlyMap<string, readonly ApiResource[]> {
    const { resources, custom } = this.#sources;
    const own = custom.resources.length === 0 ? listsOf(resources) : withCustom(listsOf(resources), custom.resources);
    const others = this.#sources.aggregated();
    return others?.size ? new Map([...own, ...(others as ReadonlyMap<string, readonly ApiResource[]>)]) : own;
  }

  hasBuiltInGroup(group: string): boolean {
    return [...listsOf(this.#sources.resources).keys()].some((groupVersion) => groupOf(groupVersion) === group);
  }

  hasGroup(group: string): boolean {
    return [...this.#lists.keys()].some((groupVersion) => groupOf(groupVersion) === group);
  }

  answer(request: ApiRequest, info: Extract<RequestInfo, { isResource: false }>): ApiResponse | undefined {
    const path = info.path.length > 1 ? info.path.replace(/\/$/, '') : info.path;
    if (healthPaths.some((one) => path === one || path.startsWith(`${one}/`)))
      return healthResponse(path, request.url, info.query, this.#sources.etcd);
    if (path.startsWith('/openapi/')) return this.#openApi(request, path);
    if (path === '/openid/v1/jwks') return keysResponse(request);
    if (path === '/metrics' || path === '/metrics/slis') return this.#metrics(path);
    if (path === '/statusz') return plainText(200, this.#status());
    const body = this.#bodyOf(request, path);
    if (!body) return undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD') throw notAllowed();
    const { format } = discoveryFormat(request, path);
    return withType(respond(answered(body.body, 200, format), request, []), body.contentType);
  }

  #metrics(path: string): ApiResponse {
    const { resources, etcd, requests, watching } = this.#sources;
    const { gitVersion, gitCommit, gitTreeState, buildDate, goVersion, compiler, platform, major, minor } = version;
    const build = {
      build_date: buildDate,
      compiler,
      git_commit: gitCommit,
      git_tree_state: gitTreeState,
      git_version: gitVersion,
      go_version: goVersion,
      major,
      minor,
      platform,
    };
    const body =
      path === '/metrics'
        ? renderMetrics({ requests, resources, etcd, watching, version: build })
        : renderHealthMetrics(healthChecks(etcd));
    return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores' }, body };
  }

  /** `/statusz` of a component (`component-base/zpages/statusz`). */
  #status(): string {
    const { major, minor, goVersion } = version;
    const lines = [
      'kube-apiserver statusz',
      'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.',
      '',
      `Go version: ${goVersion}`,
      `Binary version: ${major}.${minor}.0`,
      `Emulation version: ${major}.${minor}`,
      '',
    ];
    return lines.join('\n');
  }

  #bodyOf(request: ApiRequest, path: string): { body: object; contentType?: string } | undefined {
    if (path === '/') return { body: { paths: this.#paths() } };
    if (path === '/version') return { body: version };
    if (path === '/.well-known/openid-configuration') return { body: openIdConfiguration(this.#sources.serverAddress) };
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
    const priority = (groupVersion: string) =>
      servedVersions.find((one) => one.group === group && groupVersion.endsWith(`/${one.version}`))?.versionPriority ?? 0;
    return [...this.#lists.keys()]
      .filter((groupVersion) => groupOf(groupVersion) === group)
      .sort((a, b) => priority(b) - priority(a) || compareVersions(versionOf(a), versionOf(b)));
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
      '/.well-known/openid-configuration',
      '/api',
      '/api/v1',
      '/apis',
      '/apis/',
      ...groups,
      ...healthCheckPaths(this.#sources.etcd),
      '/metrics',
      '/metrics/slis',
      '/openapi/v2',
      '/openapi/v3',
      '/openapi/v3/',
      '/openid/v1/jwks',
      '/statusz',
      '/version',
    ].sort(compareBytes);
  }

  /** Where there is a schema: of every group, every version, and of what is about the server. */
  #openApiPaths(): string[] {
    const groups = this.#groups().flatMap((group) => [group, ...this.#versions(group)]);
    const about = ['.well-known/openid-configuration', 'api', 'api/v1', 'apis', 'openid/v1/jwks', 'version'];
    return [...about, ...groups.map((group) => `apis/${group}`)].sort(compareBytes);
  }

  /** What is built in never changes. */
  #stateOf(path: string): string {
    const { custom } = this.#sources;
    return custom.resources.some((one) => `apis/${apiVersionOf(one)}` === path) ? String(custom.revision) : '';
  }

  #openApi(request: ApiRequest, path: string): ApiResponse | undefined {
    const { resources, custom, descriptions } = this.#sources;
    const json = (body: object) => respond(answered(body), request, []);
    if (path === '/openapi/v3') return json(openApiIndex(this.#openApiPaths(), (path) => this.#stateOf(path)));
    if (path === '/openapi/v2') return json(openApiV2WithCustom(resources, custom.resources, descriptions()));
    const about = path.slice('/openapi/v3/'.length);
    const groupVersion = about.replace(/^apis?\//, '');
    if (custom.resources.some((one) => apiVersionOf(one) === groupVersion))
      return json(openApiV3Custom(groupVersion, custom.resources, descriptions()));
    if (this.#lists.has(groupVersion)) return json(openApiV3(groupVersion, resources, descriptions()));
    return this.#openApiPaths().includes(about) ? json(openApiOfPath(`/${about}`)) : undefined;
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

const groupOrder = [...new Set(servedVersions.map(({ group }) => group))];

function rankOf(group: string): number {
  const rank = groupOrder.indexOf(group);
  return rank < 0 ? groupOrder.length : rank;
}

function versionOf(groupVersion: string): string {
  return groupVersion.slice(groupVersion.indexOf('/') + 1);
}

function groupOf(groupVersion: string): string {
  return groupVersion.includes('/') ? groupVersion.slice(0, groupVersion.indexOf('/')) : '';
}

const lists = new WeakMap<readonly ResourceDefinition[], ReadonlyMap<string, readonly ApiResource[]>>();

/** What every group and version has, worked out once for all clusters. */
function listsOf(resources: readonly ResourceDefinition[]): ReadonlyMap<string, readonly ApiResource[]> {
  const known = lists.get(resources);
  if (known) return known;
  const made = new Map(groupVersionsOf(resources).map((groupVersion) => [groupVersion, resourcesIn(groupVersion, resources)]));
  lists.set(resources, made);
  return made;
}

function groupVersionsOf(resources: readonly ResourceDefinition[]): string[] {
  return [...new Set([...resources, ...reviews].map(apiVersionOf))];
}

const joined = new WeakMap<readonly ResourceDefinition[], ReadonlyMap<string, readonly ApiResource[]>>();

/** Custom resources stand in the order of their definitions. */
function withCustom(
  builtIn: ReadonlyMap<string, readonly ApiResource[]>,
  custom: readonly ResourceDefinition[],
): ReadonlyMap<string, readonly ApiResource[]> {
  const known = joined.get(custom);
  if (known) return known;
  const lists = new Map(builtIn);
  for (const definition of custom) {
    const groupVersion = apiVersionOf(definition);
    lists.set(groupVersion, [...(lists.get(groupVersion) ?? []), ...customRowsOf(definition)]);
  }
  joined.set(custom, lists);
  return lists;
}

/** As `rowsOf`, in the order the handler of custom resources has verbs and parts in. */
function customRowsOf(definition: ResourceDefinition): ApiResource[] {
  const [whole, ...parts] = rowsOf({ ...definition, verbs: customVerbs }) as [ApiResource, ...ApiResource[]];
  return [
    { ...whole, storageVersionHash: storageVersionHash(definition) },
    ...parts.filter(({ name }) => name.endsWith('/status')),
    ...parts.filter(({ name }) => !name.endsWith('/status')),
  ];
}

const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

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
    ...(definition.verbs ? {} : { storageVersionHash: storageVersionHash(definition) }),
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

/** Tells clients when the form in which objects are stored changes (`discovery.StorageVersionHash`). */
function storageVersionHash({ storedAs, ...own }: ResourceDefinition): string {
  const { group, version, kind } = storedAs?.definition ?? own;
  const hash = sha256(new TextEncoder().encode(`${group}/${own.storageVersion ?? version}/${kind}`));
  return encodeBytes(hash.subarray(0, 8));
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
function discoveryFormat({ headers }: ApiRequest, path: string): { format: 'json' | 'yaml' } {
  const isAggregated = path === '/api' || path === '/apis';
  if (isAggregated && acceptsAggregatedDiscovery(headers['accept'])) return { format: 'json' };
  return negotiate(headers['accept']);
}

function withType(response: ApiResponse, contentType: string | undefined): ApiResponse {
  return contentType ? { ...response, headers: { ...response.headers, 'content-type': contentType } } : response;
}
