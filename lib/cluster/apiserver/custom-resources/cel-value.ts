import { additionalOf, isData, itemsOf, type Schema } from './schema';

/** A value as CEL holds it by its schema: whole numbers are `int` unless the schema says `number` (`schema/cel/values.go`). */
export function celValueOf(value: unknown, schema: Schema | undefined, isResource = false): unknown {
  if (typeof value === 'number') return schema?.type === 'number' || !Number.isInteger(value) ? value : BigInt(value);
  if (Array.isArray(value)) return value.map((item) => celValueOf(item, schema && itemsOf(schema)));
  if (!isData(value)) return value;
  const values = schema && additionalOf(schema);
  const isOpen = schema?.['x-kubernetes-preserve-unknown-fields'] === true || isResource;
  const found: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) {
    const property = schema?.properties?.[name];
    if (one === undefined || (schema?.properties && !property && !values && !isOpen)) continue;
    found[schema?.properties && property ? escaped(name) : name] = celValueOf(one, property ?? values);
  }
  return found;
}

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return'.split(' '),
);

/** Names of fields that CEL could not read (`apiserver/pkg/cel/escaping.go`). */
export function escaped(name: string): string {
  if (reserved.has(name)) return `__${name}__`;
  return name.replaceAll('__', '__underscores__').replaceAll('.', '__dot__').replaceAll('-', '__dash__').replaceAll('/', '__slash__');
}
