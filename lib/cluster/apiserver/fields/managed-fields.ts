import { compareBytes } from '@/lib/base';
import type { V1ManagedFieldsEntry } from '@/generated/kubernetes/types';
import { isFieldSet, isMember, orderedSet, union, type FieldNode, type FieldSet } from './field-set';

/** What one manager owns: an entry of `metadata.managedFields`, never changed, so that an unchanged one stays the same object. */
export interface Manager {
  readonly manager?: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** Absent where a manager came to own fields without changing anything. */
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: FieldNode;
  readonly subresource?: string;
}
export type Managers = readonly Manager[];

/** Who a manager is; appliers are the same whatever version they apply (`BuildManagerIdentifier`). */
export type Identity = Pick<Manager, 'manager' | 'operation' | 'apiVersion' | 'subresource'>;

export function isSameManager(a: Identity, b: Identity): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  );
}

/** The managers of an object; undefined when an entry is none (`DecodeManagedFields`). What is frozen came out of a store and was read before. */
export function decodeManagers(entries: readonly V1ManagedFieldsEntry[] | undefined): Managers | undefined {
  if (!entries) return [];
  const managers = entries as unknown as Managers;
  return Object.isFrozen(entries) || managers.every(isManager) ? managers : undefined;
}

function isManager({ operation, apiVersion, fieldsType, fieldsV1 }: Manager): boolean {
  return (
    (operation === 'Apply' || operation === 'Update') &&
    Boolean(apiVersion) &&
    fieldsType === 'FieldsV1' &&
    (fieldsV1 === undefined || isFieldSet(fieldsV1))
  );
}

export function fieldsOf({ fieldsV1 }: Manager): FieldSet {
  for (const _ in fieldsV1) return fieldsV1;
  return undefined;
}

export function managerOf({ manager, operation, apiVersion, subresource }: Identity, time: string | undefined, fields: FieldNode): Manager {
  const made: { -readonly [Field in keyof Manager]?: Manager[Field] } = {};
  if (manager) made.manager = manager;
  made.operation = operation;
  made.apiVersion = apiVersion;
  if (time) made.time = time;
  made.fieldsType = 'FieldsV1';
  made.fieldsV1 = orderedSet(fields);
  if (subresource) made.subresource = subresource;
  return made as Manager;
}

/** The managers as an object carries them, in order; undefined when nobody owns anything. */
export function encodeManagers(managers: Managers): V1ManagedFieldsEntry[] | undefined {
  if (managers.length === 0) return undefined;
  return (managers.length === 1 ? managers : [...managers].sort(compareManagers)) as unknown as V1ManagedFieldsEntry[];
}

function compareManagers(a: Manager, b: Manager): number {
  return (
    compareBytes(a.operation, b.operation) ||
    compareBytes(a.time ?? '', b.time ?? '') ||
    compareBytes(a.manager ?? '', b.manager ?? '') ||
    compareBytes(a.apiVersion, b.apiVersion) ||
    compareBytes(a.subresource ?? '', b.subresource ?? '')
  );
}

const updateManagersMax = 10;

/** The oldest entries of more than ten updaters become one of their version, `ancient-changes` (`capmanagers.go`). */
export function cappedManagers(managers: Managers): Managers {
  const updaters = managers.filter(({ operation }) => operation === 'Update');
  if (updaters.length <= updateManagersMax) return managers;
  const oldestFirst = updaters.sort((a, b) => compareBytes(a.time ?? '', b.time ?? '') || compareBytes(identifierOf(a), identifierOf(b)));
  const firsts = new Map<string, Manager>();
  let left = managers;
  for (let index = 0, count = updaters.length; count > updateManagersMax && index < oldestFirst.length; index++) {
    const updater = oldestFirst[index] as Manager;
    const first = firsts.get(updater.apiVersion);
    if (!first) firsts.set(updater.apiVersion, updater);
    else {
      left = withAncient(left, first, updater);
      count--;
    }
  }
  return left;
}

function withAncient(managers: Managers, first: Manager, updater: Manager): Managers {
  const about: Identity = { manager: 'ancient-changes', operation: 'Update', apiVersion: updater.apiVersion };
  const bucket = managers.find((one) => isSameManager(one, about)) ?? first;
  const merged = managerOf(about, updater.time, union(fieldsOf(updater), fieldsOf(bucket)) ?? {});
  return [...managers.filter((one) => one !== bucket && one !== updater), merged];
}

/** Upstream's identifiers are JSON, and conflicts are told in their order. */
export function identifierOf({ manager, operation, apiVersion, subresource }: Identity): string {
  return JSON.stringify({
    ...(manager ? { manager } : {}),
    operation,
    ...(operation === 'Update' ? { apiVersion } : {}),
    ...(subresource ? { subresource } : {}),
  });
}

/** `name with subresource "status" using v1`, as conflicts name whom they are with. */
export function renderManager({ manager = '', operation, apiVersion, subresource }: Manager): string {
  const name = `${JSON.stringify(manager)}${subresource ? ` with subresource ${JSON.stringify(subresource)}` : ''}`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

/** What every object has and nobody owns (`stripmeta.go`). */
export function withoutBookkeeping(set: FieldSet): FieldSet {
  if (!set || !('f:metadata' in set || isMember(set['f:kind']) || isMember(set['f:apiVersion']))) return set;
  const { 'f:apiVersion': _, 'f:kind': __, 'f:metadata': metadata, ...rest } = set;
  const kept = metadata && strippedMetadata(metadata);
  for (const _element in kept) return { ...rest, 'f:metadata': kept as FieldNode };
  for (const _element in rest) return rest;
  return undefined;
}

const bookkeeping = [
  '.',
  'f:name',
  'f:namespace',
  'f:creationTimestamp',
  'f:selfLink',
  'f:uid',
  'f:clusterName',
  'f:generation',
  'f:managedFields',
  'f:resourceVersion',
];

function strippedMetadata(metadata: FieldNode): FieldNode {
  const kept: Record<string, FieldNode> = { ...metadata };
  for (const element of bookkeeping) delete kept[element];
  return kept;
}
