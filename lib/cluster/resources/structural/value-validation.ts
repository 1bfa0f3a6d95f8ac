import { compareBytes, deepEqual } from '@/lib/base';
import { FieldPath, fieldError, goRegexp, type FieldError } from '../../api';
import { fitsFormat } from './formats';
import { oldItems } from './correlation';
import { additionalOf, isData, itemsOf, propertyOf, type Data, type Schema } from './schema';

/** What is wrong with a value: about the field at `path`, or, without one, about the whole. */
interface Problem {
  readonly path?: string;
  error(at: FieldPath): FieldError;
}

/** What a value was before, where that is known: what has not changed is not held against it (`CRDValidationRatcheting`). */
const unknownBefore = Symbol('unknown');

/**
 * Whether a value fits its schema (`apiextensions-apiserver/pkg/apiserver/validation`, `kube-openapi/pkg/validation`), in upstream's
 * words. `base` is where the value stands in its object.
 */
export function validateValue(value: unknown, schema: Schema, base: string, old?: { readonly value: unknown }): FieldError[] {
  return validate(value, schema, '', old ? old.value : unknownBefore).map(({ path, error }) => {
    const name = path?.replace(/^\./, '') ?? '';
    return error(FieldPath.of(base && name ? `${base}.${name}` : base || name || '<nil>'));
  });
}

/** `validateValue` of what stands at a path of its own. */
export function validateValueAt(value: unknown, schema: Schema, at: FieldPath): FieldError[] {
  return validate(value, schema, '', unknownBefore).map(({ path, error }) => {
    const name = path?.replace(/^\./, '');
    return error(name ? at.child(name) : at);
  });
}

function validate(value: unknown, schema: Schema, path: string, old: unknown): Problem[] {
  if (old !== unknownBefore && old !== undefined && deepEqual(value, old)) return [];
  if (value === null || value === undefined) return [...validateType(null, schema, path), ...validateEnum(value, schema, path)];
  return [
    ...validateType(value, schema, path),
    ...validateJunctors(value, schema, path),
    ...(typeof value === 'string' ? validateString(value, schema, path) : []),
    ...(typeof value === 'number' ? validateNumber(value, schema, path) : []),
    ...(Array.isArray(value) ? validateItems(value, schema, path, old) : []),
    ...validateEnum(value, schema, path),
    ...(isData(value) ? validateObject(value, schema, path, old) : []),
  ];
}

const invalid = (path: string, value: unknown, why: string): Problem => ({
  path,
  error: (at) => fieldError.invalid(at, value, `${path} in body ${why}`),
});

const ofWhole = (why: string): Problem => ({ error: (at) => fieldError.invalid(at, '', why) });

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function validateType(value: unknown, schema: Schema, path: string): Problem[] {
  const wanted = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : [];
  if (wanted.length === 0) return [];
  const actual = typeName(value);
  if (actual === 'null' && schema.nullable) return [];
  if (wanted.includes(actual) || (actual === 'integer' && wanted.includes('number'))) return [];
  return [mistyped(path, wanted.join(','), actual)];
}

function mistyped(path: string, wanted: string, actual: unknown): Problem {
  const why = `${path} in body must be of type ${wanted}: ${JSON.stringify(actual)}`;
  return { path, error: (at) => fieldError.typeInvalid(at, actual, why) };
}

function validateString(value: string, { minLength, maxLength, pattern, format }: Schema, path: string): Problem[] {
  const length = [...value].length;
  const ofFormat = format && !fitsFormat(format, value) ? [mistyped(path, format, value)] : [];
  if (maxLength !== undefined && length > maxLength) return [{ path, error: (at) => fieldError.tooLong(at, maxLength) }, ...ofFormat];
  if (minLength !== undefined && length < minLength)
    return [invalid(path, value, `should be at least ${minLength} chars long`), ...ofFormat];
  return pattern && !goRegexp(pattern).isIn(value) ? [invalid(path, value, `should match '${pattern}'`), ...ofFormat] : ofFormat;
}

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-2_147_483_648, 2_147_483_647],
  int64: [-(2 ** 63), 2 ** 63],
  uint32: [0, 4_294_967_295],
  float: [-3.402_823_466_385_288_6e38, 3.402_823_466_385_288_6e38],
};

function validateNumber(value: number, schema: Schema, path: string): Problem[] {
  const { type, format = '', minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum } = schema;
  // Upstream compares whole numbers with whole limits.
  const limit = (number: number) => (Number.isInteger(value) ? Math.trunc(number) : number);
  const range = ranges[format];
  const isOutside = range !== undefined && (value < range[0] || value > range[1]);
  const problems: Problem[] = isOutside ? [ofWhole(`Checked value must be of type ${type} with format ${format} in ${path}`)] : [];
  if (multipleOf !== undefined) problems.push(...validateMultiple(value, limit(multipleOf), path));
  if (maximum !== undefined && (exclusiveMaximum ? value >= limit(maximum) : value > limit(maximum)))
    problems.push(invalid(path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${limit(maximum)}`));
  if (minimum !== undefined && (exclusiveMinimum ? value <= limit(minimum) : value < limit(minimum)))
    problems.push(invalid(path, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${limit(minimum)}`));
  return problems;
}

function validateMultiple(value: number, factor: number, path: string): Problem[] {
  if (factor <= 0)
    return [{ path, error: (at) => fieldError.invalid(at, factor, `factor MultipleOf declared for ${path} must be positive: ${factor}`) }];
  const times = factor < 1 ? (1 / factor) * value : value / factor;
  return Math.abs(times - Math.round(times)) < 1e-9 ? [] : [invalid(path, value, `should be a multiple of ${factor}`)];
}

function validateItems(items: readonly unknown[], schema: Schema, path: string, old: unknown): Problem[] {
  const { minItems, maxItems } = schema;
  const size = items.length;
  const of = itemsOf(schema);
  const before = old === unknownBefore ? undefined : oldItems(schema, items, old);
  return [
    ...(of ? items.flatMap((item, index) => validate(item, of, `${path}[${index}]`, before ? before[index] : unknownBefore)) : []),
    ...(minItems !== undefined && size < minItems ? [invalid(path, size, `should have at least ${minItems} items`)] : []),
    ...(maxItems !== undefined && size > maxItems ? [{ path, error: (at: FieldPath) => fieldError.tooMany(at, size, maxItems) }] : []),
  ];
}

function validateEnum(value: unknown, { enum: values, nullable }: Schema, path: string): Problem[] {
  if (!values || values.some((one) => deepEqual(one, value))) return [];
  if ((value === null || value === undefined) && nullable) return [];
  const supported = values.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  return [{ path, error: (at) => fieldError.notSupported(at, value, supported) }];
}

function validateObject(data: Data, schema: Schema, path: string, old: unknown): Problem[] {
  const { minProperties, maxProperties, required = [] } = schema;
  const names = Object.keys(data).sort(compareBytes);
  const values = additionalOf(schema);
  const before = isData(old) ? old : undefined;
  const at = (name: string) => (path ? `${path}.${name}` : name);
  return [
    ...(minProperties !== undefined && names.length < minProperties
      ? [invalid(path, names.length, `should have at least ${minProperties} properties`)]
      : []),
    ...(maxProperties !== undefined && names.length > maxProperties
      ? [{ path, error: (to: FieldPath) => fieldError.tooMany(to, names.length, maxProperties) }]
      : []),
    ...names.flatMap((name) => {
      const property = propertyOf(schema, name) ?? values;
      return property ? validate(data[name], property, at(name), before ? before[name] : unknownBefore) : [];
    }),
    ...required
      .filter((name) => !Object.hasOwn(data, name))
      .map((name): Problem => ({ path: `${path}.${name}`, error: (to) => fieldError.required(to) })),
  ];
}

/** Alternatives. Of those that fail, the one that fits best tells why (`schema_props.go`). */
function validateJunctors(value: unknown, schema: Schema, path: string): Problem[] {
  return [
    ...(schema.anyOf ? validateAnyOf(value, schema.anyOf, path) : []),
    ...(schema.oneOf ? validateOneOf(value, schema.oneOf, path) : []),
    ...(schema.allOf ? validateAllOf(value, schema.allOf, path) : []),
    ...(schema.not && validate(value, schema.not, path, unknownBefore).length === 0
      ? [ofWhole(`${JSON.stringify(path)} must not validate the schema (not)`)]
      : []),
  ];
}

function alternatives(value: unknown, schemas: readonly Schema[], path: string): { found: number; best: readonly Problem[] } {
  const results = schemas.map((schema) => validate(value, schema, path, unknownBefore));
  const best = results.reduce((least, one) => (one.length < least.length ? one : least), results[0] ?? []);
  return { found: results.filter(({ length }) => length === 0).length, best };
}

function validateAnyOf(value: unknown, schemas: readonly Schema[], path: string): Problem[] {
  const { found, best } = alternatives(value, schemas, path);
  return found > 0 ? [] : [ofWhole(`${JSON.stringify(path)} must validate at least one schema (anyOf)`), ...best];
}

function validateOneOf(value: unknown, schemas: readonly Schema[], path: string): Problem[] {
  const { found, best } = alternatives(value, schemas, path);
  if (found === 1) return [];
  const why = `${JSON.stringify(path)} must validate one and only one schema (oneOf). `;
  return found > 1 ? [ofWhole(`${why}Found ${found} valid alternatives`)] : [ofWhole(`${why}Found none valid`), ...best];
}

function validateAllOf(value: unknown, schemas: readonly Schema[], path: string): Problem[] {
  const results = schemas.map((schema) => validate(value, schema, path, unknownBefore));
  const fitting = results.filter(({ length }) => length === 0).length;
  if (fitting === schemas.length) return [];
  return [
    ...results.flat(),
    ofWhole(`${JSON.stringify(path)} must validate all the schemas (allOf)${fitting === 0 ? '. None validated' : ''}`),
  ];
}
