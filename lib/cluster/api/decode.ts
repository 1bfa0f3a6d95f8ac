import { definitions, type FieldSchema } from '@/generated/kubernetes/schema';
import type { V1JSONSchemaProps } from '@/generated/kubernetes/types';
import { badBase64At } from './base64';
import { define, renderPath } from './json-reader';
import { canonicalQuantity } from './quantity';
import { shapeOf, zeroItem } from './struct-shapes';

/** Data that does not have the type it should, in the words of `encoding/json`. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

export interface Decoding {
  readonly value: Record<string, unknown>;
  /** Paths of fields that the type does not have, in order. */
  readonly unknown: readonly string[];
}

/** A type that is told by a schema at run time instead of by Go's types: what a CustomResourceDefinition brings. */
export interface StructuralType {
  readonly schema: V1JSONSchemaProps;
  /** As `decodeObject`. */
  decode(data: unknown): Decoding;
}

/** The OpenAPI definition of a built-in type, or a type of its own. */
export type TypeRef = string | StructuralType;

type Part = string | number;

interface Context {
  /** Where we are, with indexes and map keys: for unknown fields. */
  readonly path: Part[];
  /** The fields on the way here and the type that has the last one: for mistyped ones. */
  readonly fields: string[];
  struct: string;
  readonly unknown: string[];
}

type Decoder = (value: unknown, context: Context) => unknown;

/**
 * A mutable copy of plain data as the Go type `definitionId` holds it: unknown fields left out, empty values dropped or written as
 * Go's encoder would, quantities canonical. Throws `DecodeError`, `QuantityError` or `RangeError` for what Go would refuse.
 */
export function decodeObject(type: TypeRef, data: unknown): Decoding {
  if (typeof type !== 'string') return type.decode(data);
  return decodeBuiltIn(type, data);
}

function decodeBuiltIn(definitionId: string, data: unknown): Decoding {
  const context: Context = { path: [], fields: [], struct: '', unknown: [] };
  if (!isObject(data))
    throw new DecodeError(`json: cannot unmarshal ${jsonType(data)} into Go value of type ${goTypeOf({ $ref: definitionId })}`);
  const value = structDecoder(definitionId)(data, context) as Record<string, unknown>;
  return { value, unknown: context.unknown };
}

/**
 * `decodeObject` of a new state of `known` whose status alone is to be written: any other field that is the very value `known` holds was
 * decoded when that was stored, and is taken over frozen as it is.
 */
export function decodeStatusOf(known: object, type: TypeRef, data: object): Decoding {
  if (typeof type !== 'string') return type.decode(data);
  const before = known as Record<string, unknown>;
  const after = data as Record<string, unknown>;
  const taken = Object.keys(after).filter((field) => isTakenOver(field, after[field], before[field]));
  if (taken.length === 0) return decodeObject(type, data);
  const decoding = decodeObject(type, Object.fromEntries(Object.entries(after).filter(([field]) => !taken.includes(field))));
  const value: Record<string, unknown> = {};
  for (const field of [...Object.keys(after), ...Object.keys(decoding.value)]) {
    const item = taken.includes(field) ? after[field] : decoding.value[field];
    if (item !== undefined) value[field] = item;
  }
  return { ...decoding, value };
}

function isTakenOver(field: string, item: unknown, known: unknown): boolean {
  return item === known && typeof item === 'object' && Object.isFrozen(item) && field !== 'metadata' && field !== 'status';
}

/** The copy alone, for callers that cannot be wrong: data that was decoded before. */
export function copyObject<T extends object>(type: TypeRef, object: T): T {
  return decodeObject(type, object).value as T;
}

const structs = new Map<string, Decoder>();

function structDecoder(id: string): Decoder {
  const known = structs.get(id);
  if (known) return known;
  // A definition may contain itself (JSONSchemaProps), so its decoder is there before its fields' are.
  let decode: Decoder = (value, context) => (decode = compileStruct(id))(value, context);
  const lazy: Decoder = (value, context) => decode(value, context);
  structs.set(id, lazy);
  return lazy;
}

interface FieldDecoder {
  readonly decode: Decoder;
  readonly dropsZero: boolean;
  readonly isMap: boolean;
}

function compileStruct(id: string): Decoder {
  const shape = shapeOf(id);
  if (!shape) return (value) => copyPlain(value);
  const fields = new Map<string, FieldDecoder>(
    [...shape.fields].map(([name, { schema, dropsZero }]) => [
      name,
      { decode: decoderOf(schema), dropsZero, isMap: schema.additionalProperties !== undefined },
    ]),
  );
  const display = goTypeOf({ $ref: id });
  const name = id.slice(id.lastIndexOf('.') + 1);
  return (value, context) => {
    if (!isObject(value)) throw mistyped(value, display, context);
    const result: Record<string, unknown> = {};
    const outer = context.struct;
    for (const key of Object.keys(value)) {
      const item = value[key];
      if (item === undefined) continue;
      const field = fields.get(key);
      context.path.push(key);
      if (!field) context.unknown.push(renderPath(context.path));
      else if (item !== null) {
        context.fields.push(key);
        context.struct = name;
        const decoded = field.decode(item, context);
        if (!field.dropsZero || !isZero(decoded, field.isMap)) result[key] = decoded;
        context.fields.pop();
      }
      context.path.pop();
    }
    context.struct = outer;
    for (const { name: always, zero } of shape.always) if (result[always] === undefined) result[always] = zero();
    return result;
  };
}

function isZero(value: unknown, isMap: boolean): boolean {
  if (typeof value === 'object')
    return value === null || (Array.isArray(value) ? value.length === 0 : isMap && Object.keys(value).length === 0);
  return value === '' || value === 0 || value === false;
}

function decoderOf(schema: FieldSchema): Decoder {
  if (schema.items?.$ref?.endsWith('.ManagedFieldsEntry')) return sharingFrozen(arrayDecoder(schema, schema.items));
  if (schema.$ref) return referenceDecoder(schema.$ref);
  if (schema.items) return arrayDecoder(schema, schema.items);
  if (schema.additionalProperties) return mapDecoder(schema, schema.additionalProperties);
  return scalarDecoder(schema);
}

/** Most of an object's bytes may be field ownership, which nobody changes in place: what comes out of a store is passed on as it is. */
function sharingFrozen(decode: Decoder): Decoder {
  return (value, context) => (typeof value === 'object' && value !== null && Object.isFrozen(value) ? value : decode(value, context));
}

function referenceDecoder(id: string): Decoder {
  switch (id.slice(id.lastIndexOf('.') + 1)) {
    case 'Quantity':
      return decodeQuantity;
    case 'IntOrString':
      return decodeIntOrString;
    case 'Time':
      return (value, context) => decodeTime(value, secondsLayout, context);
    case 'MicroTime':
      return (value, context) => decodeTime(value, microsLayout, context);
    case 'FieldsV1':
      return sharingFrozen(copyPlain);
    case 'JSON':
      return copyPlain;
    case 'JSONSchemaPropsOrArray':
    case 'JSONSchemaPropsOrBool':
    case 'JSONSchemaPropsOrStringArray':
      return schemaOrPlain(id.replace(/Or(Array|Bool|StringArray)$/, ''));
  }
  const definition = definitions[id];
  if (definition?.properties) return structDecoder(id);
  return definition?.type === 'object' || !definition ? copyPlain : decoderOf(definition);
}

/** A schema may say `true` where it could describe, or list where it could name. */
function schemaOrPlain(id: string): Decoder {
  const decode = structDecoder(id);
  return (value, context) => (isObject(value) ? decode(value, context) : copyPlain(value));
}

function arrayDecoder(schema: FieldSchema, items: FieldSchema): Decoder {
  const decode = decoderOf(items);
  const display = goTypeOf(schema);
  return (value, context) => {
    if (!Array.isArray(value)) throw mistyped(value, display, context);
    return value.map((item: unknown, index) => {
      if (item === null || item === undefined) return zeroItem(items);
      context.path.push(index);
      const decoded = decode(item, context);
      context.path.pop();
      return decoded;
    });
  };
}

function mapDecoder(schema: FieldSchema, values: FieldSchema): Decoder {
  const decode = decoderOf(values);
  const display = goTypeOf(schema);
  return (value, context) => {
    if (!isObject(value)) throw mistyped(value, display, context);
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const item = value[key];
      if (item === undefined) continue;
      context.path.push(key);
      define(result, key, item === null ? zeroItem(values) : decode(item, context));
      context.path.pop();
    }
    return result;
  };
}

function scalarDecoder(schema: FieldSchema): Decoder {
  const display = goTypeOf(schema);
  switch (schema.type) {
    case 'string':
      return schema.format === 'byte' ? decodeBytes : (value, context) => expectType('string', value, display, context);
    case 'boolean':
      return (value, context) => expectType('boolean', value, display, context);
    case 'integer':
      return integerDecoder(display);
    case 'number':
      return (value, context) => expectType('number', value, display, context);
    default:
      return copyPlain;
  }
}

function expectType(type: string, value: unknown, display: string, context: Context): unknown {
  if (typeof value !== type) throw mistyped(value, display, context);
  return value;
}

function integerDecoder(display: string): Decoder {
  const limit = display === 'int64' ? 2 ** 63 : 2 ** 31;
  return (value, context) => {
    if (typeof value !== 'number') throw mistyped(value, display, context);
    if (!Number.isInteger(value) || value >= limit || value < -limit)
      throw new DecodeError(`json: cannot unmarshal number ${value} into Go ${placeOf(context)} of type ${display}`);
    return value;
  };
}

function decodeBytes(value: unknown, context: Context): unknown {
  if (typeof value !== 'string') throw mistyped(value, '[]uint8', context);
  const bad = badBase64At(value);
  if (bad !== undefined) throw new DecodeError(`illegal base64 data at input byte ${bad}`);
  return value;
}

function decodeQuantity(value: unknown): unknown {
  return canonicalQuantity(
    typeof value === 'number' ? value : (isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value)).trim(),
  );
}

function decodeIntOrString(value: unknown, context: Context): unknown {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return integerDecoder('int32')(value, context);
  throw mistyped(value, 'int32', context);
}

const secondsLayout = { name: '2006-01-02T15:04:05Z07:00', pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)$/ };
const microsLayout = { name: '2006-01-02T15:04:05.000000Z07:00', pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/ };

function decodeTime(value: unknown, layout: typeof secondsLayout, context: Context): unknown {
  if (typeof value !== 'string') throw mistyped(value, 'string', context);
  if (!layout.pattern.test(value) || Number.isNaN(Date.parse(value))) throw badTime(value, layout.name);
  if (layout === microsLayout)
    return value.endsWith('Z') ? value : new Date(Date.parse(value)).toISOString().replace('Z', `${value.slice(23, 26)}Z`);
  return value.length === 20 && value.endsWith('Z') ? value : `${new Date(Date.parse(value)).toISOString().slice(0, 19)}Z`;
}

/** `time.ParseError`: the part of the text that did not fit, and the part of the layout it was read as. */
function badTime(value: string, layout: string): DecodeError {
  const parts: readonly (readonly [RegExp, string])[] = [
    [/^\d{4}/, '2006'],
    [/^-/, '-'],
    [/^\d\d/, '01'],
    [/^-/, '-'],
    [/^\d\d/, '02'],
    [/^T/, 'T'],
    [/^\d\d/, '15'],
    [/^:/, ':'],
    [/^\d\d/, '04'],
    [/^:/, ':'],
    [/^\d\d/, '05'],
    ...(layout.includes('.') ? [[/^\.\d{6}/, '.000000'] as const] : []),
    [/^(Z|[+-]\d\d:\d\d)/, 'Z07:00'],
  ];
  let rest = value;
  for (const [pattern, name] of parts) {
    const found = pattern.exec(rest);
    if (!found)
      return new DecodeError(
        `parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(name)}`,
      );
    rest = rest.slice(found[0].length);
  }
  return new DecodeError(
    rest
      ? `parsing time ${JSON.stringify(value)}: extra text: ${JSON.stringify(rest)}`
      : `parsing time ${JSON.stringify(value)}: day out of range`,
  );
}

function copyPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyPlain);
  if (!isObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) define(copy, key, copyPlain(value[key]));
  return copy;
}

function mistyped(value: unknown, display: string, context: Context): DecodeError {
  return new DecodeError(`json: cannot unmarshal ${jsonType(value)} into Go ${placeOf(context)} of type ${display}`);
}

function placeOf({ fields, struct }: Context): string {
  return fields.length > 0 ? `struct field ${struct}.${fields.join('.')}` : 'value';
}

/** What `encoding/json` calls the type of a value. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** How Go's `reflect` prints the type of a field: `[]v1.Container`, `map[string]string`, `int32`. */
function goTypeOf(schema: FieldSchema): string {
  if (schema.items) return `[]${goTypeOf(schema.items)}`;
  if (schema.additionalProperties) return `map[string]${goTypeOf(schema.additionalProperties)}`;
  if (schema.$ref) return schema.$ref.split('.').slice(-2).join('.');
  if (schema.type === 'boolean') return 'bool';
  if (schema.type === 'integer') return schema.format ?? 'int32';
  if (schema.type === 'number') return 'float64';
  return schema.format === 'byte' ? '[]uint8' : 'string';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
