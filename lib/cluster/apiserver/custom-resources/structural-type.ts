import type { V1JSONSchemaProps } from '@/generated/kubernetes/types';
import { compareBytes } from '@/lib/base';
import { decodeObject, DecodeError, type Decoding, type StructuralType } from '../../api';
import { applyDefaults, dropNulls } from './defaulting';
import { prune } from '../../resources/structural/pruning';
import { additionalOf, isData, itemsOf, propertyOf, type Data, type Schema } from '../../resources/structural/schema';

const types = new WeakMap<object, StructuralType>();

/** How objects of a schema are read: defaults filled in, unknown fields pruned, metadata as every object's (`schemaCoercingDecoder`). One for each schema, in all clusters. */
export function structuralTypeOf(schema: V1JSONSchemaProps): StructuralType {
  const known = types.get(schema);
  if (known) return known;
  const type: StructuralType = { schema, decode: (data) => decode(schema, data) };
  types.set(schema, type);
  return type;
}

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

function decode(schema: Schema, data: unknown): Decoding {
  if (!isData(data)) throw new DecodeError(`json: cannot unmarshal ${jsonType(data)} into Go value of type map[string]interface {}`);
  const { metadata, ...rest } = data;
  const meta = decodeObject(objectMeta, metadata ?? {});
  const value = sortedCopy(rest) as Data;
  applyDefaults(value, schema);
  const unknown = [...meta.unknown.map((path) => `metadata.${path}`), ...prune(value, schema)];
  dropNulls(value, schema);
  unknown.push(...coerceEmbedded(value, schema, ''));
  return { value: { ...value, metadata: meta.value }, unknown };
}

function jsonType(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
}

/** A map of a Go program has no order but that of its keys when it is written out. */
function sortedCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedCopy);
  if (typeof value !== 'object' || value === null) return value;
  const source = value as Data;
  const copy: Data = {};
  for (const name of Object.keys(source).sort(compareBytes)) if (source[name] !== undefined) copy[name] = sortedCopy(source[name]);
  return copy;
}

/** The metadata of objects within the object (`schema/objectmeta.Coerce`). */
function coerceEmbedded(value: unknown, schema: Schema | undefined, path: string): string[] {
  if (!schema || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => coerceEmbedded(item, itemsOf(schema), `${path}[${index}]`));
  const data = value as Data;
  const unknown: string[] = [];
  const at = (name: string) => (path ? `${path}.${name}` : name);
  if (schema['x-kubernetes-embedded-resource'] && data['metadata'] !== undefined) {
    const meta = decodeObject(objectMeta, data['metadata']);
    data['metadata'] = meta.value;
    unknown.push(...meta.unknown.map((one) => at(`metadata.${one}`)));
  }
  for (const name of Object.keys(data))
    unknown.push(...coerceEmbedded(data[name], propertyOf(schema, name) ?? additionalOf(schema), at(name)));
  return unknown;
}
