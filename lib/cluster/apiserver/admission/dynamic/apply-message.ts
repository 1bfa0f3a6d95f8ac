import { CelMessage } from '../../../api/cel';

/** What an expression made, as plain data: messages become objects, whole numbers numbers again. */
export function plainOf(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof CelMessage) return plainOf(value.fields);
  if (Array.isArray(value)) return value.map(plainOf);
  if (value instanceof Map) return plainOf(Object.fromEntries(value));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]): [string, unknown][] => (one === undefined ? [] : [[name, plainOf(one)]])),
  );
}

/** What is wrong with the names of a configuration's types, which are to be the path of the field they are in (`mutation/dynamic/objects.go`). */
export function misnamedType(value: unknown, path = 'Object'): string | undefined {
  if (Array.isArray(value)) return firstOf(value, (item) => misnamedType(item, path));
  if (!(value instanceof CelMessage)) return undefined;
  const { typeName, fields } = value;
  if (typeName !== path)
    return `unexpected type name ${JSON.stringify(typeName)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`;
  return firstOf(Object.entries(fields), ([field, one]) => misnamedType(one, `${path}.${field}`));
}

function firstOf<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
