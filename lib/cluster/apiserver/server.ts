import { deepCopy, type Random } from '@/lib/base';
import {
  failure,
  StatusError,
  statusErrors,
  type ApiRequest,
  type ApiResponse,
  type KubeObject,
  type ResourceDefinition,
  type Transport,
} from '../api';
import { EtcdError, type Etcd } from '../etcd';
import { nameOfMetadata, rfc3339, type Kernel } from '../kernel';
import { AggregatedApis } from './aggregation/aggregated-apis';
import { AdmissionConfiguration, configurationKinds } from './admission/dynamic/configuration';
import type { WebhookDialer } from './admission/dynamic/webhook-call';
import { admissionPlugins } from './admission/registry';
import type { AdmissionPlugin, Lookup } from './admission/plugin';
import {
  anonymous,
  authenticate,
  bearerTokens,
  clientCertificates,
  inProcessActors,
  type Authenticator,
  type StaticToken,
  type User,
} from './authentication';
import { AuditLog, type AuditOptions, type AuditRecord } from './audit/audit-log';
import { allowAuthenticated, authorize, decide, denyAll, forbidden, privilegedGroup, publicInfo, type Authorizer } from './authorization';
import { decodeBody } from './body';
import { CustomResourceController } from './custom-resources/controller';
import { CustomResources } from './custom-resources/custom-resources';
import { bootstrap } from './bootstrap';
import { bootstrapTokenReader } from './bootstrap-tokens';
import { Compactor } from './compactor';
import { apiVersionOf, type RequestContext } from './context';
import { Discovery } from './discovery';
import type { KubeletDialer } from './kubelet-dialer';
import { tracked, trackUpdate, writeOf } from './fields';
import { flowControlHooks } from './flow-control';
import { impersonated } from './impersonation';
import { RequestMetrics } from './metrics';
import { namespaceHooks } from './namespaces';
import { NodeAuthorizer } from './node-authorizer';
import { PriorityAndFairness } from './priority-and-fairness';
import { escalationHooks } from './rbac/escalation';
import { PolicyCache } from './rbac/policy-cache';
import type { ProxyDialer } from './proxy';
import { RbacAuthorizer } from './rbac/rbac-authorizer';
import { bytesSentBy } from './request-size';
import { readRequestInfo, type ResourceRequestInfo, type RequestInfo } from './request-info';
import { failed, plainText, respond } from './responses';
import { answerReview, reviews } from './reviews';
import { addressObject, firstAddress, ServiceAddresses, type AddressObjects, type ServiceRanges } from './service-addresses';
import { fromStorage, Storage, storageKey, storageRoot } from './storage';
import { statusStrategy, Store, type StoreHooks } from './store';
import { notAllowed, notServed, rendered, type ResourceServices } from './handler';
import { maybeRenewLease } from './lease-renewals';
import { answerResource } from './resource-handlers';
import type { Descriptions } from './tables';
import { issuer, tokenReader } from './service-account-tokens';
import { WatchCaches } from './watch-cache';

export interface ApiServerOptions {
  readonly kernel: Kernel;
  readonly etcd: Etcd;
  readonly resources: readonly ResourceDefinition<any>[];
  /** `--token-auth-file`. */
  readonly tokens?: readonly StaticToken[];
  /** Reaches kubelets for logs, exec and attach; absent, they are refused. */
  readonly kubelet?: KubeletDialer;
  /** Passes requests on into the cluster's network; absent, the `proxy` subresources reach nobody. */
  readonly dial?: ProxyDialer;
  /** Reaches admission webhooks; absent, none answers. */
  readonly webhooks?: WebhookDialer;
  /** `--service-cluster-ip-range` and `--service-node-port-range`. */
  readonly services?: Partial<ServiceRanges>;
  /** `--advertise-address`: the endpoint of Service `kubernetes`. */
  readonly advertiseAddress?: string;
  readonly securePort?: number;
  /** `--anonymous-auth`. */
  readonly anonymousAuth?: boolean;
  /** `--authorization-mode`; absent, everybody who has shown who they are may do everything. */
  readonly authorizationModes?: readonly AuthorizationMode[];
  /** `--audit-policy-file` and `--audit-log-path`. */
  readonly audit?: AuditOptions;
  /** Callers of the same simulation without a credential are who the trace says they are, as tests want it. Absent means yes. */
  readonly trustsActors?: boolean;
  /** It goes on from a snapshot: the post-start hooks that bring the store up to date have run. */
  readonly isResumed?: boolean;
  readonly admission?: readonly AdmissionPlugin[];
  /** Signs service account tokens; every API server of a cluster has the same. Absent, the seed stands for it. */
  readonly serviceAccountKey?: string;
  /** `--etcd-compaction-interval`; 0 keeps all history. */
  readonly etcdCompactionIntervalMs?: number;
  /** The prose of fields for tables and OpenAPI; absent leaves descriptions empty. */
  readonly descriptions?: () => Descriptions;
}

export type AuthorizationMode = 'AlwaysAllow' | 'AlwaysDeny' | 'Node' | 'RBAC';

export const authorizationModes: readonly AuthorizationMode[] = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC'];

export interface ApiServer {
  /** Answers in zero simulated time. Throws what is a defect; refusals are responses. */
  readonly handle: Transport;
  /** Ends every watch; nothing is answered afterwards. */
  stop(): void;
}

/** kube-apiserver: authentication, authorization, admission, registry, etcd, in that order. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  return new Server(options);
}

class Server implements ApiServer {
  readonly handle: Transport;
  readonly #kernel: Kernel;
  readonly #caches: WatchCaches;
  readonly #resources: readonly ResourceDefinition[];
  readonly #kinds: Kinds;
  readonly #authenticators: readonly Authenticator[];
  readonly #authorizers: readonly Authorizer[];
  readonly #storage: Storage;
  readonly #configuration: AdmissionConfiguration;
  readonly #webhooks: WebhookDialer | undefined;
  #reviewUids: Random | undefined;
  /** How long webhooks have kept the request at hand. */
  #waitedMs = 0;
  readonly #services: ResourceServices;
  readonly #custom: CustomResources;
  readonly #customController: CustomResourceController | undefined;
  readonly #aggregated: AggregatedApis | undefined;
  readonly #discovery: Discovery;
  readonly #metrics = new RequestMetrics();
  readonly #anonymousAuth: boolean;
  readonly #audit: AuditLog | undefined;
  readonly #auditIds: Random;
  readonly #flows: PriorityAndFairness;
  /** Who asks from outside at the moment. */
  #caller: User | undefined;
  /** What the audit log is told of the request at hand. */
  #record: AuditRecord | undefined;
  readonly #bootstrap: { stop(): void };
  readonly #compactor: Compactor;
  /** The request under way, as the trace knows it, until it has written something: what it was about is known only then. */
  #unwritten: number | undefined;

  constructor(options: ApiServerOptions) {
    const { kernel, etcd, resources } = options;
    this.#kernel = kernel;
    this.#caches = new WatchCaches(etcd, kernel);
    this.#resources = resources;
    this.#kinds = kindsOf(resources);
    this.#configuration = new AdmissionConfiguration(new PolicyCache(this.#caches, resources, configurationKinds));
    this.#webhooks = options.webhooks && this.#timed(options.webhooks);
    const lookup = this.#lookup();
    this.#authenticators = authenticatorsOf(options, lookup);
    const rbac = new RbacAuthorizer(new PolicyCache(this.#caches, resources, ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding']));
    this.#authorizers = authorizersOf(options, rbac, lookup);
    this.#anonymousAuth = options.anonymousAuth ?? true;
    this.#auditIds = kernel.random.fork('kube-apiserver/audit-ids');
    this.#flows = new PriorityAndFairness(new PolicyCache(this.#caches, resources, ['FlowSchema', 'PriorityLevelConfiguration']));
    this.#audit = options.audit && new AuditLog(kernel, options.audit);
    this.#storage = new Storage(etcd);
    this.#custom = new CustomResources(this.#caches, definitionsKind(resources));
    this.#customController = this.#controllerOfDefinitions(resources);
    this.#aggregated = this.#aggregatedApis(options);
    this.#services = this.#createServices(options, rbac, lookup);
    this.#discovery = new Discovery({
      resources,
      custom: this.#custom,
      aggregated: () => this.#aggregated?.lists,
      etcd,
      descriptions: options.descriptions ?? (() => ({})),
      requests: this.#metrics,
      watching: (definition) => this.#caches.watching(definition),
      serverAddress: `${options.advertiseAddress ?? '172.18.0.2'}:${options.securePort ?? 6443}`,
    });
    this.handle = (request) => this.#answer(request);
    const context = (definition: ResourceDefinition, namespace: string, name: string) => this.#ownContext(definition, namespace, name);
    this.#compactor = new Compactor({ kernel, etcd, intervalMs: options.etcdCompactionIntervalMs });
    this.#bootstrap = bootstrap({
      services: this.#services,
      followers: [this.#customController, this.#aggregated].filter((one) => one !== undefined),
      context,
      resources,
      options,
      kubernetesIp: firstAddress(options.services?.clusterIps),
    });
  }

  #createServices(options: ApiServerOptions, rbac: RbacAuthorizer, lookup: Lookup): ResourceServices {
    const { kernel, etcd } = options;
    const storage = this.#storage;
    const addresses = new ServiceAddresses(lookup, this.#addressObjects(options.resources), options.services ?? {});
    const hooks = new Map<string, StoreHooks>([
      ['Service', addresses],
      ['Namespace', namespaceHooks],
      ...flowControlHooks(lookup),
      ...escalationHooks(rbac, this.#authorizers),
      ...(this.#customController ? [['CustomResourceDefinition', this.#customController.hooks] as const] : []),
      ...(this.#aggregated ? [['APIService', this.#aggregated.hooks] as const] : []),
    ]);
    const store = new Store({ storage, kernel, lookup, plugins: options.admission ?? admissionPlugins, hooks });
    return {
      kernel,
      etcd,
      store,
      lookup,
      serviceAccountKey: keyOfAccounts(options),
      caches: this.#caches,
      kubelet: options.kubelet,
      dial: options.dial,
      descriptions: options.descriptions ?? (() => ({})),
      openWatches: new Set(),
    };
  }

  #aggregatedApis({ kernel, resources, dial }: ApiServerOptions): AggregatedApis | undefined {
    const kindOf = (kind: string) => resources.filter((one) => one.kind === kind);
    const [apiService] = kindOf('APIService');
    if (!apiService) return undefined;
    const watched = ['Service', 'EndpointSlice'].flatMap(kindOf);
    return new AggregatedApis({ kernel, caches: this.#caches, lookup: () => this.#services.lookup, kinds: { apiService, watched }, dial });
  }

  #controllerOfDefinitions(resources: readonly ResourceDefinition[]): CustomResourceController | undefined {
    const kind = definitionsKind(resources);
    if (!kind) return undefined;
    return new CustomResourceController({
      services: () => this.#services,
      context: (definition, namespace, name) => this.#ownContext(definition, namespace, name),
      kind,
      apiService: resources.find((one) => one.kind === 'APIService'),
    });
  }

  /** One IPAddress for every address that a Service has (`pkg/registry/core/service/ipallocator`). */
  #addressObjects(resources: readonly ResourceDefinition[]): AddressObjects {
    const definition = resources.find(({ kind }) => kind === 'IPAddress');
    if (!definition) return { has: () => false, write: () => {}, remove: () => {} };
    const store = () => this.#services.store;
    const context = (name: string) => ({ ...this.#ownContext(definition, '', name), fieldManager: 'kube-apiserver' });
    const has = (address: string) => store().find(definition, '', address) !== undefined;
    return {
      has,
      write(address, service) {
        if (has(address)) return;
        const object = addressObject(address, service);
        trackUpdate(writeOf(context('')), undefined, object);
        store().create(context(''), object);
      },
      remove: (address) => void (has(address) && store().delete(context(address), address, {})),
    };
  }

  #lookup(): Lookup {
    const byKind = (kind: string) => this.#kinds.byKind.get(kind);
    return {
      kernel: this.#kernel,
      find: (kind, namespace, name) => {
        const definition = byKind(kind);
        return definition && this.#caches.of(definition).get(storageKey(definition, namespace, name));
      },
      list: (kind, namespace) => {
        const definition = byKind(kind);
        return definition ? this.#listOf(definition, namespace) : [];
      },
      updateStatus: (object) => {
        const definition = byKind(object.kind as string);
        if (definition) this.#updateStatus(definition, object);
      },
      configuration: this.#configuration,
      webhooks: this.#webhooks,
      decide: (user, asked) => decide(user, asked, this.#authorizers),
      findDefinition: (apiVersion, kind) =>
        [...this.#resources, ...this.#custom.resources].find(
          (definition) => definition.kind === kind && apiVersionOf(definition) === apiVersion,
        ),
      listOf: (definition, namespace) => this.#listOf(definition, namespace),
      reviewUid: () => (this.#reviewUids ??= this.#kernel.streamFor('kube-apiserver/reviews')).uuid(),
    };
  }

  #listOf(definition: ResourceDefinition, namespace?: string): KubeObject[] {
    const found: KubeObject[] = [];
    const prefix = namespace === undefined ? storageRoot(definition) : `${storageRoot(definition)}${namespace}/`;
    this.#caches.of(definition).forEach(prefix, (object) => void found.push(fromStorage(definition, object)));
    return found;
  }

  #answer(request: ApiRequest): ApiResponse {
    const info = readRequestInfo(request);
    const before = this.#unwritten;
    const cause = this.#kernel.record('request', request.actor ?? 'outside', info.summary);
    this.#unwritten = cause;
    const waitedBefore = this.#waitedMs;
    this.#waitedMs = 0;
    const response = this.#late(this.#kernel.causedBy(cause, () => this.#admitted(request, info)));
    this.#waitedMs = waitedBefore;
    this.#metrics.count(info, request.method, response.status);
    this.#unwritten = before;
    return request.actor === undefined ? this.#labelled(response, info) : response;
  }

  /** Webhooks answer at once and say how long they took; who can let time pass waits that long. */
  #late(response: ApiResponse): ApiResponse {
    const forMs = this.#waitedMs;
    return forMs < waitedMsMin || response.hangs ? response : { ...response, hangs: { forMs, isRepeatable: false } };
  }

  #timed(dialer: WebhookDialer): WebhookDialer {
    return {
      post: (...call) => {
        const result = dialer.post(...call);
        this.#waitedMs += result.tookMs;
        return result;
      },
    };
  }

  /** What an answer to the outside says of itself. */
  #labelled(response: ApiResponse, info: RequestInfo): ApiResponse {
    const caller = this.#caller;
    this.#caller = undefined;
    return {
      ...response,
      headers: {
        'audit-id': this.#auditIds.uuid(),
        'cache-control': 'no-cache, private',
        ...(caller ? this.#flows.headersOf(caller, info) : {}),
        ...response.headers,
      },
    };
  }

  #admitted(request: ApiRequest, info: RequestInfo): ApiResponse {
    if (!this.#audit) return this.#responded(request, info);
    const before = this.#record;
    const record = this.#audit.begin(request, info);
    this.#record = record;
    const response = this.#responded(request, info);
    this.#record = before;
    return record.complete(response);
  }

  #responded(request: ApiRequest, info: RequestInfo): ApiResponse {
    const warnings: string[] = [];
    try {
      const user = this.#userOf(request, info);
      const verdict = decide(user, info, this.#authorizers);
      this.#record?.decided(verdict);
      if (verdict.decision !== 'allow') throw forbidden(user, info, verdict.reason);
      return info.isResource ? this.#answerResource(request, info, user, warnings) : this.#answerOther(request, info, user);
    } catch (error) {
      const answer = failed(statusErrorOf(error), request, warnings);
      const refusal = error instanceof StatusError ? error.cause : error;
      return refusal instanceof EtcdError && refusal.hangs ? { ...answer, hangs: refusal.hangs } : answer;
    }
  }

  #userOf(request: ApiRequest, info: RequestInfo): User {
    const user = authenticate(request, this.#authenticators);
    if (!this.#anonymousAuth && user === anonymous) throw failure(401, 'Unauthorized', 'Unauthorized');
    this.#record?.authenticated(user);
    const speaker = impersonated(user, request, info, this.#authorizers);
    if (request.actor === undefined) this.#caller = speaker;
    this.#record?.impersonates(speaker);
    return speaker;
  }

  #answerOther(request: ApiRequest, info: Extract<RequestInfo, { isResource: false }>, user: User): ApiResponse {
    return (
      this.#discovery.answer(request, info) ?? this.#aggregated?.answer(request, info.path, user) ?? plainText(404, '404 page not found\n')
    );
  }

  #answerResource(request: ApiRequest, info: ResourceRequestInfo, user: User, warnings: string[]): ApiResponse {
    const definition = this.#definitionOf(info);
    if (!definition) return this.#answerUnstored(request, info, user, warnings);
    if (definition.deprecation) warnings.push(definition.deprecation);
    if (definition.type) this.#custom.check(definition, info);
    const context = this.#context(request, info, definition, user, warnings);
    const renewed = this.#configuration.isEmpty ? maybeRenewLease(this.#storage, request, context) : undefined;
    return respond(
      renewed ? rendered(this.#services, request, context, renewed) : answerResource(this.#services, request, context),
      request,
      warnings,
    );
  }

  #definitionOf({ group, version, resource }: ResourceRequestInfo): ResourceDefinition | undefined {
    const isAsked = (one: ResourceDefinition) => one.group === group && one.version === version;
    return this.#kinds.byPlural.get(resource)?.find(isAsked) ?? this.#custom.find(group, version, resource);
  }

  #answerUnstored(request: ApiRequest, info: ResourceRequestInfo, user: User, warnings: string[]): ApiResponse {
    if (info.group === '' && info.version === 'v1' && info.resource === 'bindings')
      return this.#answerBinding(request, info, user, warnings);
    const review = reviews.find(
      ({ group, version, plural }) => group === info.group && version === info.version && plural === info.resource,
    );
    if (!review)
      return this.#discovery.hasBuiltInGroup(info.group)
        ? failed(notServed(), request, warnings)
        : (this.#aggregated?.answer(request, info.path, user) ?? plainText(404, '404 page not found\n'));
    if (info.verb !== 'create') throw notAllowed();
    const timestamp = rfc3339(this.#kernel.now);
    return respond(
      answerReview(review, {
        request,
        info,
        user,
        timestamp,
        warnings,
        authenticators: this.#authenticators,
        authorizers: this.#authorizers,
      }),
      request,
      warnings,
    );
  }

  /** POST `namespaces/x/bindings`: the older way to say `pods/y/binding`. */
  #answerBinding(request: ApiRequest, info: ResourceRequestInfo, user: User, warnings: string[]): ApiResponse {
    if (info.verb !== 'create' || info.name) throw notAllowed();
    const name = decodeBody(request, { group: '', version: 'v1', kind: 'Binding' }, 'Ignore', []).metadata.name ?? '';
    return this.#answerResource(request, { ...info, resource: 'pods', subresource: 'binding', name }, user, warnings);
  }

  #context(request: ApiRequest, info: ResourceRequestInfo, definition: ResourceDefinition, user: User, warnings: string[]): RequestContext {
    const actor = request.actor ?? 'outside';
    const now = this.#kernel.now;
    const record = this.#record;
    return {
      info,
      definition,
      user,
      actor,
      now,
      warnings,
      userAgent: request.headers['user-agent'] ?? '',
      timestamp: rfc3339(now),
      sentBytes: bytesSentBy(request),
      isDryRun: false,
      fieldManager: '',
      annotate: (key, value, isOfRequest) => record?.annotate(key, value, isOfRequest),
      authorize: (asked) => authorize(user, asked, this.#authorizers),
      commit: (object, write) => this.#recorded(definition, actor, info.summary, object, write),
    };
  }

  #recorded<T>(definition: ResourceDefinition, actor: string, what: string, object: KubeObject, write: () => T): T {
    const about = { object: nameOfMetadata(definition.kind, object.metadata), revision: this.#services.etcd.revision + 1 };
    const request = this.#unwritten;
    if (request === undefined) return this.#kernel.causedBy(this.#kernel.record('request', actor, what, about), write);
    this.#unwritten = undefined;
    this.#kernel.trace.note(request, about);
    return write();
  }

  #updateStatus(definition: ResourceDefinition, object: KubeObject): void {
    const { namespace = '', name } = object.metadata;
    const own = this.#ownContext(definition, namespace, name);
    const context = { ...own, fieldManager: 'kube-apiserver', info: { ...own.info, verb: 'update' as const, subresource: 'status' } };
    this.#services.store.update(
      context,
      tracked(context, () => deepCopy(object)),
      statusStrategy(definition),
    );
  }

  /** The API server's own writes, as `system:apiserver`. */
  #ownContext(definition: ResourceDefinition, namespace: string, name: string): RequestContext {
    const path = `/${definition.names.plural}/${name}`;
    const info: ResourceRequestInfo = {
      isResource: true,
      verb: 'create',
      group: definition.group,
      version: definition.version,
      resource: definition.names.plural,
      subresource: '',
      namespace,
      name,
      path,
      summary: `POST ${path}`,
      query: new Map(),
      rest: [],
    };
    const request: ApiRequest = { method: 'POST', url: path, headers: {}, actor: 'kube-apiserver' };
    return this.#context(request, info, definition, { name: 'system:apiserver', groups: ['system:masters'] }, []);
  }

  stop(): void {
    this.#bootstrap.stop();
    this.#customController?.stop();
    this.#aggregated?.stop();
    this.#compactor.stop();
    for (const watch of this.#services.openWatches) watch.end();
    this.#caches.stop();
  }
}

/** Where a request's kind is found: seldom do two have the same plural. Made once for all servers of the same kinds. */
interface Kinds {
  readonly byPlural: ReadonlyMap<string, readonly ResourceDefinition[]>;
  /** Of several versions the first that is stored as it is. */
  readonly byKind: ReadonlyMap<string, ResourceDefinition>;
}

const known = new WeakMap<readonly ResourceDefinition[], Kinds>();

function kindsOf(resources: readonly ResourceDefinition[]): Kinds {
  let kinds = known.get(resources);
  if (!kinds) known.set(resources, (kinds = sorted(resources)));
  return kinds;
}

function sorted(resources: readonly ResourceDefinition[]): Kinds {
  const byPlural = new Map<string, ResourceDefinition[]>();
  const byKind = new Map<string, ResourceDefinition>();
  for (const definition of resources) {
    const { names, kind, storedAs } = definition;
    byPlural.set(names.plural, [...(byPlural.get(names.plural) ?? []), definition]);
    if (!storedAs && !byKind.has(kind)) byKind.set(kind, definition);
  }
  return { byPlural, byKind };
}

function definitionsKind(resources: readonly ResourceDefinition[]): ResourceDefinition | undefined {
  return resources.find(({ kind, group }) => kind === 'CustomResourceDefinition' && group === 'apiextensions.k8s.io');
}

function authenticatorsOf(options: ApiServerOptions, lookup: Lookup): readonly Authenticator[] {
  const { tokens = [], kernel, trustsActors = true } = options;
  const byToken = new Map(tokens.map((row) => [row.token, userOfRow(row)]));
  return [
    clientCertificates,
    bearerTokens(
      [issuer],
      (token) => byToken.get(token),
      tokenReader(lookup, kernel, keyOfAccounts(options)),
      bootstrapTokenReader(lookup, kernel),
    ),
    ...(trustsActors ? [inProcessActors] : []),
  ];
}

function userOfRow({ user, uid, groups }: StaticToken): User {
  return { name: user, ...(uid ? { uid } : {}), groups: [...groups, 'system:authenticated'] };
}

function authorizersOf({ authorizationModes: modes }: ApiServerOptions, rbac: RbacAuthorizer, lookup: Lookup): readonly Authorizer[] {
  if (!modes) return [publicInfo, allowAuthenticated];
  return [privilegedGroup, ...modes.flatMap((mode) => authorizersOfMode(mode, rbac, lookup))];
}

function authorizersOfMode(mode: AuthorizationMode, rbac: RbacAuthorizer, lookup: Lookup): readonly Authorizer[] {
  switch (mode) {
    case 'AlwaysAllow':
      return [publicInfo, allowAuthenticated];
    case 'AlwaysDeny':
      return [denyAll];
    case 'Node':
      return [new NodeAuthorizer(lookup)];
    case 'RBAC':
      return [rbac];
  }
}

function keyOfAccounts({ serviceAccountKey, kernel }: ApiServerOptions): string {
  return serviceAccountKey ?? kernel.seed;
}

/** Less than this is not worth waiting for. */
const waitedMsMin = 50;

function statusErrorOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof EtcdError) return statusErrors.internal(error.message);
  throw error;
}
