import type { Data, Schema } from './schema';
import { isData } from './schema';

/** What each item of a list was before, as far as items can be told apart: those of a keyed list (`common/equality.go`). */
export function oldItems(schema: Schema, items: readonly unknown[], old: unknown): readonly unknown[] | undefined {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old)) return undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const keyOf = (item: unknown) => JSON.stringify(keys.map((key) => (isData(item) ? (item as Data)[key] : undefined)));
  const known = new Map(old.map((item: unknown) => [keyOf(item), item]));
  return items.map((item) => known.get(keyOf(item)));
}
