import type {
  V1EnvFromSource,
  V1EnvVar,
  V1EnvVarSource,
  V1ObjectFieldSelector,
  V1ResourceFieldSelector,
} from '@/generated/kubernetes/types';
import { type FieldError, type FieldPath, fieldError, Quantity } from '../../api';
import { configMapKey, dnsSubdomain, envVarName, invalidEach, validateQualifiedName } from './names';

export function validateEnv(variables: readonly V1EnvVar[] | undefined, path: FieldPath): FieldError[] {
  return (variables ?? []).flatMap((variable, index) => {
    const at = path.index(index);
    return [
      ...(variable.name
        ? invalidEach(at.child('name'), variable.name, envVarName(variable.name))
        : [fieldError.required(at.child('name'))]),
      ...(variable.valueFrom ? validateValueFrom(variable, variable.valueFrom, at.child('valueFrom')) : []),
    ];
  });
}

const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'] as const;

function validateValueFrom({ value }: V1EnvVar, from: V1EnvVarSource, path: FieldPath): FieldError[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = from;
  const count = sources.filter((source) => from[source]).length;
  return [
    ...(fieldRef ? validateFieldRef(fieldRef, environmentFields, path.child('fieldRef')) : []),
    ...(resourceFieldRef ? validateResourceFieldRef(resourceFieldRef, path.child('resourceFieldRef')) : []),
    ...(configMapKeyRef ? validateKeyRef(configMapKeyRef, path.child('configMapKeyRef')) : []),
    ...(secretKeyRef ? validateKeyRef(secretKeyRef, path.child('secretKeyRef')) : []),
    ...(fileKeyRef ? validateFileKeyRef(fileKeyRef, path.child('fileKeyRef')) : []),
    ...(count === 0
      ? [
          fieldError.invalid(
            path,
            '',
            'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
          ),
        ]
      : []),
    ...(count > 0 && value ? [fieldError.invalid(path, '', 'may not be specified when `value` is not empty')] : []),
    ...(count > 1 && !value ? [fieldError.invalid(path, '', 'may not have more than one field specified at a time')] : []),
  ];
}

function validateKeyRef({ name = '', key }: { name?: string | undefined; key: string }, path: FieldPath): FieldError[] {
  return [
    ...invalidEach(path.child('name'), name, dnsSubdomain(name)),
    ...(key ? invalidEach(path.child('key'), key, configMapKey(key)) : [fieldError.required(path.child('key'))]),
  ];
}

function validateFileKeyRef({ volumeName, path: file, key }: NonNullable<V1EnvVarSource['fileKeyRef']>, path: FieldPath): FieldError[] {
  return [
    ...(volumeName ? [] : [fieldError.required(path.child('volumeName'))]),
    ...(file ? [] : [fieldError.required(path.child('path'))]),
    ...(key ? invalidEach(path.child('key'), key, envVarName(key)) : [fieldError.required(path.child('key'))]),
  ];
}

/** Fields that a place may name, and those that pods as such have. */
const environmentFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
export const volumeFields = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const podFields = new Set([
  ...environmentFields,
  ...volumeFields,
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.hostNetwork',
  'status.phase',
  'status.nominatedNodeName',
]);

/** A field of the Pod, or one label or annotation of it: `metadata.labels['app']`. */
export function validateFieldRef(
  { apiVersion, fieldPath }: V1ObjectFieldSelector,
  supported: readonly string[],
  path: FieldPath,
): FieldError[] {
  if (!apiVersion) return [fieldError.required(path.child('apiVersion'))];
  if (!fieldPath) return [fieldError.required(path.child('fieldPath'))];
  const subscript = /^(metadata\.(?:annotations|labels))\['(.*)'\]$/.exec(fieldPath);
  if (subscript) return validateSubscript(subscript[1] as string, subscript[2] as string, path);
  const at = path.child('fieldPath');
  if (apiVersion !== 'v1') return [fieldError.invalid(at, fieldPath, `error converting fieldPath: unsupported pod version: ${apiVersion}`)];
  if (!podFields.has(fieldPath))
    return [fieldError.invalid(at, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`)];
  return supported.includes(fieldPath) ? [] : [fieldError.notSupported(at, fieldPath, supported)];
}

function validateSubscript(field: string, key: string, path: FieldPath): FieldError[] {
  return validateQualifiedName(field === 'metadata.annotations' ? key.toLowerCase() : key, path);
}

const resourceFields = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const sizes = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

export function validateResourceFieldRef(
  { resource, divisor, containerName }: V1ResourceFieldSelector,
  path: FieldPath,
  isVolume = false,
): FieldError[] {
  if (isVolume && !containerName) return [fieldError.required(path.child('containerName'))];
  if (!resource) return [fieldError.required(path.child('resource'))];
  const isHuge = /^(?:requests|limits)\.hugepages-/.test(resource);
  if (!isHuge && !resourceFields.includes(resource)) return [fieldError.notSupported(path.child('resource'), resource, resourceFields)];
  return validateDivisor(resource, divisor, path.child('divisor'));
}

function validateDivisor(resource: string, divisor: string | undefined, path: FieldPath): FieldError[] {
  const quantity = Quantity.of(divisor);
  if (quantity.isZero) return [];
  const allowed = resource.endsWith('.cpu') ? ['1m', '1'] : sizes;
  if (allowed.includes(quantity.toString())) return [];
  if (resource.endsWith('.cpu'))
    return [fieldError.invalid(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")];
  const what = resource.endsWith('.memory') ? 'memory' : resource.endsWith('.ephemeral-storage') ? 'local ephemeral storage' : 'hugepages';
  return [fieldError.invalid(path, resource, `only divisor's values ${sizes.join(', ')} are supported with the ${what} resource`)];
}

export function validateEnvFrom(froms: readonly V1EnvFromSource[] | undefined, path: FieldPath): FieldError[] {
  return (froms ?? []).flatMap(({ prefix, configMapRef, secretRef }, index) => {
    const at = path.index(index);
    const count = [configMapRef, secretRef].filter(Boolean).length;
    return [
      ...(prefix ? invalidEach(at.child('prefix'), prefix, envVarName(prefix)) : []),
      ...(configMapRef ? validateSourceName(configMapRef.name, at.child('configMapRef').child('name')) : []),
      ...(secretRef ? validateSourceName(secretRef.name, at.child('secretRef').child('name')) : []),
      ...(count === 0 ? [fieldError.invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`')] : []),
      ...(count > 1 ? [fieldError.invalid(path, '', 'may not have more than one field specified at a time')] : []),
    ];
  });
}

function validateSourceName(name: string | undefined, path: FieldPath): FieldError[] {
  return name ? invalidEach(path, name, dnsSubdomain(name)) : [fieldError.required(path)];
}
