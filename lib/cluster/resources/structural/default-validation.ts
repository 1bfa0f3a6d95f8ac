import { deepCopy, deepEqual, type Json } from '@/lib/base';
import { fieldError, type FieldError, type FieldPath } from '../../api';
import { prune } from './pruning';
import { isData, itemsOf, type Data, type Schema } from './schema';
import { validateValueAt } from './value-validation';

/** Whether the defaults of a schema fit the schema they stand in (`schema/defaulting.ValidateDefaults`). What a root says of metadata is not looked at. */
export function validateDefaults(schema: Schema, path: FieldPath, isRoot = true): FieldError[] {
  const items = itemsOf(schema);
  const isResource = isRoot || schema['x-kubernetes-embedded-resource'] === true;
  return [
    ...(schema.default === undefined || schema.default === null ? [] : validateDefault(schema, path.child('default'))),
    ...(items ? validateDefaults(items, path.child('items'), false) : []),
    ...Object.entries(schema.properties ?? {})
      .filter(([name]) => !(isResource && ['metadata', 'apiVersion', 'kind'].includes(name)))
      .flatMap(([name, one]) => validateDefaults(one, path.child('properties').key(name), false)),
  ];
}

function validateDefault(schema: Schema, path: FieldPath): FieldError[] {
  const given: unknown = schema.default;
  return [
    ...(isPruned(given, schema) ? [] : [fieldError.invalid(path, given, 'must not have unknown fields')]),
    ...validateValueAt(given, schema, path),
  ];
}

function isPruned(value: unknown, schema: Schema): boolean {
  if (!isData(value) && !Array.isArray(value)) return true;
  const holder: Data = { value: deepCopy(value as Json) };
  prune(holder, { type: 'object', properties: { value: schema } });
  return deepEqual(holder['value'] as Json, value as Json);
}
