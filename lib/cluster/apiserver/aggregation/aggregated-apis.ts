import type { V1APIService } from '@/generated/kubernetes/types';
import { deepCopy, deepEqual, prefixEnd, type Json } from '@/lib/base';
import { failure, StatusError, type ApiRequest, type ApiResponse, type KubeObject, type ResourceDefinition } from '../../api';
import type { Etcd } from '../../etcd';
import { rfc3339, type Kernel } from '../../kernel';
import type { Lookup } from '../admission/plugin';
import type { User } from '../authentication';
import type { ProxyDialer } from '../proxy';
import { plainText } from '../responses';
import { spoken, storageKey, storageRoot } from '../storage';
import type { StoreHooks } from '../store';
import type { WatchCaches } from '../watch-cache';
import { checkAvailability } from './availability';

interface Options {
  readonly kernel: Kernel;
  readonly caches: WatchCaches;
  readonly lookup: () => Lookup;
  /** The kind of APIServices, of Services and of their endpoints. */
  readonly kinds: { readonly apiService: ResourceDefinition; readonly watched: readonly ResourceDefinition[] };
  readonly dial: ProxyDialer | undefined;
}

/** How often an API behind a Service is asked whether it is still there. */
const checkIntervalMs = 30_000;
/** What changes together is looked at once. */
const settleMs = 100;

/**
 * APIs that other servers serve, behind Services of the cluster (`kube-aggregator/pkg/apiserver`). Nothing of it runs until an APIService
 * names a Service.
 */
export class AggregatedApis {
  readonly #options: Options;
  #isFollowing = false;
  #isStopped = false;
  #isPending = false;
  #lists: ReadonlyMap<string, readonly object[]> = new Map();

  constructor(options: Options) {
    this.#options = options;
  }

  readonly hooks: StoreHooks = {
    afterWrite: (object) => {
      if (object.spec?.service) this.follow();
    },
  };

  /** What the servers behind available APIServices say they serve, by group and version. */
  get lists(): ReadonlyMap<string, readonly object[]> {
    return this.#lists;
  }

  /** Whether some APIService in etcd names a Service. */
  hasAny(etcd: Etcd): boolean {
    const root = storageRoot(this.#options.kinds.apiService);
    return spoken(() => etcd.range(root, { end: prefixEnd(root) ?? '\0' })).kvs.some(
      ({ value }) => (value as unknown as KubeObject).spec?.service,
    );
  }

  follow(): void {
    if (this.#isFollowing || this.#isStopped) return;
    this.#isFollowing = true;
    const { caches, kinds } = this.#options;
    for (const kind of [kinds.apiService, ...kinds.watched]) caches.of(kind).watch({ onEvents: () => this.#checkSoon(settleMs) });
    this.#checkSoon(0);
    this.#checkOften();
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** The answer of the server behind the APIService of this path; undefined where there is none. */
  answer(request: ApiRequest, path: string, user: User): ApiResponse | undefined {
    const [, group = '', version = ''] = /^\/apis\/([^/]+)\/([^/]+)/.exec(path) ?? [];
    const api = group ? this.#find(`${version}.${group}`) : undefined;
    if (!api?.spec?.service) return undefined;
    if (!isAvailable(api)) return plainText(503, 'service unavailable\n');
    return this.#proxied(request, api, user);
  }

  #proxied(request: ApiRequest, { spec }: V1APIService, user: User): ApiResponse {
    const { namespace = '', name = '', port = 443 } = spec?.service ?? {};
    const { lookup, dial } = this.#options;
    const address = lookup().find('Service', namespace, name)?.spec.clusterIP as string | undefined;
    const result = address && dial?.({ ...outgoing(request, user), url: `https://${address}:${port}${request.url}` });
    if (!result) return plainText(503, 'service unavailable\n');
    if (result.type === 'error') {
      const { status } = failure(503, 'ServiceUnavailable', `error trying to reach service: ${result.message}`);
      return { status: 503, headers: { 'content-type': 'application/json' }, body: status };
    }
    const { status, headers, body } = result.response;
    return { status, headers, body };
  }

  #find(name: string): V1APIService | undefined {
    const { caches, kinds } = this.#options;
    return caches.of(kinds.apiService).get(storageKey(kinds.apiService, '', name)) as unknown as V1APIService | undefined;
  }

  #all(): KubeObject[] {
    const { caches, kinds } = this.#options;
    const found: KubeObject[] = [];
    caches.of(kinds.apiService).forEach(storageRoot(kinds.apiService), (object) => void (object.spec?.service && found.push(object)));
    return found;
  }

  #checkOften(): void {
    this.#options.kernel.schedule({
      delayMs: checkIntervalMs,
      actor: 'kube-apiserver',
      what: 'check aggregated APIs',
      background: true,
      run: () => {
        if (this.#isStopped) return;
        this.#check();
        this.#checkOften();
      },
    });
  }

  #checkSoon(delayMs: number): void {
    if (this.#isPending || this.#isStopped) return;
    this.#isPending = true;
    this.#options.kernel.schedule({
      delayMs,
      actor: 'kube-apiserver',
      what: 'check aggregated APIs',
      run: () => {
        this.#isPending = false;
        if (!this.#isStopped) this.#check();
      },
    });
  }

  #check(): void {
    const lists = new Map<string, readonly object[]>();
    for (const object of this.#all()) {
      const api = object as unknown as V1APIService;
      const { availability, resources } = checkAvailability(api, this.#options.lookup(), this.#options.dial);
      if (availability.status === 'True') lists.set(`${api.spec?.group}/${api.spec?.version}`, resources);
      this.#tell(object, { type: 'Available', ...availability });
    }
    if (!deepEqual([...lists] as unknown as Json, [...this.#lists] as unknown as Json)) this.#lists = lists;
  }

  #tell(object: KubeObject, condition: { type: string; status: string; reason: string; message: string }): void {
    const conditions = (object.status?.conditions ?? []) as { type: string; status: string; lastTransitionTime: string }[];
    const known = conditions.find(({ type }) => type === condition.type);
    const now = rfc3339(this.#options.kernel.now);
    const { type, status, reason, message } = condition;
    const next = { type, status, lastTransitionTime: known?.status === status ? known.lastTransitionTime : now, reason, message };
    if (known && deepEqual(known as unknown as Json, next as unknown as Json)) return;
    const others = conditions.filter((one) => one !== known);
    try {
      this.#options.lookup().updateStatus(deepCopy({ ...object, status: { ...object.status, conditions: [...others, next] } }));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
    }
  }
}

function isAvailable({ status }: V1APIService): boolean {
  return status?.conditions?.some((one) => one.type === 'Available' && one.status === 'True') ?? false;
}

/** Who asks is told by headers that the other server trusts (`transport.SetAuthProxyHeaders`); what the asker says there himself is left out. */
function outgoing({ method, headers, body }: ApiRequest, user: User): { method: string; headers: Record<string, string>; body?: string } {
  const passed = Object.entries(headers).filter(([name]) => !/^(authorization$|impersonate-|x-remote-)/.test(name));
  const extra = Object.entries(user.extra ?? {}).map(([key, values]) => [
    `x-remote-extra-${encodeURIComponent(key.toLowerCase())}`,
    values.join(','),
  ]);
  return {
    method,
    headers: {
      ...Object.fromEntries(passed),
      'x-remote-user': user.name,
      ...(user.uid ? { 'x-remote-uid': user.uid } : {}),
      'x-remote-group': user.groups.join(','),
      ...Object.fromEntries(extra),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
}
