import type { V1CustomResourceDefinitionSpec, V1CustomResourceDefinitionVersion } from '@/generated/kubernetes/types';
import { FieldPath, fieldError, type FieldError, type KubeObject } from '../../api';
import { validateEmbedded } from './embedded';
import { validateListTypes } from './list-types';
import { validateRules } from './rules';
import type { Data, Schema } from '../../resources/structural/schema';
import { validateValue } from '../../resources/structural/value-validation';

interface About {
  readonly spec: V1CustomResourceDefinitionSpec;
  readonly version: V1CustomResourceDefinitionVersion;
}

/** What is wrong with a custom resource, besides its metadata (`registry/customresource/validator.go`, `strategy.go`). */
export function validateResource(object: KubeObject, schema: Schema, about: About, old?: KubeObject): FieldError[] {
  const typeMeta = validateTypeMeta(object, about);
  if (typeMeta.length > 0) return typeMeta;
  const errors = [
    ...validateValue(dataOf(object), schema, '', old && { value: dataOf(old) }),
    ...validateScale(object, about),
    ...validateEmbedded(dataOf(object), schema),
    ...listErrors(object, schema, old),
  ];
  return [...errors, ...rulesUnlessBlocked(object, schema, errors, old)];
}

/** What is wrong with its status, when that alone is written. */
export function validateResourceStatus(object: KubeObject, schema: Schema, about: About, old: KubeObject): FieldError[] {
  const typeMeta = validateTypeMeta(object, about);
  if (typeMeta.length > 0) return typeMeta;
  const { status } = schema.properties ?? {};
  const errors = [
    ...(status && object.status !== undefined
      ? validateValue(object.status, status, 'status', old.status === undefined ? undefined : { value: old.status })
      : []),
    ...validateScale(object, about),
    ...validateEmbedded(dataOf(object), schema),
    ...listErrors(object, schema, old),
  ];
  return [...errors, ...rulesUnlessBlocked(object, schema, errors, old)];
}

/** The schema says nothing of metadata that metadata does not say itself. */
function dataOf(object: KubeObject): Data {
  return object as unknown as Data;
}

function validateTypeMeta({ kind, apiVersion }: KubeObject, { spec, version }: About): FieldError[] {
  const expected = `${spec.group}/${version.name}`;
  return [
    ...(kind === spec.names.kind ? [] : [fieldError.invalid(FieldPath.of('kind'), kind ?? '', `must be ${spec.names.kind}`)]),
    ...(apiVersion === expected ? [] : [fieldError.invalid(FieldPath.of('apiVersion'), apiVersion ?? '', `must be ${expected}`)]),
  ];
}

const int32Max = 2_147_483_647;

function validateScale(object: KubeObject, { version }: About): FieldError[] {
  const { scale } = version.subresources ?? {};
  if (!scale) return [];
  return [scale.specReplicasPath, scale.statusReplicasPath].flatMap((path) => {
    const value = path
      .split('.')
      .slice(1)
      .reduce<unknown>((at, name) => (at as Data | undefined)?.[name], object);
    if (typeof value !== 'number') return [];
    if (value < 0) return [fieldError.invalid(FieldPath.of(path), value, 'should be a non-negative integer')];
    return value > int32Max ? [fieldError.invalid(FieldPath.of(path), value, `should be less than or equal to ${int32Max}`)] : [];
  });
}

/** Lists that repeated themselves before may go on doing so. */
function listErrors(object: KubeObject, schema: Schema, old: KubeObject | undefined): FieldError[] {
  if (old && validateListTypes(dataOf(old), schema).length > 0) return [];
  return validateListTypes(dataOf(object), schema);
}

const blocking = new Set(['FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid']);
const blocked = 'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

function rulesUnlessBlocked(object: KubeObject, schema: Schema, errors: readonly FieldError[], old?: KubeObject): FieldError[] {
  const rules = validateRules(schema);
  if (!rules) return [];
  if (errors.some(({ type }) => blocking.has(type)))
    return [{ type: 'FieldValueInvalid', field: '<nil>', message: `Invalid value: null: ${blocked}` }];
  return rules(dataOf(object), old && dataOf(old));
}
