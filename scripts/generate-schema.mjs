// Reads the published shape of every Kubernetes v1.36 type and writes it to generated/kubernetes/:
//   types.ts         TypeScript interfaces (V1PodSpec …)
//   schema.ts        fields, types, required marks and formats of every definition, in OpenAPI's form
//   descriptions.ts  the prose of `kubectl explain`, apart because only explain and OpenAPI need it
// Sources: kubernetes-models (interfaces, descriptions, required marks) and @kubernetes/client-node (integer formats).
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
const models = join(root, 'node_modules/kubernetes-models');
const machinery = join(root, 'node_modules/@kubernetes-models/apimachinery');
const out = join(root, 'generated/kubernetes');

/** Go types that are one JSON scalar. */
const scalars = {
  IIoK8sApimachineryPkgApisMetaV1Time: { $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time' },
  IIoK8sApimachineryPkgApisMetaV1MicroTime: { $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime' },
  IIoK8sApimachineryPkgApiResourceQuantity: { $ref: 'io.k8s.apimachinery.pkg.api.resource.Quantity' },
  IIoK8sApimachineryPkgUtilIntstrIntOrString: { $ref: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString' },
  IIoK8sApimachineryPkgApisMetaV1FieldsV1: { $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1' },
  IIoK8sApimachineryPkgRuntimeRawExtension: { $ref: 'io.k8s.apimachinery.pkg.runtime.RawExtension' },
  IIoK8sApimachineryPkgApisMetaV1Patch: { $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch' },
};
/** The one field the package spells out in place instead of naming its type. */
const overrides = {
  'io.k8s.api.apps.v1.StatefulSetSpec.volumeClaimTemplates': { type: 'array', items: { $ref: 'io.k8s.api.core.v1.PersistentVolumeClaim' } },
};
const scalarDefinitions = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: 'string' },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: 'string', format: 'int-or-string' },
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': { type: 'object' },
  'io.k8s.apimachinery.pkg.runtime.RawExtension': { type: 'object' },
  'io.k8s.apimachinery.pkg.apis.meta.v1.Patch': { type: 'object' },
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': { type: 'string', format: 'date-time' },
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': { type: 'string', format: 'date-time' },
};

/** Every interface of both packages, by its global alias (`IIoK8sApiCoreV1PodSpec`). */
export function readInterfaces() {
  const interfaces = new Map();
  for (const dir of [models, machinery]) for (const file of declarations(dir)) readFile(file, interfaces);
  return interfaces;
}

function* declarations(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.name === '_schemas' || entry.name === 'node_modules') continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* declarations(path);
    else if (entry.name.endsWith('.d.ts') && entry.name !== 'index.d.ts') yield path;
  }
}

function readFile(path, interfaces) {
  const text = readFileSync(path, 'utf8');
  const alias = /export type \{ I(\w+) as (IIo\w+|ICom\w+)[,\s}]/.exec(text);
  const start = alias && text.search(new RegExp(`export interface I${alias[1]} (extends [\\w, ]+ )?\\{`));
  if (!alias || start < 0) return;
  const body = text.slice(text.indexOf('{\n', start) + 2, text.indexOf('\n}', start));
  interfaces.set(alias[2], {
    name: alias[1],
    description: commentBefore(text, start),
    fields: readFields(body),
    typeNames: typeNames(text),
  });
}

/** Local type names to global aliases, for interfaces a file declares beside its own. */
function typeNames(text) {
  return new Map([...text.matchAll(/\bI(\w+) as (IIo\w+)/g)].map((match) => [`I${match[1]}`, match[2]]));
}

function commentBefore(text, start) {
  const end = text.lastIndexOf('*/', start);
  const begin = text.lastIndexOf('/**', end);
  return begin < 0 || text.slice(end + 2, start).trim() ? '' : cleanComment(text.slice(begin, end));
}

function cleanComment(comment) {
  return comment
    .replace(/^\s*\/\*\*/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}

function readFields(body) {
  const fields = [];
  const pattern = /(?:\/\*\*([\s\S]*?)\*\/\s*)?^ {4}"([^"]+)"(\?)?: ([\s\S]*?);$(?=\n {4}(?:\/\*\*|")|\n?$(?![\s\S]))/gm;
  for (const [, comment, name, optional, type] of body.matchAll(pattern)) {
    fields.push({ name, required: !optional, type: type.trim(), description: comment ? cleanComment(`/**${comment}`) : '' });
  }
  return fields;
}

/** `IIoK8sApiCoreV1PodSpec` → `io.k8s.api.core.v1.PodSpec`. */
export function definitionId(alias) {
  const match =
    /^IIoK8s(Api|KubeAggregatorPkgApis|ApiextensionsApiserverPkgApis|ApimachineryPkgApis)([A-Z][a-z0-9]*)(V\d+(?:(?:alpha|beta)\d+)?)(\w+)$/.exec(
      alias,
    );
  if (match) {
    const prefix = {
      Api: 'api',
      KubeAggregatorPkgApis: 'kube-aggregator.pkg.apis',
      ApiextensionsApiserverPkgApis: 'apiextensions-apiserver.pkg.apis',
      ApimachineryPkgApis: 'apimachinery.pkg.apis',
    }[match[1]];
    return `io.k8s.${prefix}.${match[2].toLowerCase()}.${match[3].toLowerCase()}.${match[4]}`;
  }
  const version = /^IIoK8sApimachineryPkgVersion(\w+)$/.exec(alias);
  return version ? `io.k8s.apimachinery.pkg.version.${version[1]}` : undefined;
}

function groupVersionKind(id, fields) {
  const literal = (name) => /^"([^"]+)"$/.exec(fields.find((field) => field.name === name)?.type ?? '')?.[1];
  const [apiVersion, kind] = [literal('apiVersion'), literal('kind')];
  if (!apiVersion || !kind) return undefined;
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { group, version, kind };
}

/** A TypeScript type of the package as an OpenAPI schema. */
function schemaOf(type, owner) {
  if (type in scalars) return { ...scalars[type] };
  const array = /^Array<([\s\S]+)>$/.exec(type);
  if (array) return { type: 'array', items: schemaOf(array[1].trim(), owner) };
  const map = /^\{\s*\[key: string\]: ([\s\S]+?);\s*\}$/.exec(type);
  if (map) return { type: 'object', additionalProperties: schemaOf(map[1].trim(), owner) };
  if (type === 'string') return { type: 'string' };
  if (type === 'number') return { type: 'number' };
  if (type === 'boolean') return { type: 'boolean' };
  if (/^("[^"]*"\s*\|?\s*)+$/.test(type)) return { type: 'string', enum: [...type.matchAll(/"([^"]*)"/g)].map((match) => match[1]).sort() };
  const id = definitionId(owner.typeNames.get(type) ?? type);
  if (id) return { $ref: id };
  return {};
}

function integerFormats() {
  const dir = join(root, 'node_modules/@kubernetes/client-node/dist/gen/models');
  const formats = new Map();
  for (const file of readdirSync(dir)) {
    if (!file.endsWith('.js')) continue;
    const text = readFileSync(join(dir, file), 'utf8');
    for (const [, name, type, format] of text.matchAll(/"baseName": "([^"]+)",\s*"type": "([^"]+)",\s*"format": "([^"]*)"/g))
      formats.set(`${file.slice(0, -3)}.${name}`, { type, format });
  }
  return formats;
}

function clientModels(id) {
  const [, group, version, name] = /\.([\w-]+)\.(v\w+)\.(\w+)$/.exec(id) ?? [];
  const cap = (text) => text[0].toUpperCase() + text.slice(1);
  return version ? [`${cap(version)}${name}`, `${cap(group)}${cap(version)}${name}`] : [];
}

/** TypeScript names: `V1PodSpec`, with the group in front where two groups share one (`CoreV1Event`, `EventsV1Event`). */
function typeScriptNames(ids) {
  const cap = (text) => text[0].toUpperCase() + text.slice(1);
  const short = (id) => {
    const [, , version, name] = /\.([\w-]+)\.(v\w+)\.(\w+)$/.exec(id) ?? [null, null, '', id.split('.').at(-1)];
    return cap(version || 'x') + name;
  };
  const counts = new Map();
  for (const id of ids) counts.set(short(id), (counts.get(short(id)) ?? 0) + 1);
  return new Map(ids.map((id) => [id, counts.get(short(id)) > 1 ? cap(id.split('.').at(-3)) + short(id) : short(id)]));
}

function typeScriptOf(schema, names) {
  if (schema.$ref) {
    if (schema.$ref.endsWith('.IntOrString')) return 'number | string';
    if (/\.(Quantity|Time|MicroTime)$/.test(schema.$ref)) return 'string';
    if (schema.$ref in scalarDefinitions) return 'any';
    return names.get(schema.$ref) ?? 'any';
  }
  if (schema.enum) return schema.enum.map((value) => `'${value}'`).join(' | ');
  if (schema.type === 'array') return `(${typeScriptOf(schema.items, names)})[]`;
  if (schema.additionalProperties) return `Record<string, ${typeScriptOf(schema.additionalProperties, names)}>`;
  return { string: 'string', number: 'number', integer: 'number', boolean: 'boolean', object: 'any' }[schema.type] ?? 'any';
}

/** What the API server always fills in, so that a stored object's type need not doubt it. */
const alwaysThere = { 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta': ['name', 'uid', 'resourceVersion', 'creationTimestamp'] };

export function generate() {
  const formats = integerFormats();
  const definitions = { ...scalarDefinitions };
  const descriptions = {};
  for (const [alias, declared] of readInterfaces()) {
    const id = definitionId(alias);
    if (!id || id in scalarDefinitions || /\.v\d+(alpha|beta)\d+\./.test(id)) continue;
    const gvk = groupVersionKind(id, declared.fields);
    const properties = {};
    const required = [];
    for (const field of declared.fields) {
      const schema =
        gvk && (field.name === 'apiVersion' || field.name === 'kind')
          ? { type: 'string' }
          : (overrides[`${id}.${field.name}`] ?? schemaOf(field.type, declared));
      properties[field.name] = withFormat(schema, id, field.name, formats);
      if (field.description) descriptions[`${id}.${field.name}`] = field.description.replace(/\n\nPossible enum values:[\s\S]*$/, '');
      if (field.required && !(gvk && (field.name === 'apiVersion' || field.name === 'kind'))) required.push(field.name);
    }
    if (gvk) for (const name of ['apiVersion', 'kind']) properties[name] ??= { type: 'string' };
    definitions[id] = { type: 'object', ...(gvk ? { gvk } : {}), ...(required.length ? { required } : {}), properties };
    descriptions[id] = declared.description;
  }
  return { definitions: sorted(definitions), descriptions: sorted(descriptions) };
}

function withFormat(schema, id, name, formats) {
  const known = clientModels(id)
    .map((model) => formats.get(`${model}.${name}`))
    .find(Boolean);
  const bottom = schema.items ?? schema.additionalProperties ?? schema;
  if (bottom.type === 'number') {
    const format = known?.format || 'int32';
    Object.assign(bottom, { type: format === 'double' ? 'number' : 'integer', format });
  } else if (bottom.type === 'string' && known?.format === 'byte') bottom.format = 'byte';
  return schema;
}

function sorted(record) {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function writeTypes(definitions) {
  const ids = Object.keys(definitions).filter((id) => !(id in scalarDefinitions));
  const names = typeScriptNames(ids);
  const lines = ['// Generated by scripts/generate-schema.mjs from published packages; not for editing.', ''];
  for (const id of ids) {
    const { gvk, properties, required = [] } = definitions[id];
    const isKind = gvk && properties.metadata;
    lines.push(`/** ${id} */`, `export interface ${names.get(id)} {`);
    for (const [name, schema] of Object.entries(properties)) {
      const sure =
        required.includes(name) ||
        alwaysThere[id]?.includes(name) ||
        (isKind && ['apiVersion', 'kind', 'metadata', 'spec', 'status'].includes(name));
      const type =
        isKind && gvk && name === 'kind'
          ? `'${gvk.kind}'`
          : isKind && gvk && name === 'apiVersion'
            ? `'${gvk.group ? `${gvk.group}/` : ''}${gvk.version}'`
            : typeScriptOf(schema, names);
      lines.push(`  '${name}'${sure ? '' : '?'}: ${type}${sure ? '' : ' | undefined'};`);
    }
    lines.push('}', '');
  }
  writeFileSync(join(out, 'types.ts'), lines.join('\n'));
}

/** `JSON.parse` of one long string loads several times faster than the same literal. */
function asModule(name, type, value) {
  return `// Generated by scripts/generate-schema.mjs from published packages; not for editing.\nexport const ${name}: ${type} = JSON.parse(${JSON.stringify(JSON.stringify(value))});\n`;
}

const schemaType = `export interface FieldSchema {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  format?: string;
  enum?: string[];
  $ref?: string;
  items?: FieldSchema;
  additionalProperties?: FieldSchema;
}
export interface Definition extends FieldSchema {
  gvk?: { group: string; version: string; kind: string };
  required?: string[];
  properties?: Record<string, FieldSchema>;
}
`;

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  mkdirSync(out, { recursive: true });
  const { definitions, descriptions } = generate();
  writeTypes(definitions);
  writeFileSync(join(out, 'schema.ts'), schemaType + asModule('definitions', 'Record<string, Definition>', definitions));
  writeFileSync(join(out, 'descriptions.ts'), asModule('descriptions', 'Record<string, string>', descriptions));
  console.log(`generated/kubernetes: ${Object.keys(definitions).length} definitions`);
}
