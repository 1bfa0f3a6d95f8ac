import { definitions, type FieldSchema } from '@/generated/kubernetes/schema';
import type { V1JSONSchemaProps } from '@/generated/kubernetes/types';
import { fieldFacts, isAtomicDefinition, type FieldFacts, type StructuralType, type TypeRef } from '../../api';

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
      /** Values of it, and so on below, are what they are. */
      readonly isDeduced?: boolean;
    };

/** What items are told apart by, and what it is where an item leaves it out (`default` in OpenAPI). */
interface ListKey {
  readonly name: string;
  readonly whenAbsent: unknown;
}

export type ListType = Extract<FieldType, { kind: 'list' }>;
export type MapType = Extract<FieldType, { kind: 'map' }>;

const untyped: FieldType = { kind: 'untyped' };
/** What a schema leaves open: maps are owned field by field, anything else as a whole. */
const deduced: MapType = { kind: 'map', isAtomic: false, fields: undefined, values: undefined, isDeduced: true };
const scalars = {
  string: { kind: 'scalar', scalar: 'string' },
  integer: { kind: 'scalar', scalar: 'numeric' },
  number: { kind: 'scalar', scalar: 'numeric' },
  boolean: { kind: 'scalar', scalar: 'boolean' },
  untyped: { kind: 'scalar', scalar: 'untyped' },
} as const satisfies Record<string, FieldType>;

const types = new Map<string, FieldType>();

/** The type of an OpenAPI definition, or of a schema. Nobody owns `managedFields` themselves, so they are no field here. */
export function fieldTypeOf(type: TypeRef): FieldType {
  return typeof type === 'string' ? builtInType(type) : structuralType(type);
}

const structural = new WeakMap<StructuralType, FieldType>();

function structuralType(type: StructuralType): FieldType {
  const known = structural.get(type);
  if (known) return known;
  const made = resourceType(type.schema);
  structural.set(type, made);
  return made;
}

/** A schema whose objects have type and metadata besides what it says (`apiextensions-apiserver/pkg/controller/openapi/builder`). */
function resourceType(schema: V1JSONSchemaProps): FieldType {
  const own = typeOfSchema(schema);
  const fields = new Map(own.kind === 'map' ? own.fields : []);
  for (const name of ['apiVersion', 'kind']) fields.set(name, scalars.string);
  fields.set('metadata', builtInType('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'));
  const { values, isDeduced = false } = own.kind === 'map' ? own : {};
  return { kind: 'map', isAtomic: false, fields, values, isDeduced };
}

function typeOfSchema(schema: V1JSONSchemaProps): FieldType {
  if (schema['x-kubernetes-embedded-resource']) {
    const { 'x-kubernetes-embedded-resource': _, ...rest } = schema;
    return resourceType(rest);
  }
  if (schema['x-kubernetes-int-or-string']) return scalars.untyped;
  switch (schema.type) {
    case 'array':
      return listOfSchema(schema);
    case 'object':
      return mapOfSchema(schema);
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
      return scalars[schema.type];
    default:
      return untyped;
  }
}

function listOfSchema(schema: V1JSONSchemaProps): FieldType {
  const items = (schema.items ?? {}) as V1JSONSchemaProps;
  const keys = [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort();
  return {
    kind: 'list',
    relation: (schema['x-kubernetes-list-type'] ?? 'atomic') as ListType['relation'],
    keys: keys.map((name) => ({ name, whenAbsent: items.properties?.[name]?.default })),
    item: typeOfSchema(items),
  };
}

function mapOfSchema(schema: V1JSONSchemaProps): FieldType {
  const { properties, additionalProperties } = schema;
  const isAtomic = schema['x-kubernetes-map-type'] === 'atomic';
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (typeof additionalProperties === 'object')
    return { kind: 'map', isAtomic, fields: undefined, values: typeOfSchema(additionalProperties as V1JSONSchemaProps) };
  if (!properties) return isOpen && !isAtomic ? deduced : { kind: 'map', isAtomic, fields: undefined, values: isOpen ? deduced : untyped };
  const fields = new Map(Object.entries(properties).map(([name, one]) => [name, typeOfSchema(one)]));
  return { kind: 'map', isAtomic, fields, values: isOpen ? deduced : undefined };
}

function builtInType(definitionId: string): FieldType {
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
  if (schema.$ref) return withMapType(builtInType(schema.$ref), facts);
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

export function typeOfMapField({ fields, values, isDeduced }: MapType, name: string): FieldType | undefined {
  return fields?.get(name) ?? (isDeduced ? deduced : values);
}

/** The type values are compared and merged by, where it is left to them. */
export function settledType(type: FieldType, ...values: readonly unknown[]): FieldType {
  if (type.kind !== 'map' || !type.isDeduced) return type;
  const areMaps = values.every((value) => value === undefined || value === null || (typeof value === 'object' && !Array.isArray(value)));
  return areMaps ? type : untyped;
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
