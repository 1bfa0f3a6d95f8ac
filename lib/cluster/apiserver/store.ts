import { deepEqual } from '@/lib/base';
import {
  failure,
  FieldPath,
  fieldError,
  nullEmptyLists,
  statusErrors,
  type FieldError,
  type KubeObject,
  type OwnerReference,
  type ResourceDefinition,
  type StrategyContext,
} from '../api';
import type { KeyValue } from '../etcd';
import type { Instant, Kernel } from '../kernel';
import { validateObjectMeta, validateObjectMetaUpdate } from '../resources/validation/object-meta';
import { mutate, validate } from './admission/registry';
import type { AdmissionPlugin, AdmissionRequest, Lookup, Operation, ShownAs } from './admission/plugin';
import { isBuiltIn, kindOf, resourceOf, typeOf, type RequestContext } from './context';
import { deletionOf, finalizersForGarbageCollection, markAsDeleting, type Deletion, type DeleteOptions } from './deletion';
import { flagNotSimulated } from './not-simulated';
import { fromStorage, objectOf, storageKey, toStorage, type Storage } from './storage';

const generatedNameTries = 8;
const suffixLength = 5;
const generatedNameLengthMax = 63 - suffixLength;

const optimisticLock = 'the object has been modified; please apply your changes to the latest version and try again';

/** What a kind needs done around the generic store; all optional. */
export interface StoreHooks {
  /** After mutating admission: may this user make this of it? Throws to refuse. */
  authorize?(context: RequestContext, object: KubeObject, old: KubeObject | undefined): void;
  /** After validation, before the write: hands out addresses and ports. Throws to refuse. */
  allocate?(object: KubeObject, old: KubeObject | undefined, isDryRun: boolean): void;
  /** What was written has what it was given. */
  afterWrite?(object: KubeObject, old: KubeObject | undefined): void;
  /** What is gone gives back what it held. */
  afterDeletion?(object: KubeObject): void;
  /** What the first step of a deletion makes of the object; 'pending' leaves it, undefined goes on as for any kind. */
  beginDeletion?(object: KubeObject, now: Instant): KubeObject | 'pending' | undefined;
}

/** Which part of an object an update may change. */
export interface UpdateStrategy {
  prepare?(object: KubeObject, old: KubeObject, context: StrategyContext): void;
  validate?(object: KubeObject, old: KubeObject): FieldError[];
  readonly subresource: string;
  /** What would act upon such a change and is not there yet. */
  readonly notSimulated?: string;
  /** A configuration applied to nothing creates it, of whatever kind. */
  readonly createsMissing?: boolean;
  /** What policies and webhooks take such an update for, where that is not an update of the object. */
  readonly shownAs?: ShownAs;
}

export interface UpdateResult {
  readonly object: KubeObject;
  readonly isCreated: boolean;
}

/**
 * Creates, changes and deletes objects of any kind by its definition (`registry/generic/registry/store.go`).
 * Objects given to it are mutable and become the store's; objects it returns are frozen and shared.
 */
export class Store {
  readonly #storage: Storage;
  readonly #kernel: Kernel;
  readonly #lookup: Lookup;
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #hooks: ReadonlyMap<string, StoreHooks>;
  readonly #names;
  readonly #uids;

  constructor(options: {
    storage: Storage;
    kernel: Kernel;
    lookup: Lookup;
    plugins: readonly AdmissionPlugin[];
    hooks: ReadonlyMap<string, StoreHooks>;
  }) {
    this.#storage = options.storage;
    this.#kernel = options.kernel;
    this.#lookup = options.lookup;
    this.#plugins = options.plugins;
    this.#hooks = options.hooks;
    this.#names = this.#kernel.streamFor('kube-apiserver/names');
    this.#uids = this.#kernel.streamFor('kube-apiserver/uids');
  }

  find(definition: ResourceDefinition, namespace: string, name: string): KeyValue | undefined {
    return this.#storage.find(storageKey(definition, namespace, name));
  }

  /** Throws NotFound. */
  get(context: RequestContext, name = context.info.name): KubeObject {
    return fromStorage(context.definition, objectOf(this.#getKv(context, name)));
  }

  #getKv({ definition, info }: RequestContext, name: string): KeyValue {
    const kv = this.find(definition, info.namespace, name);
    if (!kv) throw statusErrors.notFound(resourceOf(definition), name);
    return kv;
  }

  create(context: RequestContext, object: KubeObject): KubeObject {
    const { definition } = context;
    matchNamespace(context, object);
    this.#admit('CREATE', context, object, undefined);
    this.#hooksOf(definition)?.authorize?.(context, object, undefined);
    if (object.metadata.resourceVersion) throw failure(500, undefined, 'resourceVersion should not be set on objects to be created');
    const isGenerated = !object.metadata.name && Boolean(object.metadata.generateName);
    for (let attempt = 1; ; attempt++) {
      if (isGenerated) object.metadata.name = this.#generateName(object.metadata.generateName as string);
      if (attempt === 1) this.#beforeCreate(context, object);
      if (!context.isDryRun) nullEmptyLists(typeOf(definition), object);
      const created = this.#write(context, object, undefined);
      if (created) {
        this.#flag(context, created, definition.notSimulated);
        if (!context.isDryRun) this.#hooksOf(definition)?.afterWrite?.(created, undefined);
        return created;
      }
      if (!isGenerated || attempt >= generatedNameTries) throw statusErrors.alreadyExists(resourceOf(definition), object.metadata.name);
    }
  }

  /** Asks admission about what is never stored: a token, an eviction, a connection. */
  admit(context: RequestContext, object: KubeObject, kind: ShownAs['kind'], operation: 'CREATE' | 'CONNECT' = 'CREATE'): void {
    const shownAs: ShownAs = { operation, kind, show: (whole) => whole };
    this.#admit(operation, context, object, undefined, { shownAs });
    this.#validateAdmission(operation, context, object, undefined, { shownAs });
  }

  #flag(context: RequestContext, object: KubeObject, what: string | undefined): void {
    if (what && !context.isDryRun) flagNotSimulated(this.#storage, context, object, this.#uids.uuid(), what);
  }

  /** Undefined when the name is taken. */
  #write(context: RequestContext, object: KubeObject, kv: KeyValue | undefined): KubeObject | undefined {
    const { definition, info, isDryRun, sentBytes } = context;
    const key = storageKey(definition, info.namespace, object.metadata.name);
    if (isDryRun) return this.#dryRun(object, kv, key);
    definition.defaultsWhenStored?.(object);
    const stored = toStorage(definition, object);
    const written = context.commit(object, () =>
      kv
        ? this.#storage.update(key, stored, kv.modRevision, { sentBytes, old: kv.value as unknown as KubeObject })
        : this.#storage.create(key, stored, { sentBytes }),
    );
    return written && fromStorage(definition, written);
  }

  #dryRun(object: KubeObject, kv: KeyValue | undefined, key: string): KubeObject | undefined {
    if (!kv && this.#storage.find(key)) return undefined;
    const { kind, apiVersion, metadata, ...rest } = object;
    return { kind, apiVersion, metadata: kv ? { ...metadata, resourceVersion: String(kv.modRevision) } : metadata, ...rest } as KubeObject;
  }

  /** A custom resource may have a built-in kind's name. */
  #hooksOf({ kind, type }: ResourceDefinition): StoreHooks | undefined {
    return type ? undefined : this.#hooks.get(kind);
  }

  #generateName(base: string): string {
    return base.slice(0, generatedNameLengthMax) + this.#names.suffix(suffixLength);
  }

  #beforeCreate(context: RequestContext, object: KubeObject): void {
    const { definition, isDryRun } = context;
    const { metadata } = object;
    delete (metadata as { selfLink?: string }).selfLink;
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
    metadata.creationTimestamp = context.timestamp;
    metadata.uid = this.#uids.uuid();
    definition.dropDisabledFields?.(object);
    definition.prepareForCreate?.(object, { now: context.timestamp, user: context.user.name, requester: context.user });
    if (!definition.prepareForCreate && definition.subresources?.status) object.status = {};
    if (definition.hasGeneration) metadata.generation = 1;
    dedupeOwners(object);
    const errors = [
      ...validateObjectMeta(metadata, definition, FieldPath.of('metadata')),
      ...(definition.validate?.(object, FieldPath.of('')) ?? []),
    ];
    if (errors.length > 0) throw statusErrors.invalid(kindOf(definition), metadata.name ?? '', errors);
    context.warnings.push(...(definition.warnings?.(object) ?? []));
    if (context.isCreateOnUpdate) context.authorize({ ...context.info, verb: 'create' });
    this.#validateAdmission('CREATE', context, object, undefined);
    this.#hooksOf(definition)?.allocate?.(object, undefined, isDryRun);
  }

  /**
   * Replaces an object by what `produce` makes of the one that is there, with optimistic concurrency.
   * `produce` gets undefined where there is none and the kind allows creation by update.
   */
  update(
    context: RequestContext,
    produce: (old: KubeObject | undefined) => KubeObject,
    strategy: UpdateStrategy = mainStrategy(context.definition),
  ): UpdateResult {
    const { definition, info } = context;
    const kv = this.find(definition, info.namespace, info.name);
    if (!kv) return this.#createOnUpdate(context, produce, strategy);
    const old = fromStorage(definition, objectOf(kv));
    const object = produce(old);
    checkUid(context, kv, object, old);
    this.#checkResourceVersion(context, object, old);
    matchNamespace(context, object);
    this.#admit('UPDATE', context, object, old, strategy);
    if (!strategy.subresource) this.#hooksOf(definition)?.authorize?.(context, object, old);
    nullEmptyLists(typeOf(definition), object);
    this.#beforeUpdate(context, object, old, strategy);
    if (isDeletedByUpdate(definition, object, old)) return { object: this.#deleteNow(context, kv, object), isCreated: false };
    delete (object.metadata as Partial<typeof object.metadata>).resourceVersion;
    if (sameStored(toStorage(definition, object), kv.value as unknown as KubeObject)) return { object: old, isCreated: false };
    const written = this.#write(context, object, kv);
    if (!written) throw statusErrors.conflict(resourceOf(definition), info.name, optimisticLock);
    if (!context.isDryRun) this.#hooksOf(definition)?.afterWrite?.(written, old);
    this.#flag(context, written, strategy.notSimulated);
    return { object: written, isCreated: false };
  }

  #createOnUpdate(
    context: RequestContext,
    produce: (old: KubeObject | undefined) => KubeObject,
    { subresource, createsMissing }: UpdateStrategy,
  ): UpdateResult {
    const { definition, info } = context;
    if (!(definition.allowCreateOnUpdate || createsMissing) || subresource) throw statusErrors.notFound(resourceOf(definition), info.name);
    const object = produce(undefined);
    if (object.metadata.uid)
      throw statusErrors.conflict(
        resourceOf(definition),
        info.name,
        `StorageError: invalid object, Code: 4, Key: ${storageKey(definition, info.namespace, info.name)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${object.metadata.uid}, UID in object meta: `,
      );
    delete (object.metadata as Partial<typeof object.metadata>).resourceVersion;
    return { object: this.create({ ...context, isCreateOnUpdate: true }, object), isCreated: true };
  }

  #checkResourceVersion({ definition, info }: RequestContext, object: KubeObject, old: KubeObject): void {
    const given = object.metadata.resourceVersion;
    if (given && !/^\d+$/.test(given)) throw failure(500, undefined, `strconv.ParseUint: parsing ${JSON.stringify(given)}: invalid syntax`);
    if (!given || given === '0') {
      if (definition.allowUnconditionalUpdate) return void (object.metadata.resourceVersion = old.metadata.resourceVersion);
      throw statusErrors.invalid(resourceOf(definition), info.name, [
        fieldError.invalid(FieldPath.of('metadata').child('resourceVersion'), 0, 'must be specified for an update'),
      ]);
    }
    if (given !== old.metadata.resourceVersion) throw statusErrors.conflict(resourceOf(definition), info.name, optimisticLock);
  }

  #beforeUpdate(context: RequestContext, object: KubeObject, old: KubeObject, strategy: UpdateStrategy): void {
    const { definition, isDryRun } = context;
    const { metadata } = object;
    const before = old.metadata;
    keep(metadata, before, 'generation');
    definition.dropDisabledFields?.(object);
    strategy.prepare?.(object, old, { now: context.timestamp, user: context.user.name, requester: context.user });
    if (!metadata.uid) metadata.uid = before.uid;
    metadata.creationTimestamp = before.creationTimestamp;
    delete (metadata as { selfLink?: string }).selfLink;
    if (before.deletionTimestamp !== undefined) metadata.deletionTimestamp = before.deletionTimestamp;
    if (before.deletionGracePeriodSeconds !== undefined) metadata.deletionGracePeriodSeconds ??= before.deletionGracePeriodSeconds;
    if (
      !strategy.subresource &&
      definition.hasGeneration === true &&
      metadata.generation === before.generation &&
      isNewGeneration(object, old)
    )
      metadata.generation = (before.generation ?? 0) + 1;
    dedupeOwners(object);
    const errors = [...metadataErrors(definition, metadata, before, strategy), ...(strategy.validate?.(object, old) ?? [])];
    if (errors.length > 0) throw statusErrors.invalid(kindOf(definition), metadata.name, errors);
    if (!strategy.subresource) context.warnings.push(...(definition.warnings?.(object, old) ?? []));
    this.#validateAdmission('UPDATE', context, object, old, strategy);
    if (!strategy.subresource) this.#hooksOf(definition)?.allocate?.(object, old, isDryRun);
  }

  /** Deletes, or begins to: what is left of the object, and whether it is gone. */
  delete(context: RequestContext, name: string, options: DeleteOptions): Deletion {
    const { definition } = context;
    const kv = this.#getKv(context, name);
    const old = fromStorage(definition, objectOf(kv));
    this.#admit('DELETE', context, undefined, old, { deleteOptions: options });
    this.#validateAdmission('DELETE', context, undefined, old, { deleteOptions: options });
    const plan = deletionOf(definition, old, options, this.#kernel.now);
    const begun = this.#hooksOf(definition)?.beginDeletion?.(old, this.#kernel.now);
    if (begun === 'pending') return { object: old, wasDeleted: false };
    if (begun) return { object: this.#markDeleted(context, kv, begun).object, wasDeleted: false };
    if (plan.type === 'pending') return { object: old, wasDeleted: false };
    const finalizers = finalizersForGarbageCollection(definition, old, options);
    const object = withDeletion(old, plan.type === 'graceful' ? plan : undefined, finalizers, this.#kernel.now);
    const mustWait = finalizers.length > 0 || (plan.type === 'graceful' && plan.graceSeconds > 0);
    if (!object || (plan.type === 'now' && finalizers.length === 0)) return { object: this.#deleteNow(context, kv, old), wasDeleted: true };
    const marked = this.#markDeleted(context, kv, object);
    if (mustWait) return { object: marked.object, wasDeleted: false };
    return { object: marked.kv ? this.#deleteNow(context, marked.kv, marked.object) : marked.object, wasDeleted: true };
  }

  #markDeleted(context: RequestContext, kv: KeyValue, marked: KubeObject): { object: KubeObject; kv: KeyValue | undefined } {
    const { resourceVersion: _, ...metadata } = marked.metadata;
    const object = { ...marked, metadata } as KubeObject;
    if (sameStored(toStorage(context.definition, object), kv.value as unknown as KubeObject))
      return { object: fromStorage(context.definition, objectOf(kv)), kv };
    const written = this.#write(context, object, kv);
    if (!written) throw statusErrors.conflict(resourceOf(context.definition), object.metadata.name, optimisticLock);
    return { object: written, kv: context.isDryRun ? undefined : this.#storage.find(kv.key) };
  }

  #deleteNow(context: RequestContext, kv: KeyValue, object: KubeObject): KubeObject {
    if (context.isDryRun) return object;
    const gone = context.commit(object, () => this.#storage.delete(kv));
    if (!gone) throw statusErrors.conflict(resourceOf(context.definition), object.metadata.name, optimisticLock);
    this.#hooksOf(context.definition)?.afterDeletion?.(object);
    return object;
  }

  #admit(...about: Parameters<typeof admissionRequest>): void {
    if (!about[1].isAdmitted) mutate(admissionRequest(...about), this.#lookup, this.#plugins);
  }

  #validateAdmission(...about: Parameters<typeof admissionRequest>): void {
    if (!about[1].isAdmitted) validate(admissionRequest(...about), this.#lookup, this.#plugins);
  }
}

function admissionRequest(
  operation: Operation,
  context: RequestContext,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
  { shownAs, deleteOptions }: { shownAs?: ShownAs; deleteOptions?: DeleteOptions } = {},
): AdmissionRequest {
  const { definition, info } = context;
  const name = operation === 'CREATE' ? (object?.metadata.name ?? '') : (old?.metadata.name ?? info.name);
  const namespace = isBuiltIn('Namespace', definition) ? name : info.namespace;
  const rounds = { isSecond: false, wantsSecond: false };
  return { operation, context, definition, namespace, name, subresource: info.subresource, object, old, shownAs, deleteOptions, rounds };
}

/** Errors of metadata come once from the registry and again from the kind's own `Validate…Update`, which some kinds end with all that a create checks. */
function metadataErrors(
  definition: ResourceDefinition,
  metadata: KubeObject['metadata'],
  before: KubeObject['metadata'],
  { subresource }: UpdateStrategy,
): FieldError[] {
  const path = FieldPath.of('metadata');
  const all = validateObjectMeta(metadata, definition, path);
  const changes = validateObjectMetaUpdate(metadata, before, path, definition.takesAnyFinalizer);
  return [...all, ...changes, ...changes, ...(definition.updateChecksAll && !subresource ? all : [])];
}

/** The strategy of an update of the object itself. */
export function mainStrategy(definition: ResourceDefinition): UpdateStrategy {
  return {
    subresource: '',
    prepare(object, old, context) {
      if (definition.prepareForUpdate) definition.prepareForUpdate(object, old, context);
      else if (definition.subresources?.status) keep(object, old, 'status');
    },
    validate: (object, old) =>
      definition.validateUpdate?.(object, old, FieldPath.of('')) ?? definition.validate?.(object, FieldPath.of('')) ?? [],
  };
}

/** The strategy of an update of `…/status`: only the status and some metadata change. */
export function statusStrategy(definition: ResourceDefinition): UpdateStrategy {
  return {
    subresource: 'status',
    prepare(object, old, context) {
      if (definition.prepareForStatusUpdate) definition.prepareForStatusUpdate(object, old, context);
      else
        for (const field of new Set([...Object.keys(object), ...Object.keys(old)]))
          if (!['kind', 'apiVersion', 'metadata', 'status'].includes(field)) keep(object, old, field);
    },
    validate: (object, old) => definition.validateStatusUpdate?.(object, old, FieldPath.of('')) ?? [],
  };
}

function keep<T extends object>(object: T, old: T, field: keyof T): void {
  if (old[field] === undefined) delete object[field];
  else object[field] = old[field];
}

/** `rest.EnsureObjectNamespaceMatchesRequestNamespace`. */
function matchNamespace({ definition, info }: RequestContext, object: KubeObject): void {
  const expected = definition.scope === 'Namespaced' ? info.namespace : '';
  const { metadata } = object;
  if (expected === '') delete (metadata as { namespace?: string }).namespace;
  else if (!metadata.namespace) metadata.namespace = expected;
  else if (metadata.namespace !== expected)
    throw statusErrors.badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function checkUid({ definition, info }: RequestContext, kv: KeyValue, object: KubeObject, old: KubeObject): void {
  const given = object.metadata.uid;
  if (!given || given === old.metadata.uid) return;
  throw statusErrors.conflict(
    resourceOf(definition),
    info.name,
    `StorageError: invalid object, Code: 4, Key: ${kv.key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${given}, UID in object meta: ${old.metadata.uid}`,
  );
}

/** Spec is everything but metadata and status; a Deployment's annotations count too (`deployment/strategy.go`). */
function isNewGeneration(object: KubeObject, old: KubeObject): boolean {
  for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (field !== 'metadata' && field !== 'status' && !deepEqual(object[field], old[field])) return true;
  }
  return (
    object.kind === 'Deployment' &&
    object.apiVersion === 'apps/v1' &&
    !deepEqual(object.metadata.annotations ?? {}, old.metadata.annotations ?? {})
  );
}

function sameStored(object: KubeObject, stored: KubeObject): boolean {
  for (const field of new Set([...Object.keys(object), ...Object.keys(stored)])) {
    if (field !== 'metadata' && !deepEqual(object[field], stored[field])) return false;
  }
  return sameMetadata(object.metadata, stored.metadata) && sameManagers(object.metadata.managedFields, stored.metadata.managedFields);
}

function sameMetadata(metadata: KubeObject['metadata'], stored: KubeObject['metadata']): boolean {
  for (const field in metadata) if (isCompared(field) && !deepEqual(metadata[field as 'name'], stored[field as 'name'])) return false;
  for (const field in stored) if (isCompared(field) && metadata[field as 'name'] === undefined) return false;
  return true;
}

function isCompared(field: string): boolean {
  return field !== 'resourceVersion' && field !== 'managedFields';
}

/** A write that changes nothing but when it was made is none (`IgnoreManagedFieldsTimestampsTransformer`). */
function sameManagers(entries: KubeObject['metadata']['managedFields'], stored: KubeObject['metadata']['managedFields']): boolean {
  if (entries === stored) return true;
  return deepEqual(
    entries?.map((entry) => ({ ...entry, time: undefined })),
    stored?.map((entry) => ({ ...entry, time: undefined })),
  );
}

/** The last finalizer of an object that waits for nothing else takes the object with it. */
function isDeletedByUpdate(definition: ResourceDefinition, object: KubeObject, old: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (!deletionTimestamp || finalizers?.length) return false;
  if (isBuiltIn('Namespace', definition) ? object.spec?.finalizers?.length : !old.metadata.finalizers?.length) return false;
  return !deletionGracePeriodSeconds;
}

function withDeletion(
  old: KubeObject,
  graceful: { deletionTimestamp: string; graceSeconds: number; isFirst: boolean } | undefined,
  finalizers: readonly string[],
  now: number,
): KubeObject | undefined {
  const metadata = { ...old.metadata };
  if (finalizers.length > 0) metadata.finalizers = [...finalizers];
  else delete metadata.finalizers;
  if (graceful) {
    metadata.deletionTimestamp = graceful.deletionTimestamp;
    metadata.deletionGracePeriodSeconds = graceful.graceSeconds;
    if (graceful.isFirst && metadata.generation) metadata.generation += 1;
  } else if (finalizers.length > 0) markAsDeleting(metadata, now);
  else return undefined;
  return { ...old, metadata };
}

/** The same owner twice is one owner, with a warning upstream (`dedupOwnerReferencesAndAddWarning`). */
function dedupeOwners(object: KubeObject): void {
  const owners = object.metadata.ownerReferences;
  if (!owners || owners.length < 2) return;
  const seen = new Set<string>();
  object.metadata.ownerReferences = owners.filter((owner) => seen.size < seen.add(sameOwner(owner)).size);
}

/** Equal for owners that are. */
function sameOwner({ apiVersion, kind, name, uid, controller, blockOwnerDeletion }: OwnerReference): string {
  return JSON.stringify([apiVersion, kind, name, uid, controller, blockOwnerDeletion]);
}
