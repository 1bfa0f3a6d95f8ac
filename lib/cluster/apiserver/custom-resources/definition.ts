import type {
  V1CustomResourceColumnDefinition,
  V1CustomResourceDefinition,
  V1CustomResourceDefinitionVersion,
} from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { type FieldError, type KubeObject, type ResourceDefinition, type TableColumn } from '../../api';
import { since } from '../../resources';
import { columnPath } from './column-path';
import { structuralTypeOf } from './structural-type';
import { prune } from '../../resources/structural/pruning';
import type { Data, Schema } from '../../resources/structural/schema';
import { validateResource, validateResourceStatus } from './validation';

/** What every served version of a CustomResourceDefinition does, by the name of the version. One for each state of it, in all clusters. */
export function definitionsOf(crd: V1CustomResourceDefinition): ReadonlyMap<string, ResourceDefinition> {
  const known = made.get(crd);
  if (known) return known;
  const definitions = defineVersions(crd);
  made.set(crd, definitions);
  return definitions;
}

const made = new WeakMap<object, ReadonlyMap<string, ResourceDefinition>>();

function defineVersions(crd: V1CustomResourceDefinition): ReadonlyMap<string, ResourceDefinition> {
  const definitions = new Map<string, ResourceDefinition>();
  const all = () => [...definitions.values()];
  for (const version of crd.spec.versions) if (version.served) definitions.set(version.name, defineVersion(crd, version, all));
  return definitions;
}

/** The strategy of a custom kind in one version (`apiextensions-apiserver/pkg/registry/customresource/strategy.go`). */
function defineVersion(
  crd: V1CustomResourceDefinition,
  version: V1CustomResourceDefinitionVersion,
  otherVersions: () => readonly ResourceDefinition[],
): ResourceDefinition {
  const { spec } = crd;
  const schema = schemaOf(version);
  const names = crd.status?.acceptedNames?.plural ? crd.status.acceptedNames : spec.names;
  const hasStatus = version.subresources?.status !== undefined;
  const { scale } = version.subresources ?? {};
  return {
    group: spec.group,
    version: version.name,
    kind: spec.names.kind,
    listKind: spec.names.listKind ?? `${spec.names.kind}List`,
    names: {
      plural: spec.names.plural,
      singular: names.singular ?? '',
      ...(names.shortNames?.length ? { short: names.shortNames } : {}),
      ...(names.categories?.length ? { categories: names.categories } : {}),
    },
    scope: spec.scope === 'Namespaced' ? 'Namespaced' : 'Cluster',
    type: structuralTypeOf(schema),
    storageVersion: storageVersion(crd),
    storedAs: storedAs(crd, version.name),
    ...(spec.versions.length > 1 ? { otherVersions } : {}),
    hasGeneration: true,
    takesAnyFinalizer: true,
    prepareForCreate(object) {
      if (hasStatus) delete object.status;
    },
    prepareForUpdate: (object, old) => prepareForUpdate(object, old, hasStatus),
    prepareForStatusUpdate,
    validate: (object) => validateResource(object, schema, { spec: crd.spec, version }),
    validateUpdate: (object, old) => validateResource(object, schema, { spec: crd.spec, version }, old),
    validateStatusUpdate: (object, old): FieldError[] => validateResourceStatus(object, schema, { spec: crd.spec, version }, old),
    subresources: {
      status: hasStatus,
      ...(scale
        ? {
            scale: {
              replicas: withoutDot(scale.specReplicasPath),
              statusReplicas: withoutDot(scale.statusReplicasPath),
              selector: withoutDot(scale.labelSelectorPath ?? ''),
              isSelectorText: true,
            },
          }
        : {}),
    },
    statusKeeps: ['metadata', ...Object.keys(schema.properties ?? {}).filter((name) => !['status', 'metadata', 'spec'].includes(name))],
    ...(version.deprecated ? { deprecation: version.deprecationWarning ?? deprecationOf(crd, version.name) } : {}),
    ...(version.selectableFields?.length ? { selectableFields: selectableFieldsOf(version) } : {}),
    unselectable: (field) => `field label not supported: ${field}`,
    columns: columnsOf(version),
  };
}

const openSchema: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function schemaOf(version: V1CustomResourceDefinitionVersion): Schema {
  return version.schema?.openAPIV3Schema ?? openSchema;
}

function withoutDot(path: string): string {
  return path.replace(/^\./, '');
}

function storageVersion({ spec }: V1CustomResourceDefinition): string {
  return spec.versions.find(({ storage }) => storage)?.name ?? '';
}

/** Objects are kept in the storage version, whatever it was at the time, and told in the version asked for: without a webhook only `apiVersion` differs (`conversion/nop_converter.go`). */
function storedAs(crd: V1CustomResourceDefinition, version: string): NonNullable<ResourceDefinition['storedAs']> {
  const { group } = crd.spec;
  const kept = `${group}/${storageVersion(crd)}`;
  return {
    definition: { group, version: storageVersion(crd), kind: crd.spec.names.kind } as ResourceDefinition,
    encode: (object) => (object.apiVersion === kept ? object : { ...object, apiVersion: kept }),
    decode: (stored: KubeObject) => decodeStored(crd, stored, `${group}/${version}`),
  };
}

function decodeStored({ spec }: V1CustomResourceDefinition, stored: KubeObject, apiVersion: string): KubeObject {
  const name = stored.apiVersion?.slice(spec.group.length + 1);
  const kept = spec.versions.find((one) => one.name === name);
  const asked = spec.versions.find((one) => `${spec.group}/${one.name}` === apiVersion);
  const value = kept ? (structuralTypeOf(schemaOf(kept)).decode(stored).value as KubeObject) : stored;
  if (asked && asked !== kept) prune(value as unknown as Data, schemaOf(asked));
  const { kind, metadata: _, apiVersion: _1, ...rest } = value;
  return { apiVersion, kind, metadata: stored.metadata, ...rest } as KubeObject;
}

function prepareForUpdate(object: KubeObject, old: KubeObject, hasStatus: boolean): void {
  if (hasStatus) {
    if (old.status === undefined) delete object.status;
    else object.status = old.status;
  }
  if (!deepEqual(withoutMetadata(object), withoutMetadata(old))) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

function withoutMetadata({ metadata: _, ...rest }: KubeObject): object {
  return rest;
}

/** All but the status stays, metadata too. */
function prepareForStatusUpdate(object: KubeObject, old: KubeObject): void {
  const { managedFields } = object.metadata;
  const { status } = object;
  for (const name of Object.keys(object)) if (!(name in old)) delete object[name];
  Object.assign(object, old);
  object.metadata = { ...old.metadata };
  if (managedFields) object.metadata.managedFields = managedFields;
  else delete object.metadata.managedFields;
  if (status === undefined) delete object.status;
  else object.status = status;
}

function deprecationOf({ spec }: V1CustomResourceDefinition, name: string): string {
  const { group, names } = spec;
  const newest = spec.versions
    .filter(({ served, deprecated }) => served && !deprecated)
    .map((version) => version.name)
    .filter((other) => compareVersions(other, name) < 0)
    .sort(compareVersions)[0];
  const warning = `${group}/${name} ${names.kind} is deprecated`;
  return newest ? `${warning}; use ${group}/${newest} ${names.kind}` : warning;
}

/** The order of versions by how stable they are: v2, v1, v2beta1, v1alpha3, others (`version.CompareKubeAwareVersionStrings`). */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [rankOfVersion(a), rankOfVersion(b)];
  for (let index = 0; index < 3; index++) {
    const difference = (right[index] as number) - (left[index] as number);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function rankOfVersion(text: string): readonly number[] {
  const [, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(text) ?? [];
  if (major === undefined) return [0, 0, 0];
  return [stage === undefined ? 3 : stage === 'beta' ? 2 : 1, Number(major), Number(minor ?? 0)];
}

function selectableFieldsOf({ selectableFields = [] }: V1CustomResourceDefinitionVersion) {
  const paths = selectableFields.map(({ jsonPath }) => ({ name: withoutDot(jsonPath), find: columnPath(jsonPath) }));
  return (object: KubeObject) =>
    Object.fromEntries(
      paths.map(({ name, find }) => {
        const [value] = find(object);
        return [name, value === undefined || value === null ? '' : String(value)];
      }),
    );
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const nameColumn: TableColumn<KubeObject> = {
  name: 'Name',
  format: 'name',
  describedBy: `${meta}.name`,
  value: ({ metadata }) => metadata.name,
};
const ageColumn: TableColumn<KubeObject> = {
  name: 'Age',
  type: 'date',
  describedBy: `${meta}.creationTimestamp`,
  value: ({ metadata }, now) => since(metadata.creationTimestamp, now),
};

/** `apiextensions-apiserver/pkg/registry/customresource/tableconvertor`. */
function columnsOf({ additionalPrinterColumns: given }: V1CustomResourceDefinitionVersion): TableColumn<KubeObject>[] {
  return given?.length ? [nameColumn, ...given.map(columnOf)] : [nameColumn, ageColumn];
}

function columnOf(column: V1CustomResourceColumnDefinition): TableColumn<KubeObject> {
  const find = columnPath(column.jsonPath);
  return {
    name: column.name,
    type: column.type as 'string',
    format: (column.format ?? '') as '',
    description: column.description || `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
    priority: (column.priority ?? 0) as 0,
    value: (object, now) => cellOf(column.type, find(object)[0], now),
  };
}

function cellOf(type: string, value: unknown, now: number): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'string':
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? (Number.isNaN(Date.parse(value)) ? '<invalid>' : since(value, now)) : null;
    default:
      return null;
  }
}
