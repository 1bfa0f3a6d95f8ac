import { assert } from '@/lib/base';
import {
  ConnectionError,
  type ApiRequest,
  type Cluster,
  type Forkable,
  type HttpResult,
  type KubeObject,
  type NetworkNamespace,
} from '@/lib/cluster';
import { runFor, type Sliced } from './slices';

/** The cluster cannot be asked: its API server is down. A finding about the learner's cluster, never an error of ours. */
export class Unobservable extends Error {
  override readonly name = 'Unobservable';
}

/** A kind of object the API server does not serve: a check that asks for it is wrong. */
export class UnknownKind extends Error {
  override readonly name = 'UnknownKind';
}

/** Caches are filled by then, and whoever serves traffic serves. */
const takeUpMs = 1_000;

interface Resource {
  readonly path: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
}

/** What a check may look at: a cluster's objects as its API server answers them, its network, and copies of it to try things on. */
export class Observer {
  readonly cluster: Cluster;
  readonly #origin: Forkable;
  readonly #resources = new Map<string, Resource>();

  /** Copies are made from `origin`: of the cluster as it is then, or of a moment of it. */
  constructor(cluster: Cluster, origin: Forkable = cluster) {
    this.cluster = cluster;
    this.#origin = origin;
  }

  /** The same, whose copies are all of this moment. */
  atThisMoment(): Observer {
    return new Observer(this.cluster, this.cluster.moment());
  }

  /** A copy to advance, break and throw away. Its components have just been started, so it is given a moment to take up its work. */
  *fork(): Sliced<Observer> {
    yield;
    const cluster = this.#origin.fork();
    yield* runFor(cluster.kernel, takeUpMs);
    return new Observer(cluster);
  }

  /** What there was, whatever has become of the cluster since: a copy for which no time passes. */
  still(): Observer {
    return new Observer(this.#origin.fork());
  }

  get revision(): number {
    return this.cluster.revision;
  }

  /** Every object of a kind, in the order of its keys. */
  objects(apiVersion: string, kind: string, namespace?: string): readonly KubeObject[] {
    const resource = this.#resource(apiVersion, kind);
    const scope = namespace && resource.isNamespaced ? `/namespaces/${namespace}` : '';
    const list = this.#get(`${resource.path}${scope}/${resource.plural}`) as { items: KubeObject[] };
    return list.items.map((item) => ({ ...item, apiVersion, kind }));
  }

  find(apiVersion: string, kind: string, name: string, namespace = 'default'): KubeObject | undefined {
    const resource = this.#resource(apiVersion, kind);
    const scope = resource.isNamespaced ? `/namespaces/${namespace}` : '';
    return this.#get(`${resource.path}${scope}/${resource.plural}/${name}`) as KubeObject | undefined;
  }

  isNamespaced(apiVersion: string, kind: string): boolean {
    return this.#resource(apiVersion, kind).isNamespaced;
  }

  delete(apiVersion: string, kind: string, name: string, namespace = 'default'): void {
    const resource = this.#resource(apiVersion, kind);
    const scope = resource.isNamespaced ? `/namespaces/${namespace}` : '';
    this.#request({
      method: 'DELETE',
      url: `${resource.path}${scope}/${resource.plural}/${name}`,
      headers: { accept: 'application/json' },
    });
  }

  create(object: KubeObject): { status: number; message: string } {
    const resource = this.#resource(object.apiVersion, object.kind);
    const scope = resource.isNamespaced ? `/namespaces/${object.metadata.namespace ?? 'default'}` : '';
    const { status, body } = this.#request({
      method: 'POST',
      url: `${resource.path}${scope}/${resource.plural}`,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: object,
    });
    return { status, message: (body as { message?: string } | undefined)?.message ?? '' };
  }

  http(from: NetworkNamespace, url: string, options: { method?: string; timeoutMs: number }): HttpResult {
    return this.cluster.network.http(
      from,
      { method: options.method ?? 'GET', url, headers: { 'user-agent': 'check', accept: '*/*' } },
      { timeoutMs: options.timeoutMs },
    );
  }

  #resource(apiVersion: string, kind: string): Resource {
    const key = `${apiVersion}/${kind}`;
    const known = this.#resources.get(key);
    if (known) return known;
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const list = this.#get(path) as { resources: { name: string; kind: string; namespaced: boolean }[] } | undefined;
    const found = list?.resources.find((one) => one.kind === kind && !one.name.includes('/'));
    if (!found) throw new UnknownKind(`the API server serves no ${kind} in ${apiVersion}`);
    const resource = { path, plural: found.name, isNamespaced: found.namespaced };
    this.#resources.set(key, resource);
    return resource;
  }

  #get(url: string): unknown {
    const { status, body } = this.cluster.kernel.aside(() =>
      this.#request({ method: 'GET', url, headers: { accept: 'application/json' } }),
    );
    if (status === 404) return undefined;
    assert(status === 200 || status >= 500, `GET ${url}: ${status}`);
    if (status >= 500) throw new Unobservable('The API server does not answer.');
    return body;
  }

  #request(request: ApiRequest): { status: number; body?: unknown } {
    try {
      return this.cluster.asAdmin('grader')(request);
    } catch (error) {
      if (error instanceof ConnectionError) throw new Unobservable('The API server does not answer.');
      throw error;
    }
  }
}
