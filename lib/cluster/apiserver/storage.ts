import { assert, deepFreeze, type Json } from '@/lib/base';
import { failure, type KubeObject, type ResourceDefinition, statusErrors } from '../api';
import { EtcdError, type Etcd, type KeyValue, type Revision } from '../etcd';
import { assertFitsRequest } from './request-size';

/** `/registry/pods/`, under which every object of a kind lives. */
export function storageRoot(definition: ResourceDefinition): string {
  let root = roots.get(definition);
  if (root === undefined) {
    const { storagePrefix, group, names } = definition;
    roots.set(definition, (root = `/registry/${storagePrefix ?? (group ? `${group}/${names.plural}` : names.plural)}/`));
  }
  return root;
}

const roots = new WeakMap<ResourceDefinition, string>();

export function storageKey(definition: ResourceDefinition, namespace: string, name: string): string {
  return `${storageRoot(definition)}${definition.scope === 'Namespaced' ? `${namespace}/` : ''}${name}`;
}

interface Decorated {
  readonly revision: Revision;
  readonly object: KubeObject;
}

/** Stored values with their resourceVersion set, made once and shared by every API server and every fork. */
const decorated = new WeakMap<object, Decorated>();

/**
 * The object as clients see it: etcd's mod revision is its resourceVersion (`storage/etcd3.DecodeObject`).
 * `old` is a version of it with the same metadata but for that, where there is one.
 */
export function objectOf({ value, modRevision }: KeyValue, old?: KubeObject): KubeObject {
  const stored = value as unknown as KubeObject;
  const known = decorated.get(stored);
  if (known?.revision === modRevision) return known.object;
  const resourceVersion = String(modRevision);
  const metadata = old ? { ...old.metadata, resourceVersion } : withResourceVersion(stored.metadata, resourceVersion);
  const object = Object.freeze({ ...stored, metadata: Object.freeze(metadata) });
  decorated.set(stored, { revision: modRevision, object });
  return object;
}

/** A deleted object as its last watch event shows it: at the revision of its deletion. */
export function objectAtDeletion(last: KubeObject, revision: Revision): KubeObject {
  return Object.freeze({ ...last, metadata: Object.freeze(withResourceVersion(last.metadata, String(revision))) });
}

const views = new WeakMap<ResourceDefinition, WeakMap<object, KubeObject>>();

/** The object as `definition` words it, where it is a view of another kind's storage. Shared like the object itself. */
export function fromStorage(definition: ResourceDefinition, object: KubeObject): KubeObject {
  const { storedAs } = definition;
  if (!storedAs) return object;
  const known = viewsAs(definition).get(object);
  if (known) return known;
  const view = deepFreeze(storedAs.decode(object) as KubeObject);
  viewsAs(definition).set(object, view);
  return view;
}

function viewsAs(definition: ResourceDefinition): WeakMap<object, KubeObject> {
  let made = views.get(definition);
  if (!made) views.set(definition, (made = new WeakMap()));
  return made;
}

export function toStorage({ storedAs }: ResourceDefinition, object: KubeObject): KubeObject {
  return storedAs ? (storedAs.encode(object) as KubeObject) : object;
}

const metadataOrder = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;

/** A copy in Go's field order. */
function withResourceVersion(metadata: KubeObject['metadata'], resourceVersion: string | undefined): KubeObject['metadata'] {
  const source = metadata as unknown as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  for (const name of metadataOrder) {
    const value = name === 'resourceVersion' ? resourceVersion : source[name];
    if (value !== undefined) copy[name] = value;
  }
  return copy as unknown as KubeObject['metadata'];
}

/** Whether only what is not metadata differs: a heartbeat keeps the very metadata there was. */
export function haveSameMetadata(a: KeyValue, b: KeyValue): boolean {
  return (a.value as unknown as KubeObject).metadata === (b.value as unknown as KubeObject).metadata;
}

/** What is written to etcd: `kind`, `apiVersion` and `metadata` first, no resourceVersion, frozen. */
function storedForm(object: KubeObject): KubeObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  return deepFreeze({ kind, apiVersion, metadata: withResourceVersion(metadata, undefined), ...rest } as KubeObject);
}

/** How many bytes at most were sent to make an object of what was stored before. */
interface Growth {
  readonly sentBytes: number;
  readonly old?: KubeObject;
}

const none: Growth = { sentBytes: 0 };

/** Writes and reads single objects with optimistic concurrency (`storage/etcd3/store.go`). */
export class Storage {
  readonly #etcd: Etcd;

  constructor(etcd: Etcd) {
    this.#etcd = etcd;
  }

  get revision(): Revision {
    return this.#etcd.revision;
  }

  find(key: string): KeyValue | undefined {
    return spoken(() => this.#etcd.range(key).kvs[0]);
  }

  /** Undefined when the key is there already. */
  create(key: string, object: KubeObject, growth = none): KubeObject | undefined {
    return this.#put(key, object, 0, growth);
  }

  /** Undefined when the key changed since `modRevision`. */
  update(key: string, object: KubeObject, modRevision: Revision, growth = none): KubeObject | undefined {
    return this.#put(key, object, modRevision, growth);
  }

  /** The object at the revision of its deletion, or undefined when the key changed since `modRevision`. */
  delete(kv: KeyValue): KubeObject | undefined {
    const { succeeded, revision } = spoken(() =>
      this.#etcd.txn({
        compare: [{ key: kv.key, target: 'mod', result: '=', operand: kv.modRevision }],
        success: [{ type: 'delete-range', key: kv.key }],
        failure: [],
      }),
    );
    return succeeded ? objectAtDeletion(kv.value as unknown as KubeObject, revision) : undefined;
  }

  /** `update` by what has its stored form already. */
  replace({ key, modRevision }: KeyValue, value: KubeObject): KubeObject | undefined {
    return this.#write(key, deepFreeze(value), modRevision);
  }

  #put(key: string, object: KubeObject, expected: number, { sentBytes, old }: Growth): KubeObject | undefined {
    const value = storedForm(object);
    assertFitsRequest(value, sentBytes, old);
    return this.#write(key, value, expected);
  }

  #write(key: string, value: KubeObject, expected: number): KubeObject | undefined {
    const { succeeded, revision } = spoken(() =>
      this.#etcd.txn({
        compare: [{ key, target: 'mod', result: '=', operand: expected }],
        success: [{ type: 'put', key, value: value as unknown as Json }],
        failure: [],
      }),
    );
    if (!succeeded) return undefined;
    assert(revision > expected, 'a write makes a new revision');
    return objectOf({ key, value: value as unknown as Json, modRevision: revision } as KeyValue);
  }
}

/** etcd's refusals as the API server tells them. */
export function spoken<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    if (error.code === 'Unavailable') throw Object.assign(failure(500, undefined, error.message), { cause: error });
    throw error.code === 'OutOfRange' ? error : statusErrors.internal(error.message);
  }
}
