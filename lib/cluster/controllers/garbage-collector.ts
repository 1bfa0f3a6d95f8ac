import type { V1OwnerReference } from '@/generated/kubernetes/types';
import { StatusError, type KubeObject, type ResourceDefinition } from '../api';
import { whenAllSynced, WorkQueue, type InformerHandler } from '../client';
import type { Entry } from '../kernel';
import { builtInResources } from '../resources';
import { followCustomKinds, type CustomKinds } from './custom-kinds';
import { subjectOf, type Controller, type ControllerEnvironment } from './controller';
import { afterDiscovery } from './discovery';

const foregroundFinalizer = 'foregroundDeletion';
const orphanFinalizer = 'orphan';

/** Events own nothing and are owned by nothing; the newer group's kinds are the same objects again. */
const collected = builtInResources.filter(({ kind, verbs }) => kind !== 'Event' && isDeletable(verbs));

/** What discovery says can be deleted, listed and watched (`GetDeletableResources`). */
function isDeletable(verbs: readonly string[] | undefined): boolean {
  return !verbs || ['delete', 'list', 'watch'].every((verb) => verbs.includes(verb));
}

/** Deletes what has lost all its owners, in the order the deletion asked for (`pkg/controller/garbagecollector`). */
export const garbageCollectorController: Controller = {
  name: 'garbage-collector-controller',
  component: 'garbage-collector-controller',
  start: (environment) => new GarbageCollector(environment),
};

/** One object in the graph of owners. Kept for as long as its informer knows the object. */
interface Vertex {
  readonly resource: ResourceDefinition;
  readonly object: KubeObject;
}

class GarbageCollector {
  readonly #environment: ControllerEnvironment;
  readonly #vertices = new Map<string, Vertex>();
  /** Owner uid to the uids of its dependents, whether the owner is known or not. */
  readonly #dependents = new Map<string, Set<string>>();
  readonly #deletions: WorkQueue;
  readonly #orphanings: WorkQueue;
  readonly #discovery: Entry;
  #custom: CustomKinds = new Map();
  #isBuilt = false;

  constructor(environment: ControllerEnvironment) {
    const { kernel, client, log } = environment;
    this.#environment = environment;
    const onError = (error: unknown, uid: string) =>
      log(`"Error syncing item" item=${JSON.stringify(uid)} err=${JSON.stringify((error as Error).message)}`);
    this.#deletions = new WorkQueue({
      kernel,
      actor: client.actor,
      reconcile: (uid) => this.#attemptToDelete(uid),
      onError,
      startsClosed: true,
    });
    this.#orphanings = new WorkQueue({
      kernel,
      actor: client.actor,
      reconcile: (uid) => this.#orphanDependents(uid),
      onError,
      startsClosed: true,
    });
    this.#discovery = afterDiscovery(environment, () => this.#startMonitors());
  }

  #startMonitors(): void {
    const { informers } = this.#environment;
    for (const resource of collected) this.#monitor(resource);
    this.#custom = followCustomKinds(informers, (resource) => this.#monitor(resource));
    whenAllSynced(
      collected.map((resource) => informers.for<KubeObject>(resource)),
      () => this.#graphBuilt(),
    );
  }

  #monitor(resource: ResourceDefinition): void {
    this.#environment.informers.for<KubeObject>(resource).addHandler(new Monitor(this, resource));
  }

  stop(): void {
    this.#discovery.cancel();
    this.#deletions.stop();
    this.#orphanings.stop();
  }

  /** Who has lost an owner shows only now that every kind is known. */
  #graphBuilt(): void {
    this.#isBuilt = true;
    for (const [uid, { object }] of this.#vertices)
      if (!isForeground(object) && this.#mayBeAbandoned(object, undefined)) this.#deletions.add(uid, { background: false });
    this.#deletions.open();
    this.#orphanings.open();
  }

  seen(resource: ResourceDefinition, old: KubeObject | undefined, object: KubeObject): void {
    const { uid } = object.metadata;
    this.#vertices.set(uid, { resource, object });
    if (!old || old.metadata.ownerReferences !== object.metadata.ownerReferences)
      this.#link(uid, old?.metadata.ownerReferences ?? [], object.metadata.ownerReferences ?? []);
    if (isOrphaning(object) && !(old && isOrphaning(old))) this.#orphanings.add(uid, { background: false });
    if (isForeground(object)) {
      if (!(old && isForeground(old))) this.#startForeground(uid);
    } else if (this.#isBuilt && this.#mayBeAbandoned(object, old)) this.#deletions.add(uid, { background: false });
  }

  gone({ metadata }: KubeObject): void {
    this.#vertices.delete(metadata.uid);
    this.#link(metadata.uid, metadata.ownerReferences ?? [], []);
    for (const dependent of this.#dependents.get(metadata.uid) ?? []) this.#deletions.add(dependent, { background: false });
    for (const owner of metadata.ownerReferences ?? []) {
      const vertex = this.#vertices.get(owner.uid);
      if (vertex && isForeground(vertex.object)) this.#deletions.add(owner.uid, { background: false });
    }
  }

  #link(uid: string, before: readonly V1OwnerReference[], after: readonly V1OwnerReference[]): void {
    for (const owner of before) {
      if (after.some((one) => one.uid === owner.uid)) continue;
      const dependents = this.#dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner.uid);
    }
    for (const owner of after) {
      const dependents = this.#dependents.get(owner.uid) ?? new Set<string>();
      this.#dependents.set(owner.uid, dependents.add(uid));
    }
  }

  /** An owner that is going in the foreground: its dependents first, then itself. */
  #startForeground(uid: string): void {
    for (const dependent of this.#dependents.get(uid) ?? []) this.#deletions.add(dependent, { background: false });
    this.#deletions.add(uid, { background: false });
  }

  /** Worth asking the server about: an owner that the graph does not know, or references that changed. */
  #mayBeAbandoned({ metadata }: KubeObject, old: KubeObject | undefined): boolean {
    const owners = metadata.ownerReferences ?? [];
    if (owners.length === 0) return false;
    const isNews = !old || old.metadata.ownerReferences !== metadata.ownerReferences;
    return isNews && owners.some((owner) => !this.#isKnown(owner, metadata.namespace) || this.#isWaiting(owner));
  }

  #isKnown(owner: V1OwnerReference, namespace: string | undefined): boolean {
    const vertex = this.#vertices.get(owner.uid);
    if (!vertex || vertex.object.metadata.name !== owner.name || vertex.resource.kind !== owner.kind) return false;
    return vertex.resource.scope === 'Cluster' || vertex.object.metadata.namespace === namespace;
  }

  #isWaiting(owner: V1OwnerReference): boolean {
    const vertex = this.#vertices.get(owner.uid);
    return vertex !== undefined && isForeground(vertex.object);
  }

  /** Looks at the object and its owners as the server has them, and deletes it, or what keeps it, or nothing (`attemptToDeleteItem`). */
  #attemptToDelete(uid: string): void {
    const vertex = this.#vertices.get(uid);
    if (!vertex) return;
    const { resource } = vertex;
    const isGoingForeground = isForeground(vertex.object);
    const live = this.#environment.client.find<KubeObject>(resource, vertex.object.metadata);
    if (!live || live.metadata.uid !== uid) return;
    // By the graph, not by the server: dependents go only once everybody's cache has seen their owner going.
    if (isGoingForeground) return this.#finishForeground(resource, live);
    if (live.metadata.deletionTimestamp) return;
    const owners = live.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const { solid, dangling, waiting } = this.#classify(resource, live);
    if (solid.length > 0) return this.#dropReferences(resource, live, [...dangling, ...waiting]);
    if (waiting.length > 0 && this.#dependentsOf(uid).length > 0) {
      if (this.#dependentsOf(uid).some(({ object }) => isForeground(object))) this.#unblock(resource, live);
      return this.#delete(resource, live, 'Foreground');
    }
    this.#delete(
      resource,
      live,
      live.metadata.finalizers?.includes(orphanFinalizer)
        ? 'Orphan'
        : live.metadata.finalizers?.includes(foregroundFinalizer)
          ? 'Foreground'
          : 'Background',
    );
  }

  /** An owner in foreground deletion goes when nothing that blocks it is left. */
  #finishForeground(resource: ResourceDefinition, live: KubeObject): void {
    const blocking = this.#dependentsOf(live.metadata.uid).filter(({ object }) =>
      object.metadata.ownerReferences?.some((owner) => owner.uid === live.metadata.uid && owner.blockOwnerDeletion),
    );
    if (blocking.length === 0) return this.#removeFinalizer(resource, live, foregroundFinalizer);
    for (const { object } of blocking)
      if (!object.metadata.deletionTimestamp) this.#deletions.add(object.metadata.uid, { background: false });
  }

  #dependentsOf(uid: string): Vertex[] {
    return [...(this.#dependents.get(uid) ?? [])]
      .map((dependent) => this.#vertices.get(dependent))
      .filter((vertex) => vertex !== undefined);
  }

  #classify(
    resource: ResourceDefinition,
    live: KubeObject,
  ): { solid: V1OwnerReference[]; dangling: V1OwnerReference[]; waiting: V1OwnerReference[] } {
    const sorted = { solid: [] as V1OwnerReference[], dangling: [] as V1OwnerReference[], waiting: [] as V1OwnerReference[] };
    for (const owner of live.metadata.ownerReferences ?? []) sorted[this.#stateOf(resource, live, owner)].push(owner);
    return sorted;
  }

  #stateOf(resource: ResourceDefinition, live: KubeObject, owner: V1OwnerReference): 'solid' | 'dangling' | 'waiting' {
    const isOwners = (one: ResourceDefinition) => one.kind === owner.kind && one.group === groupOf(owner.apiVersion);
    const kind = collected.find(isOwners) ?? [...this.#custom.values()].find(isOwners);
    if (!kind) return 'solid';
    if (kind.scope === 'Namespaced' && resource.scope === 'Cluster') return this.#reportInvalid(resource, live, owner, 'solid');
    const found = this.#environment.client.find<KubeObject>(kind, { name: owner.name, namespace: live.metadata.namespace });
    if (!found || found.metadata.uid !== owner.uid) {
      if (this.#isElsewhere(owner, live)) this.#reportInvalid(resource, live, owner, 'dangling');
      return 'dangling';
    }
    return isForeground(found) ? 'waiting' : 'solid';
  }

  #isElsewhere(owner: V1OwnerReference, live: KubeObject): boolean {
    const vertex = this.#vertices.get(owner.uid);
    return vertex !== undefined && vertex.resource.scope === 'Namespaced' && vertex.object.metadata.namespace !== live.metadata.namespace;
  }

  #reportInvalid<State>(resource: ResourceDefinition, live: KubeObject, owner: V1OwnerReference, state: State): State {
    const { namespace = '' } = live.metadata;
    const reference = `[${owner.apiVersion}/${owner.kind}, namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}]`;
    this.#environment.record.event(
      subjectOf(resource, live),
      'Warning',
      'OwnerRefInvalidNamespace',
      `ownerRef ${reference} does not exist in namespace ${JSON.stringify(namespace)}`,
    );
    return state;
  }

  #dropReferences(resource: ResourceDefinition, live: KubeObject, dropped: readonly V1OwnerReference[]): void {
    if (dropped.length === 0) return;
    const ownerReferences = (live.metadata.ownerReferences ?? []).filter(({ uid }) => !dropped.some((one) => one.uid === uid));
    this.#patchMetadata(resource, live, { ownerReferences });
  }

  /** Two that block each other would wait for ever. */
  #unblock(resource: ResourceDefinition, live: KubeObject): void {
    const ownerReferences = (live.metadata.ownerReferences ?? []).map((owner) =>
      owner.blockOwnerDeletion ? { ...owner, blockOwnerDeletion: false } : owner,
    );
    this.#patchMetadata(resource, live, { ownerReferences });
  }

  /** Nothing owns these any more; then the owner may go. */
  #orphanDependents(uid: string): void {
    const vertex = this.#vertices.get(uid);
    if (!vertex) return;
    for (const { resource, object } of this.#dependentsOf(uid)) {
      const ownerReferences = (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
      this.#patchMetadata(resource, object, { ownerReferences });
    }
    const live = this.#environment.client.find<KubeObject>(vertex.resource, vertex.object.metadata);
    if (live?.metadata.uid === uid) this.#removeFinalizer(vertex.resource, live, orphanFinalizer);
  }

  #removeFinalizer(resource: ResourceDefinition, live: KubeObject, finalizer: string): void {
    const finalizers = live.metadata.finalizers ?? [];
    if (finalizers.includes(finalizer)) this.#patchMetadata(resource, live, { finalizers: finalizers.filter((one) => one !== finalizer) });
  }

  /** A JSON merge patch that applies to this very object; what is gone needs no patch. */
  #patchMetadata(resource: ResourceDefinition, live: KubeObject, metadata: object): void {
    const { uid, resourceVersion } = live.metadata;
    unlessGone(() =>
      this.#environment.client.patch<KubeObject>(
        resource,
        live.metadata,
        { metadata: { uid, resourceVersion, ...metadata } },
        { type: 'merge' },
      ),
    );
  }

  #delete(resource: ResourceDefinition, live: KubeObject, propagationPolicy: 'Background' | 'Foreground' | 'Orphan'): void {
    const { uid, resourceVersion } = live.metadata;
    unlessGone(() =>
      this.#environment.client.delete<KubeObject>(resource, live.metadata, { propagationPolicy, preconditions: { uid, resourceVersion } }),
    );
  }
}

/** Hears of the objects of one kind. There are as many as there are kinds, most of them without an object. */
class Monitor implements InformerHandler {
  readonly #collector: GarbageCollector;
  readonly #resource: ResourceDefinition;

  constructor(collector: GarbageCollector, resource: ResourceDefinition) {
    this.#collector = collector;
    this.#resource = resource;
  }

  added(object: KubeObject): void {
    this.#collector.seen(this.#resource, undefined, object);
  }

  updated(old: KubeObject, object: KubeObject): void {
    this.#collector.seen(this.#resource, old, object);
  }

  deleted(object: KubeObject): void {
    this.#collector.gone(object);
  }
}

function unlessGone(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!StatusError.is(error, 'NotFound')) throw error;
  }
}

function isForeground({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers?.includes(foregroundFinalizer) ?? false);
}

function isOrphaning({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers?.includes(orphanFinalizer) ?? false);
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
