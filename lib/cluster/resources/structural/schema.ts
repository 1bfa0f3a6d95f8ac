import type { V1JSONSchemaProps } from '@/generated/kubernetes/types';

export type Schema = V1JSONSchemaProps;
export type Data = Record<string, unknown>;

/** The schema of the items of a list. */
export function itemsOf({ items }: Schema): Schema | undefined {
  return typeof items === 'object' && items !== null && !Array.isArray(items) ? (items as Schema) : undefined;
}

/** The schema of a field by its name, which may be one that every object of JavaScript answers to. */
export function propertyOf({ properties }: Schema, name: string): Schema | undefined {
  return properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** The schema of the values of a map. */
export function additionalOf({ additionalProperties }: Schema): Schema | undefined {
  return typeof additionalProperties === 'object' && additionalProperties !== null ? (additionalProperties as Schema) : undefined;
}

export function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
