import { compareBytes } from '@/lib/base';
import { additionalOf, isData, itemsOf, propertyOf, type Data, type Schema } from './schema';

const typeMeta = new Set(['apiVersion', 'kind', 'metadata']);

/** Takes away, in place, what the schema of a resource does not know; returns the paths of it in order (`schema/pruning`). */
export function prune(value: Data, schema: Schema): string[] {
  const paths: string[] = [];
  pruneValue(value, schema['x-kubernetes-embedded-resource'] ? schema : { ...schema, 'x-kubernetes-embedded-resource': true }, '', paths);
  return paths.sort(compareBytes);
}

function pruneValue(value: unknown, schema: Schema | undefined, path: string, paths: string[]): void {
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    if (!items && schema?.['x-kubernetes-preserve-unknown-fields']) return;
    value.forEach((item, index) => pruneValue(item, items, `${path}[${index}]`, paths));
  } else if (isData(value)) pruneFields(value, schema, path, paths);
}

function pruneFields(data: Data, schema: Schema | undefined, path: string, paths: string[]): void {
  const values = schema && additionalOf(schema);
  const isOpen = schema?.['x-kubernetes-preserve-unknown-fields'] === true;
  const hasValues = schema?.additionalProperties !== undefined && schema.additionalProperties !== (false as never);
  for (const name of Object.keys(data)) {
    if (schema?.['x-kubernetes-embedded-resource'] && typeMeta.has(name)) continue;
    const at = path ? `${path}.${name}` : name;
    const property = schema && propertyOf(schema, name);
    if (property) pruneValue(data[name], property, at, paths);
    else if (hasValues) pruneValue(data[name], values, at, paths);
    else if (!isOpen) {
      delete data[name];
      paths.push(at);
    }
  }
}
