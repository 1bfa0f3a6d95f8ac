import type { V1JSONSchemaProps, V1ValidationRule } from '@/generated/kubernetes/types';
import { compareBytes, deepEqual } from '@/lib/base';
import { type FieldError, type FieldPath, fieldError, goRegexp } from '../../api';
import { compileCel, escapedName, type CelType } from '../../api/cel';
import { validateDefaults } from '../structural/default-validation';
import { goValue } from './go-value';

// What a schema of custom resources must be (`apiextensions-apiserver/pkg/apiserver/schema`, `pkg/apis/apiextensions/validation`).

export type Schema = V1JSONSchemaProps;

/** `items` and `additionalProperties` are schemas or something else. */
const schemaIn = (value: unknown): Schema | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : undefined;

const itemsOf = (schema: Schema) => schemaIn(schema.items);
const additionalOf = (schema: Schema) => schemaIn(schema.additionalProperties);

export function validateSchema(schema: Schema, path: FieldPath): FieldError[] {
  const structural = [...validateInvariants(schema, 'root', path), ...validateCompleteness(schema, schema, path)];
  const sorted = structural.sort((a, b) => compareBytes(`${a.field}: ${a.message}`, `${b.field}: ${b.message}`));
  const nullable = schema.nullable ? [fieldError.forbidden(path.child('nullable'), 'nullable cannot be true at the root')] : [];
  const defaults = sorted.length === 0 ? validateDefaults(schema, path) : [];
  const open = validateOpenApi(schema, { isRoot: true }, path);
  const isFit = sorted.length === 0 && defaults.length === 0 && open.length === 0;
  return [...nullable, ...sorted, ...defaults, ...open, ...(isFit ? validateRules(schema, schema, path) : [])];
}

type Level = 'root' | 'item' | 'field';

const missingType: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function validateInvariants(schema: Schema, level: Level, path: FieldPath): FieldError[] {
  const { type, properties = {} } = schema;
  const items = itemsOf(schema);
  const additional = additionalOf(schema);
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  return [
    ...(type === 'array' && !schema.items ? [fieldError.required(path.child('items'), 'must be specified')] : []),
    ...(items ? validateInvariants(items, 'item', path.child('items')) : []),
    ...Object.entries(properties).flatMap(([name, one]) => validateInvariants(one, 'field', path.child('properties').key(name))),
    ...(schema.additionalProperties !== undefined && level === 'root'
      ? [fieldError.forbidden(path.child('additionalProperties'), 'must not be used at the root')]
      : []),
    ...(additional ? validateInvariants(additional, 'field', path.child('additionalProperties')) : []),
    ...validateExtensions(schema, path),
    ...validateValueValidation(schema, path),
    ...validateType(schema, level, path),
    ...(isEmbedded && schema.additionalProperties !== undefined
      ? [fieldError.forbidden(path.child('additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set')]
      : []),
    ...(level === 'root' && type && type !== 'object' ? [fieldError.invalid(path.child('type'), type, 'must be object at the root')] : []),
    ...(level === 'root' || isEmbedded ? validateTypeMeta(properties, path) : []),
    ...(properties['metadata']
      ? validateMetadata(properties['metadata'], level, isEmbedded, path.child('properties').key('metadata'))
      : []),
    ...(isEmbedded && !schema['x-kubernetes-preserve-unknown-fields'] && Object.keys(properties).length === 0
      ? [
          fieldError.required(
            path.child('properties'),
            'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
          ),
        ]
      : []),
  ];
}

function validateExtensions(schema: Schema, path: FieldPath): FieldError[] {
  if (!schema['x-kubernetes-int-or-string']) return [];
  return (['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const).flatMap((field) =>
    schema[field] ? [fieldError.invalid(path.child(field), true, 'must be false if x-kubernetes-int-or-string is true')] : [],
  );
}

function validateType(schema: Schema, level: Level, path: FieldPath): FieldError[] {
  const { type } = schema;
  const at = path.child('type');
  if (schema['x-kubernetes-embedded-resource'] && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true';
    return [type ? fieldError.invalid(at, type, why) : fieldError.required(at, why)];
  }
  const mayLack = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'];
  return type || mayLack ? [] : [fieldError.required(at, missingType[level])];
}

function validateTypeMeta(properties: Readonly<Record<string, Schema>>, path: FieldPath): FieldError[] {
  return ['kind', 'apiVersion'].flatMap((name) => {
    const one = properties[name];
    return one && one.type !== 'string'
      ? [fieldError.invalid(path.child('properties').key(name).child('type'), one.type ?? '', 'must be string')]
      : [];
  });
}

/** Metadata is implied; a schema may restrict its name alone. */
function validateMetadata(metadata: Schema, level: Level, isEmbedded: boolean, path: FieldPath): FieldError[] {
  const isChecked = level === 'root' || isEmbedded;
  const { type, properties = {}, description: _1, default: _2, ...rest } = metadata;
  const foreign = Object.keys(properties).some((name) => name !== 'name' && name !== 'generateName');
  return [
    ...(isChecked && type !== 'object' ? [fieldError.invalid(path.child('type'), type ?? '', 'must be object')] : []),
    ...(level === 'root' && (foreign || Object.keys(rest).length > 0)
      ? [fieldError.forbidden(path, 'must not specify anything other than name and generateName, but metadata is implicitly specified')]
      : []),
  ];
}

const junctors = ['anyOf', 'allOf', 'oneOf'] as const;

/** The two ways `int-or-string` may be spelled out. */
const intOrString = [{ type: 'integer' }, { type: 'string' }];

function validateValueValidation(schema: Schema, path: FieldPath): FieldError[] {
  const isPair = deepEqual(schema.anyOf, intOrString);
  const nested = junctors.flatMap((junctor) =>
    (schema[junctor] ?? []).flatMap((one, index) => {
      if (junctor === 'anyOf' && isPair) return [];
      const { anyOf, ...rest } = one;
      const isFirstPair = junctor === 'allOf' && index === 0 && deepEqual(anyOf, intOrString);
      return validateNested(isFirstPair ? rest : one, path.child(junctor).index(index));
    }),
  );
  return [...nested, ...(schema.not ? validateNested(schema.not, path.child('not')) : []), ...validatePattern(schema, path)];
}

function validatePattern({ pattern }: Schema, path: FieldPath): FieldError[] {
  if (!pattern) return [];
  try {
    goRegexp(pattern);
    return [];
  } catch (error) {
    const why = (error as Error).message;
    return [fieldError.invalid(path.child('pattern'), pattern, `must be a valid regular expression, but isn't: ${why}`)];
  }
}

/** What stands for a value inside a junctor may only restrict it. */
const emptyInside = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
] as const;

function validateNested(schema: Schema, path: FieldPath): FieldError[] {
  const items = itemsOf(schema);
  return [
    ...validateValueValidation(schema, path),
    ...(items ? validateNested(items, path.child('items')) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, one]) => validateNested(one, path.child('properties').key(name))),
    ...emptyInside.flatMap(([field, why]) =>
      schema[field] === undefined || schema[field] === false ? [] : [fieldError.forbidden(path.child(field), why)],
    ),
    ...(schema.properties?.['metadata']
      ? [fieldError.forbidden(path.child('properties').key('metadata'), 'must not be specified in a nested context')]
      : []),
  ];
}

/** Every field a junctor speaks of is also specified outside it (`validateStructuralCompleteness`). */
function validateCompleteness(schema: Schema, outside: Schema | undefined, path: FieldPath): FieldError[] {
  const items = itemsOf(schema);
  const additional = additionalOf(schema);
  return [
    ...junctors.flatMap((junctor) =>
      (schema[junctor] ?? []).flatMap((one, index) => missingOutside(one, outside, path.child(junctor).index(index), path)),
    ),
    ...(schema.not ? missingOutside(schema.not, outside, path.child('not'), path) : []),
    ...(items ? validateCompleteness(items, items, path.child('items')) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, one]) => validateCompleteness(one, one, path.child('properties').key(name))),
    ...(additional ? validateCompleteness(additional, additional, path.child('additionalProperties')) : []),
  ];
}

function missingOutside(inside: Schema, outside: Schema | undefined, path: FieldPath, outsidePath: FieldPath): FieldError[] {
  const because = (at: FieldPath) => `because it is defined in ${at}`;
  const items = itemsOf(inside);
  const outsideItems = outside && itemsOf(outside);
  return [
    ...(items && !outsideItems ? [fieldError.required(outsidePath.child('items'), because(path.child('items')))] : []),
    ...(items && outsideItems ? missingOutside(items, outsideItems, path.child('items'), outsidePath.child('items')) : []),
    ...Object.entries(inside.properties ?? {}).flatMap(([name, one]) => {
      const [at, outsideAt] = [path.child('properties').key(name), outsidePath.child('properties').key(name)];
      const other = outside?.properties?.[name];
      return other ? missingOutside(one, other, at, outsideAt) : [fieldError.required(outsideAt, because(at))];
    }),
    ...junctors.flatMap((junctor) =>
      (inside[junctor] ?? []).flatMap((one, index) => missingOutside(one, outside, path.child(junctor).index(index), outsidePath)),
    ),
    ...(inside.not ? missingOutside(inside.not, outside, path.child('not'), outsidePath) : []),
  ];
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

interface Place {
  readonly isRoot?: boolean;
  /** Why no default may stand here. */
  readonly noDefault?: string;
}

function validateOpenApi(schema: Schema, place: Place, path: FieldPath): FieldError[] {
  const items = itemsOf(schema);
  const additional = additionalOf(schema);
  const inner = place.noDefault === undefined ? {} : { noDefault: place.noDefault };
  const nested = (one: Schema, at: FieldPath) => validateOpenApi(one, inner, at);
  const propertyPlace = (name: string): Place =>
    place.isRoot && ['metadata', 'kind', 'apiVersion'].includes(name) ? { noDefault: `in top-level ${name}` } : inner;
  return [
    ...validateStandard(schema, place, path),
    ...(schema.uniqueItems
      ? [
          fieldError.forbidden(
            path.child('uniqueItems'),
            'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
          ),
        ]
      : []),
    ...(schema.additionalProperties !== undefined && Object.keys(schema.properties ?? {}).length > 0
      ? [fieldError.forbidden(path.child('additionalProperties'), 'additionalProperties and properties are mutual exclusive')]
      : []),
    ...(additional ? nested(additional, path.child('additionalProperties')) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, one]) =>
      validateOpenApi(one, propertyPlace(name), path.child('properties').key(name)),
    ),
    ...(schema.not ? nested(schema.not, path.child('not')) : []),
    ...junctors.flatMap((junctor) => (schema[junctor] ?? []).flatMap((one, index) => nested(one, path.child(junctor).index(index)))),
    ...(items ? nested(items, path.child('items')) : []),
    ...validateListsAndMaps(schema, path),
    ...(schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
      validateRuleText(rule, path.child('x-kubernetes-validations').index(index)),
    ),
  ];
}

function validateStandard(schema: Schema, { noDefault }: Place, path: FieldPath): FieldError[] {
  const { type } = schema;
  const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const;
  return [
    ...(type && !types.includes(type) ? [fieldError.notSupported(path.child('type'), type, types)] : []),
    ...(schema.default !== undefined && noDefault !== undefined
      ? [fieldError.forbidden(path.child('default'), `must not be set${noDefault ? ` ${noDefault}` : ''}`)]
      : []),
    ...unsupported.flatMap((field) =>
      schema[field] === undefined ? [] : [fieldError.forbidden(path.child(field), `${field} is not supported`)],
    ),
    ...(type === 'null' ? [fieldError.forbidden(path.child('type'), 'type cannot be set to null, use nullable as an alternative')] : []),
    ...(Array.isArray(schema.items) ? [fieldError.forbidden(path.child('items'), 'items must be a schema object and not an array')] : []),
  ];
}

function validateListsAndMaps(schema: Schema, path: FieldPath): FieldError[] {
  const { type } = schema;
  const mapType = schema['x-kubernetes-map-type'];
  const listType = schema['x-kubernetes-list-type'];
  const preserve = schema['x-kubernetes-preserve-unknown-fields'];
  const ofType = (wanted: string, field: string) => {
    const why = `must be ${wanted} if ${field} is specified`;
    return type ? fieldError.invalid(path.child('type'), type, why) : fieldError.required(path.child('type'), why);
  };
  const supported = (field: string, value: string, values: readonly string[]) =>
    values.includes(value) ? [] : [fieldError.notSupported(path.child(field), value, values)];
  return [
    ...(preserve === false
      ? [fieldError.invalid(path.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined')]
      : []),
    ...(mapType !== undefined && type !== 'object' ? [ofType('object', 'x-kubernetes-map-type')] : []),
    ...(mapType !== undefined ? supported('x-kubernetes-map-type', mapType, ['atomic', 'granular']) : []),
    ...(listType !== undefined && type !== 'array' ? [ofType('array', 'x-kubernetes-list-type')] : []),
    ...(listType === 'set' && type === 'array' ? validateSetItems(itemsOf(schema), path.child('items')) : []),
    ...(listType !== undefined ? supported('x-kubernetes-list-type', listType, ['atomic', 'set', 'map']) : []),
    ...validateMapKeys(schema, path),
  ];
}

function validateSetItems(items: Schema | undefined, path: FieldPath): FieldError[] {
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items?.['x-kubernetes-list-type'];
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [fieldError.invalid(path.child('x-kubernetes-list-type'), listType, why)];
  return items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic'
    ? [fieldError.invalid(path.child('x-kubernetes-map-type'), null, why)]
    : [];
}

function validateMapKeys(schema: Schema, path: FieldPath): FieldError[] {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const listType = schema['x-kubernetes-list-type'];
  const typePath = path.child('x-kubernetes-list-type');
  const mustBeMap = 'must be map if x-kubernetes-list-map-keys is non-empty';
  if (listType !== 'map')
    return [
      ...(keys.length === 0
        ? []
        : [listType === undefined ? fieldError.required(typePath, mustBeMap) : fieldError.invalid(typePath, listType, mustBeMap)]),
      ...(listType === 'set' ? nullableItems(schema, 'set', path) : []),
    ];
  const items = itemsOf(schema);
  const keysPath = path.child('x-kubernetes-list-map-keys');
  return [
    ...(keys.length === 0 ? [fieldError.required(keysPath, 'must not be empty if x-kubernetes-list-type is map')] : []),
    ...(schema.items ? [] : [fieldError.required(path.child('items'), 'must have a schema if x-kubernetes-list-type is map')]),
    ...(items && items.type !== 'object'
      ? [
          fieldError.invalid(
            path.child('items', 'type'),
            items.type ?? '',
            "must be object if parent array's x-kubernetes-list-type is map",
          ),
        ]
      : []),
    ...(items?.type === 'object' ? keys.flatMap((key, index) => validateMapKey(key, keys.indexOf(key) < index, keys, items, path)) : []),
    ...nullableItems(schema, 'map', path),
    ...(items ? keys.flatMap((key) => validateKeyPresence(key, items, path.child('items', 'properties').key(key))) : []),
  ];
}

function validateMapKey(key: string, isRepeated: boolean, keys: readonly string[], items: Schema, path: FieldPath): FieldError[] {
  const property = items.properties?.[key];
  const keysPath = path.child('x-kubernetes-list-map-keys');
  const isScalar = property?.type !== 'array' && property?.type !== 'object';
  return [
    ...(property ? [] : [fieldError.invalid(keysPath, keys, 'entries must all be names of item properties')]),
    ...(property && !isScalar
      ? [
          fieldError.invalid(
            path.child('items', 'properties').key(key).child('type'),
            items.type,
            "must be a scalar type if parent array's x-kubernetes-list-type is map",
          ),
        ]
      : []),
    ...(isRepeated ? [fieldError.invalid(keysPath, keys, 'must not contain duplicate entries')] : []),
  ];
}

function nullableItems(schema: Schema, listType: string, path: FieldPath): FieldError[] {
  return itemsOf(schema)?.nullable
    ? [fieldError.forbidden(path.child('items', 'nullable'), `cannot be nullable when x-kubernetes-list-type is ${listType}`)]
    : [];
}

function validateKeyPresence(key: string, items: Schema, path: FieldPath): FieldError[] {
  const property = items.properties?.[key];
  if (!property) return [];
  const isGiven = items.required?.includes(key) || property.default !== undefined;
  return [
    ...(isGiven
      ? []
      : [
          fieldError.required(
            path.child('default'),
            'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
          ),
        ]),
    ...(property.nullable
      ? [fieldError.forbidden(path.child('nullable'), 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable')]
      : []),
  ];
}

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const hasLineBreak = (text: string) => /[\n\r]/.test(text);

function validateRuleText(
  { rule = '', message = '', messageExpression = '', reason, fieldPath = '' }: V1ValidationRule,
  path: FieldPath,
): FieldError[] {
  const at = path.child('fieldPath');
  return [
    ...validateRuleMessage(rule.trim(), message, path),
    ...(messageExpression && !messageExpression.trim()
      ? [fieldError.required(path.child('messageExpression'), 'messageExpression must be non-empty if specified')]
      : []),
    ...(reason !== undefined && !reasons.includes(reason) ? [fieldError.notSupported(path.child('reason'), reason, reasons)] : []),
    ...(fieldPath && !fieldPath.trim() ? [fieldError.invalid(at, fieldPath, 'must be non-empty if specified')] : []),
    ...(hasLineBreak(fieldPath) ? [fieldError.invalid(at, fieldPath, 'must not contain line breaks')] : []),
  ];
}

function validateRuleMessage(rule: string, message: string, path: FieldPath): FieldError[] {
  const at = path.child('message');
  const trimmed = message.trim();
  if (!rule) return [fieldError.required(path.child('rule'), 'rule is not specified')];
  if (message && !trimmed) return [fieldError.invalid(at, message, 'must be non-empty if specified')];
  if (hasLineBreak(trimmed)) return [fieldError.invalid(at, message, 'must not contain line breaks')];
  return hasLineBreak(rule) && !trimmed ? [fieldError.required(at, 'message must be specified if rule contains line breaks')] : [];
}

/** Compiles every rule against the type of its place. */
/** `uncorrelatable` is the list or map around it whose items have no past. */
function validateRules(schema: Schema, root: Schema, path: FieldPath, uncorrelatable?: FieldPath): FieldError[] {
  const items = itemsOf(schema);
  const additional = additionalOf(schema);
  const rules = schema['x-kubernetes-validations'] ?? [];
  const self = celTypeOf(schema, schema === root);
  const below = uncorrelatable ?? (isCorrelatable(schema) ? undefined : path);
  return [
    ...rules.flatMap((rule, index) => validateRule(rule, self, path.child('x-kubernetes-validations').index(index), uncorrelatable)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, one]) =>
      validateRules(one, root, path.child('properties').key(name), below),
    ),
    ...(items ? validateRules(items, root, path.child('items'), below) : []),
    ...(additional ? validateRules(additional, root, path.child('additionalProperties'), below) : []),
  ];
}

/** Whether what is within a value can be told from what was there before: not in sets and atomic lists and maps (`schema/cel/maplist.go`). */
function isCorrelatable({ type, 'x-kubernetes-list-type': listType, 'x-kubernetes-map-type': mapType }: Schema): boolean {
  return type === 'array' ? listType === 'map' : mapType !== 'atomic';
}

function validateRule(rule: V1ValidationRule, self: CelType, path: FieldPath, uncorrelatable: FieldPath | undefined): FieldError[] {
  const variables = { self, oldSelf: rule.optionalOldSelf ? 'optional' : self };
  const shown = goValue('ValidationRule', rule);
  const compiled = compileCel(rule.rule, variables);
  const errors =
    compiled.type === 'error'
      ? [fieldError.invalid(path.child('rule'), shown, compiled.detail)]
      : compiled.program.output === 'bool'
        ? forbiddenOldSelf(rule, path.child('rule'), uncorrelatable)
        : [fieldError.invalid(path.child('rule'), shown, 'cel expression must evaluate to a bool')];
  if (!rule.messageExpression) return errors;
  const message = compileCel(rule.messageExpression, variables);
  const at = path.child('messageExpression');
  if (message.type === 'error') return [...errors, fieldError.invalid(at, shown, `messageExpression ${message.detail}`)];
  return message.program.output === 'string'
    ? errors
    : [...errors, fieldError.invalid(at, shown, 'messageExpression must evaluate to a string')];
}

function forbiddenOldSelf({ rule }: V1ValidationRule, path: FieldPath, within: FieldPath | undefined): FieldError[] {
  if (!within || !/\boldSelf\b/.test(rule)) return [];
  return [fieldError.invalid(path, rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${within}`)];
}

const scalarTypes: Readonly<Record<string, string>> = { string: 'string', integer: 'int', number: 'double', boolean: 'bool' };
const stringFormats: Readonly<Record<string, string>> = {
  'date-time': 'google.protobuf.Timestamp',
  date: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  byte: 'bytes',
};

/** The CEL type of values of a schema (`apiserver/pkg/cel/common/schemas.go`). */
export function celTypeOf(schema: Schema, isRoot = false): CelType {
  const { type = '', format = '', properties = {} } = schema;
  if (schema['x-kubernetes-int-or-string']) return 'dyn';
  if (type === 'string') return stringFormats[format] ?? 'string';
  if (scalarTypes[type]) return scalarTypes[type];
  if (type === 'array') return `list<${nameOf(itemsOf(schema))}>`;
  if (type !== 'object') return 'dyn';
  if (schema.additionalProperties) return `map<string, ${nameOf(additionalOf(schema))}>`;
  const fields = Object.entries(properties).flatMap(([name, one]) => {
    const escaped = escapedName(name);
    return escaped === undefined ? [] : [[escaped, celTypeOf(one)] as const];
  });
  const implied = isRoot || schema['x-kubernetes-embedded-resource'] ? resourceFields : {};
  const all = { ...Object.fromEntries(fields), ...implied };
  return Object.keys(all).length > 0 ? all : schema['x-kubernetes-preserve-unknown-fields'] ? 'dyn' : 'map<string, dyn>';
}

const resourceFields = { apiVersion: 'string', kind: 'string', metadata: { name: 'string', generateName: 'string' } };

/** The type of an item: what has fields of its own is told apart only when it is evaluated. */
function nameOf(schema: Schema | undefined): string {
  const type = schema ? celTypeOf(schema) : 'dyn';
  return typeof type === 'string' ? type : 'dyn';
}
