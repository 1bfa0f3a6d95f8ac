import { deepCopy, type Json } from '@/lib/base';
import { additionalOf, isData, itemsOf, propertyOf, type Data, type Schema } from '../../resources/structural/schema';

/** Fills in, in place, what the schema says and the writer left out (`schema/defaulting.Default`). */
export function applyDefaults(value: unknown, schema: Schema | undefined): void {
  if (!schema) return;
  if (Array.isArray(value)) defaultItems(value, itemsOf(schema));
  else if (isData(value)) defaultFields(value, schema);
}

function defaultItems(items: unknown[], schema: Schema | undefined): void {
  items.forEach((item, index) => {
    if (isNullForDefault(item, schema)) items[index] = defaultOf(schema);
    applyDefaults(items[index], schema);
  });
}

function defaultFields(data: Data, schema: Schema): void {
  const { properties = {} } = schema;
  const values = additionalOf(schema);
  for (const name in properties) {
    const property = properties[name] as Schema;
    if (property.default === undefined) continue;
    if (!Object.hasOwn(data, name) || isNullForDefault(data[name], property)) data[name] = defaultOf(property);
  }
  for (const name of Object.keys(data)) {
    const property = propertyOf(schema, name) ?? values;
    if (property === values && isNullForDefault(data[name], values)) data[name] = defaultOf(values);
    applyDefaults(data[name], property);
  }
}

function isNullForDefault(value: unknown, schema: Schema | undefined): boolean {
  return value === null && schema !== undefined && !schema.nullable && schema.default !== undefined;
}

function defaultOf(schema: Schema | undefined): unknown {
  return deepCopy(schema?.default as Json);
}

/** Nulls where none may be and no default stands in are as if they were not given (`PruneNonNullableNullsWithoutDefaults`). */
export function dropNulls(value: unknown, schema: Schema | undefined): void {
  if (!schema) return;
  if (Array.isArray(value)) value.forEach((item) => dropNulls(item, itemsOf(schema)));
  if (!isData(value)) return;
  for (const name of Object.keys(value)) {
    const property = propertyOf(schema, name) ?? additionalOf(schema);
    if (!property) continue;
    if (value[name] === null && !property.nullable && property.default === undefined) delete value[name];
    else dropNulls(value[name], property);
  }
}
