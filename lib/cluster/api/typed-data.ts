import { DecodeError, jsonType } from './decode';
import { readYaml } from './yaml';

/** The type of a field in a component's configuration file: of a list it is `[item]`, of a struct the fields that are read. */
export type FieldType = 'string' | 'int' | 'bool' | readonly [FieldType] | { readonly [field: string]: FieldType };

const goTypes = { string: 'string', int: 'int32', bool: 'bool' } as const;

/**
 * The fields of a configuration file that somebody reads, each of its type or absent; null is absent. Throws `DecodeError` in the words of
 * `encoding/json`, also for what is no YAML. `T` is what `fields` spells.
 */
export function readTypedYaml<T>(text: string, struct: string, fields: { readonly [field: string]: FieldType }): T {
  if (text.trim() === '') return {} as T;
  return typed(readYaml(text).value ?? {}, fields, struct, '') as T;
}

function typed(value: unknown, type: FieldType, struct: string, path: string): unknown {
  if (typeof type === 'string') return scalar(value, type, struct, path);
  if (isListType(type)) {
    if (!Array.isArray(value)) throw mistyped(value, struct, path, `[]${typeof type[0] === 'string' ? goTypes[type[0]] : 'struct'}`);
    return value.map((item) => typed(item ?? zeroOf(type[0]), type[0], struct, path));
  }
  if (jsonType(value) !== 'object') throw mistyped(value, struct, path, 'struct');
  const result: Record<string, unknown> = {};
  for (const [field, fieldType] of Object.entries(type)) {
    const inner = Object.hasOwn(value as object, field) ? (value as Record<string, unknown>)[field] : undefined;
    if (inner !== undefined && inner !== null) result[field] = typed(inner, fieldType, struct, path ? `${path}.${field}` : field);
  }
  return result;
}

function scalar(value: unknown, type: keyof typeof goTypes, struct: string, path: string): unknown {
  const isRight =
    type === 'string'
      ? typeof value === 'string'
      : type === 'bool'
        ? typeof value === 'boolean'
        : Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;
  if (!isRight) throw mistyped(value, struct, path, goTypes[type]);
  return value;
}

function zeroOf(type: FieldType): unknown {
  if (typeof type !== 'string') return isListType(type) ? [] : {};
  return { string: '', int: 0, bool: false }[type];
}

function isListType(type: FieldType): type is readonly [FieldType] {
  return Array.isArray(type);
}

function mistyped(value: unknown, struct: string, path: string, type: string): DecodeError {
  return new DecodeError(`json: cannot unmarshal ${jsonType(value)} into Go struct field ${struct}.${path} of type ${type}`);
}
