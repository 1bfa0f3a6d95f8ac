import { descriptions } from '@/generated/kubernetes/descriptions';
import { failure, type ApiRequest, type ApiResponse, type KubeObject, type Transport } from '../api';
import { createApiServer } from '../apiserver';
import { Client, type ListOptions, type ObjectName, type ResourceRef } from '../client';
import { EtcdError, MvccStore, type Etcd, type Revision } from '../etcd';
import { instant, Kernel, type Instant } from '../kernel';
import { builtInResources } from '../resources';
import type { PastKeys } from './ledger';

const reader = { commonName: 'history', organizations: ['system:masters'] };

/**
 * A cluster as it was at one moment, to be read: an API server over the keys there were, so that objects, lists, selectors, tables and
 * versions are what anybody who had asked then would have been answered. It is nobody's present: no time passes in it.
 */
export class Past {
  /** The newest revision there was. */
  readonly revision: number;
  /** When that was made; undefined before the first. */
  readonly at: Instant | undefined;
  readonly #keys: PastKeys;
  #api: Transport | undefined;

  constructor(keys: PastKeys) {
    this.revision = keys.revision;
    this.at = keys.at;
    this.#keys = keys;
  }

  /** Answers GET and HEAD; refuses everything else, and watches, since nothing is going to happen. */
  readonly api = (request: ApiRequest): ApiResponse => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refused('the past cannot be changed');
    if (/[?&]watch=(1|true)\b/.test(request.url)) return refused('nothing happens any more in the past: it cannot be watched');
    this.#api ??= serverOf(this.#keys);
    return this.#api({ ...request, clientCertificate: reader });
  };

  list<T extends KubeObject>(resource: ResourceRef<T>, options: ListOptions = {}): readonly T[] {
    return this.#client.list(resource, options).items;
  }

  find<T extends KubeObject>(resource: ResourceRef<T>, name: ObjectName): T | undefined {
    return this.#client.find(resource, name);
  }

  /** Whether a machine was up, where its power has changed since. */
  wasUp(machine: string): boolean | undefined {
    return this.#keys.power.get(machine);
  }

  get #client(): Client {
    return new Client({ transport: this.api, actor: 'history' });
  }
}

function serverOf(keys: PastKeys): Transport {
  const revision = keys.revision;
  const versions = [...keys.list('')].sort((a, b) => a.modRevision - b.modRevision);
  const store = MvccStore.restore({ revision, compactedRevision: revision, versions });
  const kernel = new Kernel({ seed: 'history', now: keys.at ?? instant(0) });
  return createApiServer({ kernel, etcd: readOnly(store), resources: builtInResources, descriptions: () => descriptions }).handle;
}

function readOnly(store: MvccStore): Etcd {
  const refuse = (): never => {
    throw new EtcdError('Unavailable', 'the past cannot be changed');
  };
  return {
    revision: store.revision,
    compactedRevision: 0 as Revision,
    range: (key, options) => store.range(key, options),
    watch: (key, options, onResponse) => store.watch(key, options, onResponse),
    put: refuse,
    deleteRange: refuse,
    txn: refuse,
    compact: refuse,
  };
}

function refused(message: string): ApiResponse {
  const { status } = failure(405, 'MethodNotAllowed', message);
  return { status: 405, headers: { 'content-type': 'application/json' }, body: status };
}
