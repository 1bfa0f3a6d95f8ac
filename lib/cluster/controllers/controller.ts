import { keyOf, labelSelectorAsSelector, splitKey, type KubeObject, type LabelSelector } from '../api';
import {
  whenAllSynced,
  WorkQueue,
  type Client,
  type EventRecorder,
  type EventSubject,
  type InformerFactory,
  type Lister,
  type Outcome,
  type ResourceRef,
} from '../client';
import type { Instant, Kernel } from '../kernel';
import { Expectations } from './expectations';
import type { ManagerOptions } from './options';

/** One of kube-controller-manager's loops. `name` is what `--controllers` calls it. */
export interface Controller {
  readonly name: string;
  /** source.component of its Events; absent means the name. */
  readonly component?: string;
  start(environment: ControllerEnvironment): { stop(): void };
}

/** What the manager gives each controller. Informers are shared among them all. */
export interface ControllerEnvironment {
  readonly kernel: Kernel;
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly record: EventRecorder;
  readonly options: ManagerOptions;
  /** The manager goes on from a snapshot: what its caches begin with is no news. */
  readonly isResumed: boolean;
  log(line: string): void;
}

/** What a reconcile is told: which object, never what happened to it. */
export interface ReconcileContext<T extends KubeObject> {
  readonly key: string;
  readonly name: string;
  readonly namespace: string | undefined;
  /** As the cache has it; undefined when it is gone. Frozen: `deepCopy` before changing it. */
  readonly object: T | undefined;
  readonly client: Client;
  readonly kernel: Kernel;
  readonly now: Instant;
  readonly expectations: Expectations;
  readonly options: ManagerOptions;
  cache<R extends KubeObject>(resource: ResourceRef<R>): Lister<R>;
  record(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

export interface Watch<R extends KubeObject = any> {
  readonly resource: ResourceRef<R>;
  /** The keys to reconcile when this object appears, changes (asked for the old one too) or goes. */
  keys(object: R, cache: <C extends KubeObject>(resource: ResourceRef<C>) => Lister<C>): readonly string[];
  /** Whether a change matters at all; absent means always. */
  matters?(old: R, object: R): boolean;
  /** Its going wakes nobody. */
  readonly ignoresDeletion?: boolean;
}

export interface ControllerDefinition<T extends KubeObject> {
  readonly name: string;
  readonly component?: string;
  readonly for: ResourceRef<T>;
  /** Kinds whose controller owner reference leads back here; their coming and going lowers expectations. */
  readonly owns?: readonly ResourceRef<any>[];
  /** Owned objects without a controller that this selects may be adopted. */
  readonly adopts?: (object: T) => LabelSelector | undefined;
  readonly watches?: readonly Watch[];
  /** Kinds a reconcile reads without being woken by them. */
  readonly reads?: readonly ResourceRef<any>[];
  /** A throw is retried with back-off. */
  reconcile(context: ReconcileContext<T>): Outcome | void;
}

/** A level-based controller: informers fill a work queue with keys, a plain function reconciles one key at a time. */
export function defineController<T extends KubeObject>(definition: ControllerDefinition<T>): Controller {
  return {
    name: definition.name,
    ...(definition.component ? { component: definition.component } : {}),
    start: (environment) => startController(definition, environment),
  };
}

function startController<T extends KubeObject>(definition: ControllerDefinition<T>, environment: ControllerEnvironment): { stop(): void } {
  const { kernel, client, informers, record, options } = environment;
  const expectations = new Expectations(kernel);
  const cache = <R extends KubeObject>(resource: ResourceRef<R>): Lister<R> => informers.for(resource);
  const objects = informers.for(definition.for);
  const reconcile = (key: string) => {
    const what = `reconcile ${definition.for.kind} ${key}`;
    const cause = kernel.record('reconcile', client.actor, what, { object: `${definition.for.kind}/${key}` });
    const context: ReconcileContext<T> = {
      key,
      ...splitKey(key),
      object: objects.get(key),
      client,
      kernel,
      now: kernel.now,
      expectations,
      options,
      cache,
      record: (about, type, reason, message) => record.event(subjectOf(definition.for, about), type, reason, message),
    };
    return kernel.causedBy(cause, () => definition.reconcile(context));
  };
  const queue = new WorkQueue({
    kernel,
    actor: client.actor,
    reconcile,
    startsClosed: true,
    onError: (error, key) =>
      environment.log(`"Unhandled Error" err="error syncing ${definition.for.kind} ${key}: ${(error as Error).message}, requeuing"`),
  });
  const enqueue = (key: string) => queue.add(key);
  objects.addHandler({
    added: (object) => enqueue(keyOf(object)),
    updated: (_, object) => enqueue(keyOf(object)),
    deleted: (object) => enqueue(keyOf(object)),
  });
  for (const owned of definition.owns ?? []) watchOwned(definition, owned, informers, expectations, enqueue);
  for (const watch of definition.watches ?? []) watchOther(watch, informers, cache, enqueue);
  const used = [
    definition.for,
    ...(definition.owns ?? []),
    ...(definition.watches ?? []).map(({ resource }) => resource),
    ...(definition.reads ?? []),
  ];
  whenAllSynced(
    used.map((resource) => informers.for(resource)),
    () => queue.open(),
  );
  return { stop: () => queue.stop() };
}

function watchOwned<T extends KubeObject>(
  definition: ControllerDefinition<T>,
  owned: ResourceRef,
  informers: InformerFactory,
  expectations: Expectations,
  enqueue: (key: string) => void,
): void {
  const owners = informers.for(definition.for);
  const ownerOf = (object: KubeObject): string | undefined => controllerKey(definition.for, owners, object);
  const enqueueAdopters = (object: KubeObject) => {
    if (!definition.adopts || controllerOf(object)) return;
    for (const owner of owners.list(object.metadata.namespace)) {
      if (labelSelectorAsSelector(definition.adopts(owner)).matches(object.metadata.labels)) enqueue(keyOf(owner));
    }
  };
  const gone = (object: KubeObject) => {
    const key = ownerOf(object);
    if (key === undefined) return;
    expectations.deletionObserved(key, keyOf(object));
    enqueue(key);
  };
  informers.for(owned).addHandler({
    added(object) {
      if (object.metadata.deletionTimestamp) return gone(object);
      const key = ownerOf(object);
      if (key === undefined) return enqueueAdopters(object);
      expectations.creationObserved(key);
      enqueue(key);
    },
    updated(old, object) {
      if (object.metadata.deletionTimestamp) return gone(object);
      const before = ownerOf(old);
      const after = ownerOf(object);
      if (before !== undefined && before !== after) enqueue(before);
      if (after !== undefined) enqueue(after);
      else enqueueAdopters(object);
    },
    deleted: gone,
  });
}

function watchOther(watch: Watch, informers: InformerFactory, cache: ReconcileContext<any>['cache'], enqueue: (key: string) => void): void {
  const wake = (object: KubeObject) => watch.keys(object, cache).forEach(enqueue);
  informers.for(watch.resource).addHandler({
    added: wake,
    updated(old, object) {
      if (watch.matters && !watch.matters(old, object)) return;
      wake(object);
      wake(old);
    },
    ...(watch.ignoresDeletion ? {} : { deleted: wake }),
  });
}

export function subjectOf(resource: ResourceRef<any>, object: KubeObject): EventSubject {
  return { resource, object };
}

export function controllerOf(object: KubeObject) {
  return object.metadata.ownerReferences?.find((reference) => reference.controller);
}

/** The key of the cached object of this kind that controls `object`, if there is one and it is still that one. */
export function controllerKey(resource: ResourceRef<any>, owners: Lister<any>, object: KubeObject): string | undefined {
  const reference = controllerOf(object);
  if (!reference || reference.kind !== resource.kind) return undefined;
  const { namespace } = object.metadata;
  const key = resource.scope === 'Namespaced' && namespace ? `${namespace}/${reference.name}` : reference.name;
  return owners.get(key)?.metadata.uid === reference.uid ? key : undefined;
}
