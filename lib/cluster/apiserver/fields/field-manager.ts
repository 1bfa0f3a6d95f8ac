import { compareBytes, deepEqual } from '@/lib/base';
import { decodeObject, failure, JsonSyntaxError, readJson, statusErrors, type KubeObject, type TypeRef } from '../../api';
import { compareFields, type Comparison } from './compare';
import {
  difference,
  exclude,
  intersection,
  orderedSet,
  pathsOf,
  renderFieldPath,
  setOfPath,
  union,
  type FieldNode,
  type FieldSet,
} from './field-set';
import { ElementError, fieldTypeOf, type FieldType } from './field-type';
import {
  cappedManagers,
  decodeManagers,
  encodeManagers,
  fieldsOf,
  identifierOf,
  isSameManager,
  managerOf,
  renderManager,
  withoutBookkeeping,
  type Identity,
  type Manager,
  type Managers,
} from './managed-fields';
import { fieldSetOf, mergeTyped, removeItems, typedProblem, withNamedFields } from './typed';

/** A write whose fields are to be somebody's. */
export interface TrackedWrite {
  /** The type of what is written. */
  readonly type: TypeRef;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly manager: string;
  readonly subresource: string;
  readonly timestamp: string;
  /** Fields such a write does not change, whatever it says (`GetResetFields`). */
  readonly reset: FieldSet;
  /** What is written, in another version of its kind; undefined for one that is not served. */
  inVersion?(apiVersion: string): { readonly type: TypeRef; convert(object: KubeObject): KubeObject } | undefined;
}

type Data = Record<string, unknown>;

/**
 * Sets `object.metadata.managedFields` for a create, update or patch that makes `object` of `live` (`managedfields.FieldManager.Update`).
 * `live` is absent for a create. Costs one comparison; when nothing differs, the entries stay as they are.
 */
export function trackUpdate(write: TrackedWrite, live: KubeObject | undefined, object: KubeObject): void {
  const managers = managersToUpdate(write, live, object);
  const isTracked = managers.length > 0 || live === undefined;
  const compared = isTracked ? comparison(write, live, object) : undefined;
  const differences = compared && { own: compared, of: byVersion(write, compared, live, object) };
  setManagedFields(object, differences ? cappedManagers(updatedManagers(write, managers, differences)) : managers);
}

/** What differs, as the version of a write has it and as each manager's own has it. */
interface Differences {
  readonly own: Comparison;
  of(manager: Manager): Comparison | undefined;
}

/** A manager of another version is asked in its own words, as far as they can be told (`Updater.update`). */
function byVersion(
  write: TrackedWrite,
  own: Comparison | undefined,
  live: KubeObject | undefined,
  object: KubeObject,
): (manager: Manager) => Comparison | undefined {
  if (!live || !write.inVersion) return () => own;
  const known = new Map<string, Comparison | undefined>([[versionOf(write), own]]);
  return ({ apiVersion }) => {
    if (!known.has(apiVersion)) {
      const other = write.inVersion?.(apiVersion);
      known.set(apiVersion, other ? comparison(other, other.convert(live), other.convert(object)) : own);
    }
    return known.get(apiVersion);
  };
}

/** Those the writer sends, which may be empty to have them forgotten, or else those that are there (`decodeLiveOrNew`). */
function managersToUpdate({ subresource }: TrackedWrite, live: KubeObject | undefined, object: KubeObject): Managers {
  const before = decodeManagers(live?.metadata.managedFields) ?? noManagers;
  const sent = object.metadata.managedFields;
  if (subresource || sent === undefined || deepEqual(sent, live?.metadata.managedFields)) return before;
  if (sent.length === 0 || (sent.length === 1 && deepEqual(withoutNulls(sent[0] as object), {}))) return noManagers;
  const decoded = decodeManagers(sent);
  return decoded && decoded.length > 0 ? decoded : before;
}

const noManagers: Managers = [];

function withoutNulls(entry: object): object {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null && value !== ''));
}

function setManagedFields({ metadata }: KubeObject, managers: Managers): void {
  const entries = encodeManagers(managers);
  if (entries === undefined) delete metadata.managedFields;
  else metadata.managedFields = entries;
}

/** Whoever set fields in another version is asked in that version's words, which for a custom kind may lack some (`Updater.update`). */
function checkVersions(write: TrackedWrite, others: Managers, object: KubeObject): void {
  for (const version of new Set(others.map(({ apiVersion }) => apiVersion))) {
    const other = version === versionOf(write) ? undefined : write.inVersion?.(version);
    if (!other || typeof other.type === 'string') continue;
    const problem = typedProblem(fieldTypeOf(other.type), { ...other.convert(object), metadata: undefined });
    if (problem !== undefined) throw failure(500, undefined, `failed to convert new object: ${problem}`);
  }
}

/** Undefined when nothing differs, and when something cannot be compared, which validation will refuse. */
function comparison({ type }: Pick<TrackedWrite, 'type'>, live: KubeObject | undefined, object: KubeObject): Comparison | undefined {
  try {
    return compareFields(fieldTypeOf(type), live ?? emptyObject(type), object);
  } catch (error) {
    if (error instanceof ElementError) return undefined;
    throw error;
  }
}

const empties = new Map<string, Data>();
const nothing: Data = {};

/** An object of a type with nothing in it but what Go always writes. */
function emptyObject(type: TypeRef): Data {
  if (typeof type !== 'string') return nothing;
  const known = empties.get(type);
  if (known) return known;
  const empty = decodeObject(type, {}).value;
  empties.set(type, empty);
  return empty;
}

/** Whoever wrote owns what it changed, and nobody else does. */
function updatedManagers(write: TrackedWrite, managers: Managers, { own, of }: Differences): Managers {
  const { changed, removed } = changesOf(own, write.reset);
  const identity = identityOf(write, 'Update');
  const before = managers.find((one) => isSameManager(one, identity));
  const left = managers.flatMap((one) => (one === before ? [] : withoutChanges(one, of(one), write.reset)));
  const taken = withoutBookkeeping(changed);
  if (!taken) return before ? [...left, ...withoutFields(before, undefined, removed)] : left;
  return [...left, managerOf(identity, write.timestamp, union(before && difference(fieldsOf(before), removed), taken) as FieldNode)];
}

function identityOf(write: TrackedWrite, operation: 'Apply' | 'Update'): Identity {
  const { manager, subresource } = write;
  return {
    manager: manager || 'unknown',
    operation,
    apiVersion: versionOf(write),
    ...(subresource ? { subresource } : {}),
  };
}

function versionOf({ group, version }: TrackedWrite): string {
  return group ? `${group}/${version}` : version;
}

interface Changes {
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

function changesOf({ modified, added, removed }: Comparison, reset: FieldSet): Changes {
  return { changed: exclude(union(modified, added), reset), removed: exclude(removed, reset) };
}

function withoutChanges(manager: Manager, compared: Comparison | undefined, reset: FieldSet): readonly Manager[] {
  if (!compared) return [manager];
  const { changed, removed } = changesOf(compared, reset);
  return withoutFields(manager, changed, removed);
}

/** The manager with what is left to it, which may be nothing. */
function withoutFields(manager: Manager, changed: FieldSet, removed: FieldSet): readonly Manager[] {
  const before = fieldsOf(manager);
  const fields = difference(difference(before, changed), removed);
  if (!fields) return [];
  return [fields === before ? manager : { ...manager, fieldsV1: orderedSet(fields) }];
}

/** An applied configuration: what the client wrote, undecoded. */
export interface Configuration {
  readonly data: Data;
  readonly force: boolean;
}

const managerBeforeApply = 'before-first-apply';
const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * What applying `configuration` makes of `live`, still undecoded, with its managers (`managedfields.FieldManager.Apply`). `live` is absent
 * when the object is to be created. Throws 409 with the managers it conflicts with, 500 for what the schema does not know.
 */
export function applyConfiguration(write: TrackedWrite, live: KubeObject | undefined, configuration: Configuration): Data {
  const { data } = configuration;
  checkVersion(write, data);
  const before = live ?? emptyObject(write.type);
  const managers = managersToApply(write, live);
  const applied = applyOrUpgrade(write, before, managers, configuration);
  const { metadata, ...rest } = applied.object as unknown as KubeObject;
  const { managedFields: _, ...kept } = metadata ?? ({} as KubeObject['metadata']);
  const entries = encodeManagers(applied.managers);
  const object = { ...rest, metadata: { ...kept, ...(entries ? { managedFields: entries } : {}) } } as unknown as Data;
  return write.manager === 'kubectl' ? withLastApplied(object, data) : object;
}

function checkVersion({ group, version, kind }: TrackedWrite, { apiVersion, kind: given, metadata }: Data): void {
  const expected = group ? `${group}/${version}` : version;
  if (apiVersion !== expected || given !== kind)
    throw statusErrors.badRequest(`invalid object type: ${goKind(String(apiVersion ?? ''), String(given ?? ''))}`);
  if ((metadata as KubeObject['metadata'] | undefined)?.managedFields) throw statusErrors.badRequest('metadata.managedFields must be nil');
}

/** `apps/v1, Kind=Deployment` */
function goKind(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}

/** An object nobody's fields were tracked of is taken for one writer's. */
function managersToApply(write: TrackedWrite, live: KubeObject | undefined): Managers {
  const managers = decodeManagers(live?.metadata.managedFields) ?? noManagers;
  if (managers.length > 0 || !live) return managers;
  const compared = comparison(write, undefined, live);
  return compared ? updatedManagers({ ...write, manager: managerBeforeApply }, managers, { own: compared, of: () => compared }) : managers;
}

interface Applied {
  readonly object: Data;
  readonly managers: Managers;
}

/** kubectl may take over what it applied itself on the client's side (`lastappliedmanager.go`). */
function applyOrUpgrade(write: TrackedWrite, live: Data, managers: Managers, { data, force }: Configuration): Applied {
  try {
    return apply(write, live, managers, data, force);
  } catch (error) {
    if (!(error instanceof Conflicts)) throw error;
    const allowed = write.manager === 'kubectl' ? unchangedSinceLastApplied(write, live) : undefined;
    const left = allowed ? error.without(allowed) : error;
    if (left.conflicts.length > 0) throw left.refusal();
    return apply(write, live, managers, data, true);
  }
}

function apply(write: TrackedWrite, live: Data, managers: Managers, config: Data, force: boolean): Applied {
  const type = fieldTypeOf(write.type);
  checkTyped(write, type, config);
  const merged = mergeTyped(type, live, config);
  const identity = identityOf(write, 'Apply');
  const last = managers.find((one) => isSameManager(one, identity));
  const others = managers.filter((one) => one !== last);
  const claimed = exclude(fieldSetOf(type, config), write.reset);
  const lastFields = last && fieldsOf(last);
  const pruned = lastFields ? prune(type, merged, union(claimed, ownedBy(others)), lastFields) : merged;
  const compared = compareFields(type, live, pruned);
  const of = byVersion(write, compared, live as unknown as KubeObject, pruned as KubeObject);
  if (compared) checkVersions(write, others, pruned as KubeObject);
  const left = compared ? settled(others, of, write.reset, force) : others;
  const isSame = deepEqual(live, pruned);
  const fields = withoutBookkeeping(claimed);
  const applier = fields ? [managerOf(identity, isSame ? last?.time : write.timestamp, fields)] : [];
  return { object: isSame ? live : (pruned as Data), managers: [...left, ...applier] };
}

function ownedBy(managers: Managers): FieldSet {
  return managers.reduce<FieldSet>((all, manager) => union(all, fieldsOf(manager)), undefined);
}

function checkTyped({ group, version, kind }: TrackedWrite, type: FieldType, config: Data): void {
  const problem = typedProblem(type, config);
  if (problem === undefined) return;
  const { namespace = '', name = '' } = (config['metadata'] ?? {}) as { namespace?: string; name?: string };
  throw failure(
    500,
    undefined,
    `failed to create typed patch object (${namespace}/${name}; ${goKind(group ? `${group}/${version}` : version, kind)}): ${problem}`,
  );
}

/** Takes away what the applier applied last time and not now, unless somebody owns it (`Updater.prune`). */
function prune(type: FieldType, merged: unknown, owned: FieldSet, last: FieldSet): unknown {
  const mergedSet = withNamedFields(type, fieldSetOf(type, merged));
  const lastSet = withNamedFields(type, last);
  const stripped = removeItems(type, merged, lastSet);
  const kept = union(withNamedFields(type, fieldSetOf(type, stripped)), withNamedFields(type, owned));
  const withOwned = removeItems(type, merged, difference(mergedSet, kept));
  const gone = difference(mergedSet, withNamedFields(type, fieldSetOf(type, withOwned)));
  return removeItems(type, merged, intersection(gone, lastSet));
}

/** The other managers after an apply that changes what `of` says; throws `Conflicts` when that is theirs and it may not. */
function settled(others: Managers, of: Differences['of'], reset: FieldSet, force: boolean): Managers {
  if (!force) refuseConflicts(others, of, reset);
  return others.flatMap((one) => withoutChanges(one, of(one), reset));
}

function refuseConflicts(others: Managers, of: Differences['of'], reset: FieldSet): void {
  const inOrder = [...others].sort((a, b) => compareBytes(identifierOf(a), identifierOf(b)));
  const conflicts = inOrder.flatMap((manager) => {
    const compared = of(manager);
    const changed = compared && changesOf(compared, reset).changed;
    return pathsOf(intersection(fieldsOf(manager), changed)).map((path) => ({ manager, path }));
  });
  if (conflicts.length > 0) throw new Conflicts(conflicts);
}

interface Conflict {
  readonly manager: Manager;
  readonly path: readonly string[];
}

class Conflicts extends Error {
  override readonly name = 'Conflicts';
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super('Apply failed');
    this.conflicts = conflicts;
  }

  without(allowed: FieldSet): Conflicts {
    return new Conflicts(this.conflicts.filter(({ path }) => intersection(allowed, setOfPath(path)) === undefined));
  }

  /** `NewApplyConflict`. */
  refusal() {
    const causes = this.conflicts.map(({ manager, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${renderManager(manager)}`,
      field: renderFieldPath(path),
    }));
    return failure(409, 'Conflict', this.#sentence(), { causes });
  }

  #sentence(): string {
    const [first, ...more] = this.conflicts as [Conflict, ...Conflict[]];
    if (more.length === 0)
      return `Apply failed with 1 conflict: conflict with ${renderManager(first.manager)}: ${renderFieldPath(first.path)}`;
    const lines = this.conflicts.flatMap(({ manager, path }, index) => [
      ...(manager === this.conflicts[index - 1]?.manager ? [] : [`conflicts with ${renderManager(manager)}:`]),
      `- ${renderFieldPath(path)}`,
    ]);
    return `Apply failed with ${this.conflicts.length} conflicts: ${lines.join('\n')}`;
  }
}

/** The fields of the annotation that client-side apply leaves, as far as the object still has them so. */
function unchangedSinceLastApplied({ type: typeRef, group, version }: TrackedWrite, live: Data): FieldSet {
  const text = annotationsOf(live)?.[lastAppliedAnnotation];
  const applied = text ? parsed(text) : undefined;
  if (!applied || applied['apiVersion'] !== (group ? `${group}/${version}` : version)) return undefined;
  const type = fieldTypeOf(typeRef);
  if (typedProblem(type, applied) !== undefined) return undefined;
  const compared = compareFields(type, applied, live);
  const set = fieldSetOf(type, applied);
  return compared ? difference(difference(difference(set, compared.modified), compared.added), compared.removed) : set;
}

function parsed(text: string): Data | undefined {
  try {
    const { value } = readJson(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Data) : undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

function annotationsOf(object: Data): Readonly<Record<string, string>> | undefined {
  return (object as unknown as KubeObject).metadata?.annotations;
}

/** kubectl's annotation follows what it applies on the server's side, where there is one (`lastappliedupdater.go`). */
function withLastApplied(object: Data, config: Data): Data {
  const annotations = annotationsOf(object);
  if (!annotations?.[lastAppliedAnnotation]) return object;
  const { metadata } = object as unknown as KubeObject;
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [lastAppliedAnnotation]: `${lastAppliedText(config)}\n` } } };
}

const lastAppliedBytesMax = 256 * 1024;

function lastAppliedText(config: Data): string {
  const { metadata, ...rest } = config as unknown as KubeObject;
  const { [lastAppliedAnnotation]: _, ...annotations } = metadata.annotations ?? {};
  const text = JSON.stringify(sorted({ ...rest, metadata: { ...metadata, ...(metadata.annotations ? { annotations } : {}) } }));
  return text.length > lastAppliedBytesMax ? '' : text;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
