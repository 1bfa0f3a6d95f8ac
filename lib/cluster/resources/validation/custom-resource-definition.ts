import type {
  V1CustomResourceColumnDefinition,
  V1CustomResourceConversion,
  V1CustomResourceDefinition,
  V1CustomResourceDefinitionNames,
  V1CustomResourceDefinitionSpec,
  V1CustomResourceDefinitionVersion,
  V1CustomResourceSubresources,
} from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { goValue } from './go-value';
import { dns1035Label, dnsSubdomain, invalidEach } from './names';
import { validateImmutable } from './object-meta';
import { validateSchema } from './structural-schema';
import { validateService, validateUrl } from './webhooks';

// `apiextensions-apiserver/pkg/apis/apiextensions/validation`.

const specPath = FieldPath.of('spec');

const joined = (path: FieldPath, value: string, errors: readonly string[]) =>
  errors.length > 0 ? [fieldError.invalid(path, value, errors.join(','))] : [];

export function validateDefinition(definition: V1CustomResourceDefinition): FieldError[] {
  const { metadata, spec } = definition;
  const isNamedRight = metadata.name === `${spec.names?.plural ?? ''}.${spec.group ?? ''}`;
  return [
    ...(isNamedRight
      ? []
      : [fieldError.invalid(FieldPath.of('metadata').child('name'), metadata.name ?? '', 'must be spec.names.plural+"."+spec.group')]),
    ...validateSpec(spec),
    ...validateStored(definition),
    ...validateApproval(definition),
    ...validatePreserve(spec),
  ];
}

export function validateDefinitionUpdate(definition: V1CustomResourceDefinition, old: V1CustomResourceDefinition): FieldError[] {
  const [{ spec }, { spec: before }] = [definition, old];
  const isEstablished = old.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
  const approval = (one: V1CustomResourceDefinition) => one.metadata.annotations?.[approvalAnnotation];
  return [
    ...validateSpec(spec),
    ...(isEstablished
      ? [
          ...validateImmutable(spec.scope, before.scope, specPath.child('scope')),
          ...validateImmutable(spec.names.kind, before.names.kind, specPath.child('names', 'kind')),
        ]
      : []),
    ...validateImmutable(spec.group, before.group, specPath.child('group')),
    ...validateImmutable(spec.names.plural, before.names.plural, specPath.child('names', 'plural')),
    ...validateStored(definition),
    ...(approval(definition) === approval(old) ? [] : validateApproval(definition)),
  ];
}

export function validateDefinitionStatus({ status }: V1CustomResourceDefinition): FieldError[] {
  return status?.acceptedNames ? validateNames(status.acceptedNames, FieldPath.of('status').child('acceptedNames')) : [];
}

function validateSpec(spec: V1CustomResourceDefinitionSpec): FieldError[] {
  const { versions = [], names, conversion } = spec;
  const all = versions ?? [];
  return [
    ...validateGroup(spec.group ?? '', specPath.child('group')),
    ...validateScope(spec.scope ?? '', specPath.child('scope')),
    ...all.flatMap(({ schema }, index) =>
      schema?.openAPIV3Schema ? [] : [fieldError.required(specPath.child('versions').index(index).child('schema', 'openAPIV3Schema'))],
    ),
    ...all.flatMap((version, index) => validateVersion(version, specPath.child('versions').index(index))),
    ...validateVersions(all, specPath.child('versions')),
    ...(['plural', 'singular', 'kind', 'listKind'] as const).flatMap((field) =>
      names?.[field] ? [] : [fieldError.required(specPath.child('names', field))],
    ),
    ...validateNames(names ?? { plural: '', kind: '' }, specPath.child('names')),
    ...validateShared(all),
    ...(conversion ? validateConversion(conversion, specPath.child('conversion')) : []),
  ];
}

function validateGroup(group: string, path: FieldPath): FieldError[] {
  if (!group) return [fieldError.required(path)];
  const errors = joined(path, group, dnsSubdomain(group));
  if (errors.length > 0) return errors;
  return group.includes('.') ? [] : [fieldError.invalid(path, group, 'should be a domain with at least one dot')];
}

function validateScope(scope: string, path: FieldPath): FieldError[] {
  if (!scope) return [fieldError.required(path)];
  return scope === 'Cluster' || scope === 'Namespaced' ? [] : [fieldError.notSupported(path, scope, ['Cluster', 'Namespaced'])];
}

type Versions = readonly V1CustomResourceDefinitionVersion[];

/** What all versions have in common is kept once, above them, and is spoken of there (`Convert_v1_CustomResourceDefinitionSpec_To_…`). */
function isShared(versions: Versions, field: 'schema' | 'subresources' | 'additionalPrinterColumns'): boolean {
  const first = versions[0]?.[field];
  return first !== undefined && versions.every((version) => deepEqual(version[field], first));
}

function validateShared(versions: Versions): FieldError[] {
  const [first] = versions;
  const { schema, subresources, additionalPrinterColumns: columns } = first ?? {};
  return [
    ...(isShared(versions, 'schema') && schema?.openAPIV3Schema
      ? validateSchema(schema.openAPIV3Schema, specPath.child('validation', 'openAPIV3Schema'))
      : []),
    ...(isShared(versions, 'subresources') ? validateSubresources(subresources, specPath.child('subresources')) : []),
    ...(isShared(versions, 'additionalPrinterColumns') ? validateColumns(columns, specPath.child('additionalPrinterColumns')) : []),
  ];
}

function validateVersions(versions: Versions, path: FieldPath): FieldError[] {
  const names = versions.map(({ name }) => name);
  const shown = () => versions.map((version) => goValue('CustomResourceDefinitionVersion', version));
  const own = (field: 'schema' | 'subresources' | 'additionalPrinterColumns', version: V1CustomResourceDefinitionVersion, at: FieldPath) =>
    isShared(versions, field) ? [] : validateOwn(field, version, at);
  return [
    ...versions.flatMap((version, index) =>
      (['schema', 'subresources', 'additionalPrinterColumns'] as const).flatMap((field) => own(field, version, path.index(index))),
    ),
    ...(new Set(names).size < names.length ? [fieldError.invalid(path, shown(), 'must contain unique version names')] : []),
    ...(versions.filter(({ storage }) => storage).length === 1
      ? []
      : [fieldError.invalid(path, shown(), 'must have exactly one version marked as storage version')]),
  ];
}

function validateOwn(
  field: 'schema' | 'subresources' | 'additionalPrinterColumns',
  version: V1CustomResourceDefinitionVersion,
  path: FieldPath,
): FieldError[] {
  switch (field) {
    case 'schema':
      return version.schema?.openAPIV3Schema ? validateSchema(version.schema.openAPIV3Schema, path.child('schema', 'openAPIV3Schema')) : [];
    case 'subresources':
      return validateSubresources(version.subresources, path.child('subresources'));
    case 'additionalPrinterColumns':
      return validateColumns(version.additionalPrinterColumns, path.child('additionalPrinterColumns'));
  }
}

function validateVersion(
  { name, deprecated, deprecationWarning: warning, selectableFields = [] }: V1CustomResourceDefinitionVersion,
  path: FieldPath,
): FieldError[] {
  const at = path.child('deprecationWarning');
  const invalid = (why: string) => [fieldError.invalid(at, warning, why)];
  return [
    ...joined(path.child('name'), name ?? '', dns1035Label(name ?? '')),
    ...(warning !== undefined && !deprecated ? invalid('can only be set for deprecated versions') : []),
    ...(warning !== undefined && deprecated && warning.length > 256 ? invalid('must be <= 256 characters long') : []),
    ...(warning === '' && deprecated ? invalid('must not be an empty string') : []),
    ...selectableFields.flatMap(({ jsonPath }, index) =>
      jsonPath ? [] : [fieldError.required(path.child('selectableFields').index(index).child('jsonPath'))],
    ),
  ];
}

function validateNames(names: V1CustomResourceDefinitionNames, path: FieldPath): FieldError[] {
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names;
  const mixed = (field: string, value: string) => {
    const errors = dns1035Label(value.toLowerCase());
    const why = `may have mixed case, but should otherwise match: ${errors.join(',')}`;
    return value && errors.length > 0 ? [fieldError.invalid(path.child(field), value, why)] : [];
  };
  const each = (field: string, values: readonly string[]) =>
    values.flatMap((value, index) => joined(path.child(field).index(index), value, dns1035Label(value)));
  return [
    ...(plural ? joined(path.child('plural'), plural, dns1035Label(plural)) : []),
    ...(singular ? joined(path.child('singular'), singular, dns1035Label(singular)) : []),
    ...mixed('kind', kind),
    ...mixed('listKind', listKind),
    ...each('shortNames', shortNames),
    ...(kind && kind === listKind ? [fieldError.invalid(path.child('listKind'), listKind, 'kind and listKind may not be the same')] : []),
    ...each('categories', categories),
  ];
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function validateColumns(columns: readonly V1CustomResourceColumnDefinition[] | undefined, path: FieldPath): FieldError[] {
  return (columns ?? []).flatMap(({ name, type, format, jsonPath }, index) => {
    const at = path.index(index);
    const oneOf = `must be one of ${columnTypes.join(',')}`;
    return [
      ...(name ? [] : [fieldError.required(at.child('name'))]),
      ...(type
        ? columnTypes.includes(type)
          ? []
          : [fieldError.invalid(at.child('type'), type, oneOf)]
        : [fieldError.required(at.child('type'), oneOf)]),
      ...(format && !columnFormats.includes(format)
        ? [fieldError.invalid(at.child('format'), format, `must be one of ${columnFormats.join(',')}`)]
        : []),
      ...(jsonPath ? validateSimplePath(jsonPath, at.child('JSONPath')) : [fieldError.required(at.child('JSONPath'))]),
    ];
  });
}

function validateSimplePath(text: string, path: FieldPath): FieldError[] {
  return text.startsWith('.') ? [] : [fieldError.invalid(path, text, 'must be a simple json path starting with .')];
}

function validateSubresources(subresources: V1CustomResourceSubresources | undefined, path: FieldPath): FieldError[] {
  const { scale } = subresources ?? {};
  if (!scale) return [];
  const under = (field: string, text: string | undefined, roots: readonly string[], isRequired: boolean) => {
    const at = path.child(`scale.${field}`);
    if (!text) return isRequired ? [fieldError.required(at)] : [];
    const errors = validateSimplePath(text, at);
    if (errors.length > 0 || roots.some((root) => text.startsWith(`.${root}.`))) return errors;
    return [fieldError.invalid(at, text, `should be a json path under ${roots.map((root) => `.${root}`).join(' or ')}`)];
  };
  return [
    ...under('specReplicasPath', scale.specReplicasPath, ['spec'], true),
    ...under('statusReplicasPath', scale.statusReplicasPath, ['status'], true),
    ...under('labelSelectorPath', scale.labelSelectorPath, ['spec', 'status'], false),
  ];
}

function validateConversion({ strategy, webhook }: V1CustomResourceConversion, path: FieldPath): FieldError[] {
  const at = path.child('webhookClientConfig');
  const versions = webhook?.conversionReviewVersions ?? [];
  const versionsPath = path.child('conversionReviewVersions');
  if (!strategy) return [fieldError.required(path.child('strategy'))];
  if (strategy !== 'Webhook')
    return [
      ...(strategy === 'None' ? [] : [fieldError.notSupported(path.child('strategy'), strategy, ['None', 'Webhook'])]),
      ...(webhook?.clientConfig ? [fieldError.forbidden(at, 'should not be set when strategy is not set to Webhook')] : []),
      ...(versions.length > 0 ? [fieldError.forbidden(versionsPath, 'should not be set when strategy is not set to Webhook')] : []),
    ];
  return [...validateConversionClient(webhook?.clientConfig, at), ...validateReviewVersions(versions, versionsPath)];
}

function validateConversionClient(
  client: NonNullable<V1CustomResourceConversion['webhook']>['clientConfig'],
  path: FieldPath,
): FieldError[] {
  if (!client) return [fieldError.required(path, 'required when strategy is set to Webhook')];
  const { url, service } = client;
  if ((url === undefined) === (service === undefined)) return [fieldError.required(path, 'exactly one of url or service is required')];
  return url === undefined ? validateService(service ?? {}, path.child('service')) : validateUrl(url, path.child('url'));
}

function validateReviewVersions(versions: readonly string[], path: FieldPath): FieldError[] {
  if (versions.length === 0) return [fieldError.required(path)];
  const errors = versions.flatMap((version, index) => invalidEach(path.index(index), version, dns1035Label(version)));
  return versions.includes('v1') || versions.includes('v1beta1')
    ? errors
    : [...errors, fieldError.invalid(path, versions, 'must include at least one of v1, v1beta1')];
}

/** What was ever stored in a version may still be (`ValidateCustomResourceDefinitionStoredVersions`). */
function validateStored({ spec, status }: V1CustomResourceDefinition): FieldError[] {
  const path = FieldPath.of('status').child('storedVersions');
  const stored = status?.storedVersions ?? [];
  if (stored.length === 0) return [fieldError.invalid(path, stored, 'must have at least one stored version')];
  const names = (spec.versions ?? []).map(({ name }) => name);
  return [
    ...(spec.versions ?? []).flatMap(({ name, storage }) =>
      storage && !stored.includes(name) ? [fieldError.invalid(path, stored, `must have the storage version ${name}`)] : [],
    ),
    ...stored.flatMap((name, index) =>
      names.includes(name)
        ? []
        : [
            fieldError.invalid(
              path.index(index),
              name,
              `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
            ),
          ],
    ),
  ];
}

const approvalAnnotation = 'api-approved.kubernetes.io';

/** Groups of the project itself are not everybody's (`validateAPIApproval`). */
function validateApproval({ metadata, spec }: V1CustomResourceDefinition): FieldError[] {
  const isProtected = /(^|\.)(k8s\.io|kubernetes\.io)$/.test(spec.group ?? '');
  if (!isProtected) return [];
  const path = FieldPath.of('metadata').child('annotations').key(approvalAnnotation);
  const given = metadata.annotations?.[approvalAnnotation];
  if (!given)
    return [
      fieldError.required(
        path,
        'protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
      ),
    ];
  return given.startsWith('unapproved') || /^https?:\/\/[^/]+/.test(given)
    ? []
    : [
        fieldError.invalid(
          path,
          given,
          `protected groups must have approval annotation "api-approved.kubernetes.io" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`,
        ),
      ];
}

function validatePreserve({ preserveUnknownFields }: V1CustomResourceDefinitionSpec): FieldError[] {
  return preserveUnknownFields
    ? [
        fieldError.invalid(
          specPath.child('preserveUnknownFields'),
          true,
          'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
        ),
      ]
    : [];
}
