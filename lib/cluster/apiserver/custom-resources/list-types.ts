import { FieldPath, fieldError, type FieldError } from '../../api';
import { additionalOf, isData, itemsOf, propertyOf, type Schema } from '../../resources/structural/schema';

/** Items of sets and of keyed lists are there once (`schema/listtype`). */
export function validateListTypes(value: unknown, schema: Schema | undefined, path = FieldPath.of('')): FieldError[] {
  if (!schema) return [];
  if (Array.isArray(value))
    return [
      ...repeatedItems(value, schema, path),
      ...value.flatMap((item, index) => validateListTypes(item, itemsOf(schema), path.index(index))),
    ];
  if (!isData(value)) return [];
  return Object.keys(value).flatMap((name) => {
    const property = propertyOf(schema, name);
    return property
      ? validateListTypes(value[name], property, path.child(name))
      : validateListTypes(value[name], additionalOf(schema), path.key(name));
  });
}

function repeatedItems(items: readonly unknown[], schema: Schema, path: FieldPath): FieldError[] {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return repeated(items, (item) => item, path);
    case 'map':
      return repeated(items, (item) => keysOf(item, schema), path);
    default:
      return [];
  }
}

function repeated(items: readonly unknown[], identity: (item: unknown) => unknown, path: FieldPath): FieldError[] {
  const seen = new Map<string, number>();
  return items.flatMap((item, index) => {
    const shown = identity(item);
    const key = JSON.stringify(shown);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    // Told once, at the first repetition.
    return count === 2 ? [fieldError.duplicate(path.index(index), shown)] : [];
  });
}

function keysOf(item: unknown, schema: Schema): unknown {
  if (!isData(item)) return item;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  return Object.fromEntries(
    [...keys].sort().flatMap((key) => {
      const value = item[key] ?? itemsOf(schema)?.properties?.[key]?.default;
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
