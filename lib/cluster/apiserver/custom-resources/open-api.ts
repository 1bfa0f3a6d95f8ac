import type { ResourceDefinition } from '../../api';
import { additionalOf, isData, itemsOf, type Schema } from '../../resources/structural/schema';

/** `com.example.v1.Widget` for Widgets of `example.com/v1` (`openapi/builder`, `ToRESTFriendlyName`). */
export function customDefinitionId({ group, version, kind }: Pick<ResourceDefinition, 'group' | 'version' | 'kind'>): string {
  return [...group.split('.').reverse(), version, kind].join('.');
}

interface Dialect {
  readonly refPrefix: string;
  readonly isV3: boolean;
}

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const listMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta';
const about = {
  apiVersion:
    'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
  kind: 'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
  metadata:
    "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
  listMetadata:
    'Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
};

/** The definitions of a custom kind and of its list (`apiextensions-apiserver/pkg/controller/openapi/builder`). */
export function customSchemas(definition: ResourceDefinition, dialect: Dialect): Record<string, object> {
  const { group, version, kind, listKind = `${kind}List`, type } = definition;
  const id = customDefinitionId(definition);
  const gvk = (of: string) => ({ 'x-kubernetes-group-version-kind': [{ group, version, kind: of }] });
  return {
    [id]: { ...publishedRoot(type?.schema ?? {}, dialect), ...gvk(kind) },
    [customDefinitionId({ group, version, kind: listKind })]: {
      description: `${listKind} is a list of ${kind}`,
      type: 'object',
      required: ['items'],
      properties: {
        ...typeMeta,
        items: {
          description: `List of ${definition.names.plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
          type: 'array',
          items: reference(id, dialect),
        },
        metadata: { description: about.listMetadata, ...reference(listMeta, dialect) },
      },
      ...gvk(listKind),
    },
  };
}

const typeMeta = {
  apiVersion: { description: about.apiVersion, type: 'string' },
  kind: { description: about.kind, type: 'string' },
};

function reference(id: string, { refPrefix, isV3 }: Dialect): object {
  return isV3 ? { allOf: [{ $ref: refPrefix + id }] } : { $ref: refPrefix + id };
}

function publishedRoot(schema: Schema, dialect: Dialect): object {
  const published = publish(schema, dialect) as { properties?: object };
  return {
    ...published,
    type: 'object',
    properties: {
      ...published.properties,
      ...typeMeta,
      metadata: { description: about.metadata, ...reference(objectMeta, dialect) },
    },
  };
}

/** Version 2 knows no alternatives and no nulls, so a client that checks by it is told less. */
const unknownToV2 = ['nullable', 'oneOf', 'anyOf', 'allOf', 'not', 'default'];

function publish(schema: Schema, dialect: Dialect): object {
  const { properties, items: _1, additionalProperties, ...rest } = schema;
  const isOpenInV2 =
    !dialect.isV3 && (schema['x-kubernetes-preserve-unknown-fields'] || schema['x-kubernetes-int-or-string'] || schema.nullable);
  if (isOpenInV2) {
    const { description, type } = schema;
    const keepsType = type === 'object' && schema['x-kubernetes-preserve-unknown-fields'] && !schema.nullable;
    return { ...(description ? { description } : {}), ...(keepsType ? { type } : {}), ...extensionsOf(schema) };
  }
  const plain = dialect.isV3 ? rest : Object.fromEntries(Object.entries(rest).filter(([name]) => !unknownToV2.includes(name)));
  const items = itemsOf(schema);
  const values = additionalOf(schema);
  const published: Record<string, unknown> = { ...plain };
  if (properties)
    published['properties'] = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, publish(one, dialect)]));
  if (items) published['items'] = publish(items, dialect);
  if (values) published['additionalProperties'] = publish(values, dialect);
  else if (additionalProperties !== undefined && !isData(additionalProperties)) published['additionalProperties'] = additionalProperties;
  return published;
}

function extensionsOf(schema: Schema): object {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name.startsWith('x-kubernetes-')));
}
