import { definitions, type FieldSchema } from '@/generated/kubernetes/schema';
import { fieldFacts, isAtomicDefinition, type FieldFacts } from '../../api';

/** How values of one type are compared and merged field by field (`structured-merge-diff/schema`). */
export type FieldType =
  | { readonly kind: 'scalar'; readonly scalar: 'string' | 'numeric' | 'boolean' | 'untyped' }
  /** Anything at all, owned as a whole. */
  | { readonly kind: 'untyped' }
  | { readonly kind: 'list'; readonly relation: 'atomic' | 'set' | 'map'; readonly keys: readonly ListKey[]; readonly item: FieldType }
  /** A struct has `fields`, a map the type of its `values`. */
  | {
      readonly kind: 'map';
      readonly isAtomic: boolean;
      readonly fields: ReadonlyMap<string, FieldType> | undefined;
      readonly values: FieldType | undefined;
    };

/** What items are told apart by, and what it is where an item leaves it out (`default` in OpenAPI). */
interface ListKey {
  readonly name: string;
  readonly whenAbsent: unknown;
}

export type ListType = Extract<FieldType, { kind: 'list' }>;
export type MapType = Extract<FieldType, { kind: 'map' }>;

const untyped: FieldType = { kind: 'untyped' };
const scalars = {
  string: { kind: 'scalar', scalar: 'string' },
  integer: { kind: 'scalar', scalar: 'numeric' },
  number: { kind: 'scalar', scalar: 'numeric' },
  boolean: { kind: 'scalar', scalar: 'boolean' },
  untyped: { kind: 'scalar', scalar: 'untyped' },
} as const satisfies Record<string, FieldType>;

const types = new Map<string, FieldType>();

/** The type of an OpenAPI definition. Nobody owns `managedFields` themselves, so they are no field here. */
export function fieldTypeOf(definitionId: string): FieldType {
  const known = types.get(definitionId);
  if (known) return known;
  const definition = definitions[definitionId];
  if (!definition?.properties) return remembered(definitionId, definition ? plainType(definitionId, definition) : untyped);
  // A definition may contain itself, so it is known before its fields are.
  const fields = new Map<string, FieldType>();
  const type = remembered(definitionId, { kind: 'map', isAtomic: isAtomicDefinition(definitionId), fields, values: undefined });
  for (const [name, schema] of Object.entries(definition.properties))
    if (name !== 'managedFields') fields.set(name, typeOfField(schema, fieldFacts(definitionId, name)));
  return type;
}

function remembered(definitionId: string, type: FieldType): FieldType {
  types.set(definitionId, type);
  return type;
}

/** Quantities, times and integers-or-strings are scalars of several shapes. */
function plainType(definitionId: string, { type }: FieldSchema): FieldType {
  if (type === 'object') return untyped;
  return definitionId.endsWith('.JSON') || type === undefined ? untyped : scalars.untyped;
}

function typeOfField(schema: FieldSchema, facts: FieldFacts | undefined): FieldType {
  if (schema.$ref) return withMapType(fieldTypeOf(schema.$ref), facts);
  if (schema.items)
    return {
      kind: 'list',
      relation: facts?.listType ?? 'atomic',
      keys: listKeys(facts?.listMapKeys ?? [], schema.items),
      item: typeOfField(schema.items, undefined),
    };
  if (schema.additionalProperties)
    return {
      kind: 'map',
      isAtomic: facts?.mapType === 'atomic',
      fields: undefined,
      values: typeOfField(schema.additionalProperties, undefined),
    };
  return schema.type === undefined || schema.type === 'object' || schema.type === 'array' ? untyped : scalars[schema.type];
}

function listKeys(names: readonly string[], items: FieldSchema): ListKey[] {
  const { required, properties } = definitions[items.$ref ?? ''] ?? {};
  return [...names].sort().map((name) => {
    const zero = properties?.[name]?.type === 'string' ? '' : 0;
    const hasZero = required?.includes(name) || items.$ref?.endsWith('.LocalObjectReference');
    return { name, whenAbsent: name === 'protocol' ? 'TCP' : hasZero ? zero : undefined };
  });
}

/** A field may say otherwise than the type it refers to. */
function withMapType(type: FieldType, facts: FieldFacts | undefined): FieldType {
  if (type.kind !== 'map' || !facts?.mapType) return type;
  return { ...type, isAtomic: facts.mapType === 'atomic' };
}

export function typeOfMapField({ fields, values }: MapType, name: string): FieldType | undefined {
  return fields ? fields.get(name) : values;
}

/** The path element of an item; throws `ElementError` for one that has none. */
export function elementOf({ relation, keys }: ListType, item: unknown): string {
  return relation === 'set' ? setElement(item) : keyedElement(keys, item);
}

function setElement(item: unknown): string {
  if (Array.isArray(item)) throw new ElementError('not supported: associative list with lists as elements');
  if (item === null) throw new ElementError("associative list without keys has an element that's an explicit null");
  if (typeof item === 'object') throw new ElementError("associative list without keys has an element that's a map type");
  return `v:${JSON.stringify(item)}`;
}

export function keyedElement(keys: readonly ListKey[], item: unknown): string {
  if (item === null) throw new ElementError('associative list with keys may not have a null element');
  if (typeof item !== 'object' || Array.isArray(item)) throw new ElementError('associative list with keys may not have non-map elements');
  const found: Record<string, unknown> = {};
  for (const { name, whenAbsent } of keys) {
    const value = (item as Record<string, unknown>)[name] ?? whenAbsent;
    if (value !== undefined) found[name] = value;
  }
  for (const _ in found) return `k:${JSON.stringify(found)}`;
  throw new ElementError(
    `associative list with keys has an element that omits all key fields [${keys.map(({ name }) => JSON.stringify(name)).join(' ')}] (and doesn't have default values for any key fields)`,
  );
}

/** Whether two items of a keyed list have the same keys as they stand. */
export function haveSameKeys(keys: readonly ListKey[], a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  for (const { name } of keys) if ((a as Record<string, unknown>)[name] !== (b as Record<string, unknown>)[name]) return false;
  return true;
}

/** An item that cannot be told from others. */
export class ElementError extends Error {
  override readonly name = 'ElementError';
}
