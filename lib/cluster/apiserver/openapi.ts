import { hash32 } from '@/lib/base';
import { definitions, type Definition, type FieldSchema } from '@/generated/kubernetes/schema';
import { fieldFacts, isAtomicDefinition, type ResourceDefinition } from '../api';
import { apiVersionOf, definitionIdOfKind } from './context';
import { customDefinitionId, customSchemas } from './custom-resources/open-api';
import { reviews, type Review } from './reviews';
import { subresourcesOf } from './subresources';
import type { Descriptions } from './tables';

const documents = new WeakMap<object, Map<string, object>>();

/** `/openapi/v3`: where the document of each group and version is. A client keeps one for as long as its hash, of `stateOf` the path, stays. */
export function openApiIndex(documents: readonly string[], stateOf: (path: string) => string): object {
  const paths = documents.map((path) => {
    return [
      path,
      {
        serverRelativeURL: `/openapi/v3/${path}?hash=${hash32(path + stateOf(path))
          .toString(16)
          .toUpperCase()
          .padStart(8, '0')}`,
      },
    ];
  });
  return { paths: Object.fromEntries(paths) };
}

/** The document of a path that serves no objects. */
export function openApiOfPath(path: string): object {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36.0' },
    paths: { [path]: { get: { responses: { 200: { description: 'OK' } } } } },
  };
}

/** One document a group and version, made when first asked for and kept for all clusters. */
export function openApiV3(groupVersion: string, resources: readonly ResourceDefinition[], descriptions: Descriptions): object {
  return remembered(resources, descriptions, groupVersion, () => {
    const served = resources.filter((definition) => apiVersionOf(definition) === groupVersion);
    const asked = unstored.filter((one) => apiVersionOf(one) === groupVersion);
    const ids = reach([
      ...served.flatMap((definition) => [definitionIdOfKind(definition), `${definitionIdOfKind(definition)}List`]),
      ...asked.map(definitionIdOfKind),
      ...commonIds,
    ]);
    return {
      openapi: '3.0.0',
      info: { title: 'Kubernetes', version: 'v1.36.0' },
      paths: Object.assign({}, ...served.map((definition) => pathsOf(definition, v3)), ...asked.map((one) => pathOfUnstored(one, v3))),
      components: { schemas: schemasOf(ids, descriptions, v3) },
    };
  });
}

/** `/openapi/v2`, JSON only: definitions of everything served, and their paths. */
function openApiV2(resources: readonly ResourceDefinition[], descriptions: Descriptions): object {
  return remembered(resources, descriptions, 'v2', () => ({
    swagger: '2.0',
    info: { title: 'Kubernetes', version: 'v1.36.0' },
    paths: Object.assign({}, ...resources.map((definition) => pathsOf(definition, v2)), ...unstored.map((one) => pathOfUnstored(one, v2))),
    definitions: schemasOf(
      reach([
        ...resources.flatMap((definition) => [definitionIdOfKind(definition), `${definitionIdOfKind(definition)}List`]),
        ...unstored.map(definitionIdOfKind),
        ...commonIds,
      ]),
      descriptions,
      v2,
    ),
  }));
}

/** The document of a group and version that definitions describe; not of one that is built in. */
export function openApiV3Custom(groupVersion: string, custom: readonly ResourceDefinition[], descriptions: Descriptions): object {
  return remembered(custom, descriptions, groupVersion, () => {
    const served = custom.filter((definition) => apiVersionOf(definition) === groupVersion);
    const ids = reach([`${metaId}ObjectMeta`, `${metaId}ListMeta`, ...commonIds]);
    return {
      openapi: '3.0.0',
      info: { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' },
      paths: Object.assign({}, ...served.map((definition) => pathsOf(definition, v3))),
      components: {
        schemas: {
          ...Object.assign({}, ...served.map((definition) => customSchemas(definition, v3))),
          ...schemasOf(ids, descriptions, v3),
        },
      },
    };
  });
}

/** The document of all that is served, custom kinds too. */
export function openApiV2WithCustom(
  resources: readonly ResourceDefinition[],
  custom: readonly ResourceDefinition[],
  descriptions: Descriptions,
): object {
  const builtIn = openApiV2(resources, descriptions) as { paths: object; definitions: object };
  if (custom.length === 0) return builtIn;
  return remembered(custom, descriptions, 'v2', () => ({
    ...builtIn,
    paths: Object.assign({}, builtIn.paths, ...custom.map((definition) => pathsOf(definition, v2))),
    definitions: Object.assign({}, builtIn.definitions, ...custom.map((definition) => customSchemas(definition, v2))),
  }));
}

/** What is asked or done, and never stored. */
const unstored: readonly Omit<Review, 'answer' | 'singular'>[] = [
  ...reviews,
  { group: '', version: 'v1', kind: 'Binding', plural: 'bindings', isNamespaced: true },
];

function pathOfUnstored(one: (typeof unstored)[number], dialect: Dialect): Record<string, object> {
  const { group, version, kind, plural, isNamespaced } = one;
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  return {
    [`${root}${isNamespaced ? '/namespaces/{namespace}' : ''}/${plural}`]: {
      post: operationOf('post', { group, version, kind }, definitionIdOfKind(one), dialect),
      ...(isNamespaced ? { parameters: [pathParameter('namespace', dialect)] } : {}),
    },
  };
}

function remembered(resources: object, descriptions: Descriptions, name: string, make: () => object): object {
  const made = documents.get(resources) ?? new Map<string, object>();
  documents.set(resources, made);
  const key = `${name}/${Object.keys(descriptions).length}`;
  const known = made.get(key) ?? make();
  made.set(key, known);
  return known;
}

interface Dialect {
  readonly refPrefix: string;
  readonly isV3: boolean;
}

const v3: Dialect = { refPrefix: '#/components/schemas/', isV3: true };
const v2: Dialect = { refPrefix: '#/definitions/', isV3: false };

const metaId = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const commonIds = [`${metaId}DeleteOptions`, `${metaId}Status`, `${metaId}Patch`];

/** The definitions and all they refer to, sorted. */
function reach(ids: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (schema: FieldSchema | undefined): void => {
    if (!schema) return;
    if (schema.$ref) add(schema.$ref);
    visit(schema.items);
    visit(schema.additionalProperties);
  };
  const add = (id: string): void => {
    if (found.has(id) || !definitions[id]) return;
    found.add(id);
    for (const field of Object.values(definitions[id].properties ?? {})) visit(field);
  };
  ids.forEach(add);
  return [...found].sort();
}

function schemasOf(ids: readonly string[], descriptions: Descriptions, dialect: Dialect): object {
  return Object.fromEntries(ids.map((id) => [id, definitionSchema(id, definitions[id] as Definition, descriptions, dialect)]));
}

function definitionSchema(id: string, definition: Definition, descriptions: Descriptions, dialect: Dialect): object {
  const description = descriptions[id];
  const { properties, required, gvk } = definition;
  if (!properties) return { ...(description ? { description } : {}), ...scalarSchema(definition, dialect) };
  return {
    ...(description ? { description } : {}),
    type: 'object',
    ...(required ? { required } : {}),
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, field]) => [name, fieldSchema(id, name, field, descriptions, dialect)]),
    ),
    ...(gvk ? { 'x-kubernetes-group-version-kind': [gvk] } : {}),
    ...(isAtomicDefinition(id) ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
}

function fieldSchema(id: string, name: string, field: FieldSchema, descriptions: Descriptions, dialect: Dialect): object {
  const description = descriptions[`${id}.${name}`];
  const about = { ...(description ? { description } : {}), ...extensions(id, name) };
  if (field.$ref && dialect.isV3)
    return { ...about, ...(isStruct(field.$ref) ? { default: {} } : {}), allOf: [{ $ref: dialect.refPrefix + field.$ref }] };
  return { ...about, ...typeSchema(field, dialect) };
}

function isStruct(id: string): boolean {
  return definitions[id]?.properties !== undefined;
}

function typeSchema(field: FieldSchema, dialect: Dialect): object {
  if (field.$ref) return { $ref: dialect.refPrefix + field.$ref };
  if (field.items) return { type: 'array', items: nested(field.items, dialect) };
  if (field.additionalProperties) return { type: 'object', additionalProperties: nested(field.additionalProperties, dialect) };
  return scalarSchema(field, dialect);
}

function nested(schema: FieldSchema, dialect: Dialect): object {
  if (schema.$ref && dialect.isV3 && isStruct(schema.$ref)) return { default: {}, allOf: [{ $ref: dialect.refPrefix + schema.$ref }] };
  return typeSchema(schema, dialect);
}

function scalarSchema({ type, format, enum: values }: FieldSchema, { isV3 }: Dialect): object {
  if (format === 'int-or-string' && isV3) return { format, oneOf: [{ type: 'integer' }, { type: 'string' }] };
  return { ...(type ? { type } : {}), ...(format ? { format } : {}), ...(values ? { enum: values } : {}) };
}

function extensions(id: string, name: string): object {
  const facts = fieldFacts(id, name);
  if (!facts) return {};
  return {
    ...(facts.listType ? { 'x-kubernetes-list-type': facts.listType } : {}),
    ...(facts.listMapKeys ? { 'x-kubernetes-list-map-keys': facts.listMapKeys } : {}),
    ...(facts.patchMergeKey ? { 'x-kubernetes-patch-merge-key': facts.patchMergeKey } : {}),
    ...(facts.patchStrategies ? { 'x-kubernetes-patch-strategy': facts.patchStrategies.join(',') } : {}),
    ...(facts.mapType ? { 'x-kubernetes-map-type': facts.mapType } : {}),
  };
}

type Operation = 'list' | 'post' | 'deletecollection' | 'get' | 'put' | 'patch' | 'delete';

const methodOf: Readonly<Record<Operation, string>> = {
  list: 'get',
  post: 'post',
  deletecollection: 'delete',
  get: 'get',
  put: 'put',
  patch: 'patch',
  delete: 'delete',
};
const patchMediaTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

function pathsOf(definition: ResourceDefinition, dialect: Dialect): Record<string, object> {
  const { group, version, kind, names, scope } = definition;
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  const isNamespaced = scope === 'Namespaced';
  const collection = `${root}${isNamespaced ? '/namespaces/{namespace}' : ''}/${names.plural}`;
  const gvk = { group, version, kind };
  const id = definition.type ? customDefinitionId(definition) : definitionIdOfKind(definition);
  const path = (parameters: readonly string[], operations: readonly Operation[], body = id) => ({
    ...Object.fromEntries(operations.map((operation) => [methodOf[operation], operationOf(operation, gvk, body, dialect)])),
    parameters: parameters.map((name) => pathParameter(name, dialect)),
  });
  const named = isNamespaced ? ['name', 'namespace'] : ['name'];
  const paths: Record<string, object> = {
    [collection]: path(isNamespaced ? ['namespace'] : [], ['list', 'post', 'deletecollection']),
    [`${collection}/{name}`]: path(named, ['get', 'put', 'patch', 'delete']),
  };
  if (isNamespaced) paths[`${root}/${names.plural}`] = path([], ['list']);
  if (definition.subresources?.status) paths[`${collection}/{name}/status`] = path(named, ['get', 'put', 'patch']);
  if (subresourcesOf(definition).some(({ name }) => name === 'scale')) {
    const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
    paths[`${collection}/{name}/scale`] = Object.fromEntries(
      (['get', 'put', 'patch'] as const).map((operation) => [
        operation,
        operationOf(operation, scaleKind, 'io.k8s.api.autoscaling.v1.Scale', dialect),
      ]),
    );
  }
  return paths;
}

function operationOf(operation: Operation, gvk: object, id: string, dialect: Dialect): object {
  const schema = { $ref: dialect.refPrefix + (operation === 'list' ? `${id}List` : id) };
  const isWrite = operation === 'post' || operation === 'put' || operation === 'patch';
  const parameters = isWrite
    ? ['pretty', 'dryRun', 'fieldManager', 'fieldValidation', ...(operation === 'patch' ? ['force'] : [])]
    : ['pretty'];
  return {
    ...(dialect.isV3
      ? {}
      : { consumes: operation === 'patch' ? patchMediaTypes : ['*/*'], produces: ['application/json', 'application/yaml'] }),
    parameters: [
      ...parameters.map((name) => queryParameter(name, dialect)),
      ...(isWrite && !dialect.isV3 ? [{ in: 'body', name: 'body', required: true, schema }] : []),
    ],
    ...(isWrite && dialect.isV3
      ? {
          requestBody: {
            required: true,
            content: Object.fromEntries(
              (operation === 'patch' ? patchMediaTypes : ['*/*']).map((type) => [
                type,
                { schema: operation === 'patch' ? { $ref: `${dialect.refPrefix}${metaId}Patch` } : schema },
              ]),
            ),
          },
        }
      : {}),
    responses: { 200: dialect.isV3 ? { description: 'OK', content: { 'application/json': { schema } } } : { description: 'OK', schema } },
    'x-kubernetes-action': operation,
    'x-kubernetes-group-version-kind': gvk,
  };
}

function queryParameter(name: string, { isV3 }: Dialect): object {
  const type = name === 'force' ? 'boolean' : 'string';
  return { name, in: 'query', ...(isV3 ? { schema: { type, uniqueItems: true } } : { type, uniqueItems: true }) };
}

function pathParameter(name: string, { isV3 }: Dialect): object {
  return {
    name,
    in: 'path',
    required: true,
    ...(isV3 ? { schema: { type: 'string', uniqueItems: true } } : { type: 'string', uniqueItems: true }),
  };
}
