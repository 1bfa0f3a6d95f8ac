import type { V1ConfigMap, V1Secret } from '@/generated/kubernetes/types';
import { byteLength, deepEqual } from '@/lib/base';
import { decodeBase64, decodedLength, type FieldError, FieldPath, fieldError } from '../../api';
import { configMapKey, invalidEach } from './names';
import { validateImmutable } from './object-meta';

const dataPath = FieldPath.of('data');
const binaryPath = FieldPath.of('binaryData');
const sizeMax = 1024 * 1024;
const isFrozen = 'field is immutable when `immutable` is set';

/** `ValidateConfigMap`. */
export function validateConfigMap({ data = {}, binaryData = {} }: V1ConfigMap): FieldError[] {
  const errors = [
    ...Object.keys(data).flatMap((key) => [
      ...invalidEach(dataPath.key(key), key, configMapKey(key)),
      ...(Object.hasOwn(binaryData, key) ? [fieldError.invalid(dataPath.key(key), key, 'duplicate of key present in binaryData')] : []),
    ]),
    ...Object.keys(binaryData).flatMap((key) => invalidEach(binaryPath.key(key), key, configMapKey(key))),
  ];
  const size =
    Object.values(data).reduce((sum, text) => sum + byteLength(text), 0) +
    Object.values(binaryData).reduce((sum, encoded) => sum + decodedLength(encoded), 0);
  return size > sizeMax ? [...errors, fieldError.tooLong(FieldPath.of(''), sizeMax)] : errors;
}

export function validateConfigMapUpdate(configMap: V1ConfigMap, old: V1ConfigMap): FieldError[] {
  return [...validateFrozen(configMap, old, ['data', 'binaryData']), ...validateConfigMap(configMap)];
}

/** What is immutable stays so, contents and all. */
function validateFrozen<T extends { immutable?: boolean | undefined }>(
  object: T,
  old: T,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (!old.immutable) return [];
  return [
    ...(object.immutable ? [] : [fieldError.forbidden(FieldPath.of('immutable'), isFrozen)]),
    ...fields.flatMap((field) =>
      deepEqual(object[field] ?? {}, old[field] ?? {}) ? [] : [fieldError.forbidden(FieldPath.of(field), isFrozen)],
    ),
  ];
}

/** `ValidateSecret`: keys, size, and what each well-known type must hold. */
export function validateSecret(secret: V1Secret): FieldError[] {
  const data = secret.data ?? {};
  const size = Object.values(data).reduce((sum, encoded) => sum + decodedLength(encoded), 0);
  return [
    ...Object.keys(data).flatMap((key) => invalidEach(dataPath.key(key), key, configMapKey(key))),
    ...(size > sizeMax ? [fieldError.tooLong(dataPath, sizeMax)] : []),
    ...validateSecretType(secret, data),
  ];
}

function validateSecretType({ type, metadata }: V1Secret, data: Readonly<Record<string, string>>): FieldError[] {
  const needs = (...keys: string[]) => keys.flatMap((key) => (Object.hasOwn(data, key) ? [] : [fieldError.required(dataPath.key(key))]));
  switch (type) {
    case 'kubernetes.io/service-account-token': {
      const annotation = 'kubernetes.io/service-account.name';
      return metadata.annotations?.[annotation] ? [] : [fieldError.required(FieldPath.of('metadata').child('annotations').key(annotation))];
    }
    case 'kubernetes.io/dockercfg':
      return validateJson('.dockercfg', data);
    case 'kubernetes.io/dockerconfigjson':
      return validateJson('.dockerconfigjson', data);
    case 'kubernetes.io/basic-auth':
      return 'username' in data || 'password' in data ? [] : needs('username', 'password');
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [fieldError.required(dataPath.key('ssh-privatekey'))];
    case 'kubernetes.io/tls':
      return needs('tls.crt', 'tls.key');
    default:
      return [];
  }
}

function validateJson(key: string, data: Readonly<Record<string, string>>): FieldError[] {
  const encoded = data[key];
  if (encoded === undefined) return [fieldError.required(dataPath.key(key))];
  const text = decodeBase64(encoded) ?? '';
  const why = jsonProblem(text);
  return why ? [fieldError.invalid(dataPath.key(key), '<secret contents redacted>', why)] : [];
}

/** The first complaint of Go's decoder, for the common ways not to be JSON. */
function jsonProblem(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? undefined : `json: cannot unmarshal ${typeof value} into Go value of type map[string]interface {}`;
  } catch {
    const first = text.trimStart()[0];
    if (first === undefined) return 'unexpected end of JSON input';
    return /[[{"\d-]/.test(first) ? 'unexpected end of JSON input' : `invalid character '${first}' looking for beginning of value`;
  }
}

export function validateSecretUpdate(secret: V1Secret, old: V1Secret): FieldError[] {
  return [
    ...validateImmutable(secret.type, old.type, FieldPath.of('type')),
    ...validateFrozen(secret, old, ['data']),
    ...validateSecret(secret),
  ];
}
