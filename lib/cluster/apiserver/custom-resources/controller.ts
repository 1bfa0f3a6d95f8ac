import type { V1CustomResourceDefinition } from '@/generated/kubernetes/types';
import { deepCopy, prefixEnd, type Json } from '@/lib/base';
import { StatusError, type KubeObject, type ResourceDefinition } from '../../api';
import type { Etcd } from '../../etcd';
import { rfc3339 } from '../../kernel';
import { localApiService } from '../api-services';
import type { RequestContext } from '../context';
import { tracked, trackUpdate, writeOf } from '../fields';
import type { ResourceServices } from '../handler';
import { spoken, storageRoot } from '../storage';
import { statusStrategy, type StoreHooks } from '../store';
import { isTrue, withCondition, type Condition } from './conditions';
import { definitionsOf } from './definition';
import { established, withAcceptedNames } from './names';

interface Options {
  readonly services: () => ResourceServices;
  readonly context: (definition: ResourceDefinition, namespace: string, name: string) => RequestContext;
  /** The kind of the definitions themselves. */
  readonly kind: ResourceDefinition;
  readonly apiService: ResourceDefinition | undefined;
}

const cleanup = 'customresourcecleanup.apiextensions.k8s.io';
/** How often it is looked whether the objects of a kind that goes are gone (`finalizer/crd_finalizer.go`). */
const instancesIntervalMs = 5000;
const retryMs = 1000;

/**
 * Accepts the names of CustomResourceDefinitions, establishes them, registers what they serve and removes their objects before they go
 * (`apiextensions-apiserver/pkg/controller`: `status`, `establish`, `finalizer`; `controlplane/controller/crdregistration`). Level-based,
 * and nothing of it runs until there is a definition.
 */
export class CustomResourceController {
  readonly #options: Options;
  #isFollowing = false;
  #isStopped = false;
  readonly #pending = new Set<string>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** What the store does with definitions besides what it does with anything. */
  get hooks(): StoreHooks {
    return {
      afterWrite: () => this.follow(),
      beginDeletion: (object, now) => {
        this.follow();
        return object.metadata.deletionTimestamp ? undefined : this.#terminating(object, rfc3339(now));
      },
    };
  }

  /** Whether there is a definition in etcd. */
  hasAny(etcd: Etcd): boolean {
    const root = storageRoot(this.#options.kind);
    return spoken(() => etcd.range(root, { end: prefixEnd(root) ?? '\0', limit: 1 })).kvs.length > 0;
  }

  /** Follows the definitions from now on, those that are there first. */
  follow(): void {
    if (this.#isFollowing || this.#isStopped) return;
    this.#isFollowing = true;
    const { services, kind } = this.#options;
    const cache = services().caches.of(kind);
    cache.watch({ onEvents: (events) => events.forEach(({ object }) => this.#sync(object.metadata.name)) });
    cache.forEach(storageRoot(kind), ({ metadata }) => this.#soon(metadata.name));
  }

  stop(): void {
    this.#isStopped = true;
  }

  #soon(name: string, delayMs = 0): void {
    if (this.#pending.has(name)) return;
    this.#pending.add(name);
    this.#options.services().kernel.schedule({
      delayMs,
      actor: 'kube-apiserver',
      what: `sync CustomResourceDefinition ${name}`,
      background: delayMs > 0,
      run: () => {
        this.#pending.delete(name);
        if (!this.#isStopped) this.#sync(name);
      },
    });
  }

  #sync(name: string): void {
    if (this.#isStopped) return;
    try {
      this.#reconcile(name);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      this.#soon(name, retryMs);
    }
  }

  #reconcile(name: string): void {
    const { services, kind } = this.#options;
    const all: V1CustomResourceDefinition[] = [];
    services()
      .caches.of(kind)
      .forEach(storageRoot(kind), (object) => void all.push(object as unknown as V1CustomResourceDefinition));
    this.#register(all, name.slice(name.indexOf('.') + 1));
    const crd = all.find(({ metadata }) => metadata?.name === name);
    if (!crd) return all.forEach((one) => isTrue(one, 'NamesAccepted') || this.#soon(one.metadata?.name as string));
    if (crd.metadata?.deletionTimestamp) return this.#finalize(crd);
    const now = rfc3339(services().kernel.now);
    const named = withAcceptedNames(crd, all, now);
    if (named !== crd) return this.#writeStatus(named);
    if (isTrue(crd, 'NamesAccepted') && !isTrue(crd, 'Established')) this.#writeStatus(withCondition(crd, established, now));
  }

  /** One APIService for each version that some definition of the group serves. */
  #register(all: readonly V1CustomResourceDefinition[], group: string): void {
    const { apiService, services, context } = this.#options;
    if (!apiService) return;
    const wanted = new Set(
      all
        .filter(({ spec }) => spec.group === group)
        .flatMap(({ spec }) => spec.versions.filter(({ served }) => served).map((one) => one.name)),
    );
    const { store, caches } = services();
    for (const version of wanted) {
      const name = `${version}.${group}`;
      if (store.find(apiService, '', name)) continue;
      const object = localApiService({ group, version, groupPriority: 1000, versionPriority: 100 }, 'true');
      const creating = { ...context(apiService, '', ''), fieldManager: 'kube-apiserver' };
      trackUpdate(writeOf(creating), undefined, object);
      store.create(creating, object);
    }
    const gone: string[] = [];
    caches.of(apiService).forEach(storageRoot(apiService), ({ spec, metadata }) => {
      const isOurs = metadata.labels?.['kube-aggregator.kubernetes.io/automanaged'] === 'true';
      if (isOurs && spec.group === group && !wanted.has(spec.version)) gone.push(metadata.name);
    });
    for (const name of gone) store.delete(context(apiService, '', name), name, {});
  }

  #terminating(object: KubeObject, now: string): KubeObject {
    const { metadata } = object;
    const finalizers = [...(metadata.finalizers ?? []).filter((one) => one !== cleanup), cleanup];
    const marked = { ...object, metadata: { ...metadata, deletionTimestamp: now, finalizers } };
    return withCondition(
      marked as unknown as V1CustomResourceDefinition,
      deleting('InstanceDeletionPending', pending),
      now,
    ) as unknown as KubeObject;
  }

  /** Its objects go first; when they are gone it may go too. */
  #finalize(crd: V1CustomResourceDefinition): void {
    if (!crd.metadata?.finalizers?.includes(cleanup)) return;
    const now = rfc3339(this.#options.services().kernel.now);
    const begun = withCondition(crd, deleting('InstanceDeletionInProgress', 'CustomResource deletion is in progress'), now);
    if (begun !== crd && !isReason(crd, 'InstanceDeletionCheck')) return this.#writeStatus(begun);
    if (this.#deleteInstances(crd) > 0) return this.#soon(crd.metadata.name as string, instancesIntervalMs);
    const done = withCondition(
      crd,
      { type: 'Terminating', status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' },
      now,
    );
    this.#remove(done);
  }

  /** How many are left. */
  #deleteInstances(crd: V1CustomResourceDefinition): number {
    const definition = [...definitionsOf(crd).values()][0];
    if (!definition) return 0;
    const { store, caches } = this.#options.services();
    const found: KubeObject[] = [];
    caches.of(definition).forEach(storageRoot(definition), (object) => void found.push(object));
    for (const { metadata } of found)
      if (!metadata.deletionTimestamp)
        store.delete(this.#options.context(definition, metadata.namespace ?? '', metadata.name), metadata.name, {});
    return caches.of(definition).count(storageRoot(definition));
  }

  #remove(crd: V1CustomResourceDefinition): void {
    const { services, context, kind } = this.#options;
    const name = crd.metadata?.name as string;
    const finalizers = (crd.metadata?.finalizers ?? []).filter((one) => one !== cleanup);
    const updating = { ...context(kind, '', name), fieldManager: 'kube-apiserver' };
    services().store.update(
      { ...updating, info: { ...updating.info, verb: 'update' } },
      tracked(updating, () => deepCopy({ ...crd, metadata: { ...crd.metadata, finalizers } } as unknown as Json) as unknown as KubeObject),
    );
  }

  #writeStatus(crd: V1CustomResourceDefinition): void {
    const { services, context, kind } = this.#options;
    const own = { ...context(kind, '', crd.metadata?.name as string), fieldManager: 'kube-apiserver' };
    const updating = { ...own, info: { ...own.info, verb: 'update' as const, subresource: 'status' } };
    services().store.update(
      updating,
      tracked(updating, () => deepCopy(crd as unknown as Json) as unknown as KubeObject),
      statusStrategy(kind),
    );
  }
}

const pending = 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon';

function deleting(reason: string, message: string): Condition {
  return { type: 'Terminating', status: 'True', reason, message };
}

function isReason({ status }: V1CustomResourceDefinition, reason: string): boolean {
  return status?.conditions?.some((one) => one.type === 'Terminating' && one.reason === reason) ?? false;
}
