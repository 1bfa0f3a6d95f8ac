import { defineCommand } from '../command';
import type { Context } from '../context';
import { apiVersionOf, type ApiResource } from '../discovery';
import { compareBytes } from '@/lib/base';
import { BareError, CommandError } from '../errors';
import { flag } from '../flags';

export const explain = defineCommand({
  name: 'explain',
  short: 'Get documentation for a resource',
  long: 'Describe fields and structure of various resources.\n\n This command describes the fields associated with each supported API resource. Fields are identified via a simple JSONPath identifier:\n\n        <type>.<fieldName>[.<fieldName>]\n        \n Information about each field is retrieved from the server in OpenAPI format.',
  examples: [
    ['Get the documentation of the resource and its fields', 'kubectl explain pods'],
    ['Get all the fields in the resource', 'kubectl explain pods --recursive'],
    ['Get the documentation of a specific field of a resource', 'kubectl explain pods.spec.containers'],
  ],
  usage: 'TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2]',
  flags: [
    flag.string('api-version', 'Use given api-version (group/version) of the resource.'),
    flag.string('output,o', 'Format in which to render the schema. Valid values are: (plaintext, plaintext-openapiv2).', 'plaintext'),
    flag.bool(
      'recursive,R',
      'When true, print the name of all the fields recursively. Otherwise, print the available fields with their description.',
    ),
  ],
  async run(context) {
    const { args, flags } = context;
    if (args.length === 0)
      throw new CommandError(
        'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.',
      );
    if (args.length > 1)
      throw new CommandError("We accept only this format: explain RESOURCE\nSee 'kubectl explain -h' for help and examples");
    if (!['plaintext', 'plaintext-openapiv2'].includes(flags.string('output')))
      throw new CommandError(`unrecognized format: ${flags.string('output')}`);
    const { resource, path } = await target(context, args[0] as string);
    const schemas = await fetchSchemas(context, resource);
    render(context, resource, schemas, path);
  },
});

/** Splits `deployments.apps.spec.replicas` where the type ends and the fields begin. */
async function target(context: Context, word: string): Promise<{ resource: ApiResource; path: string[] }> {
  const parts = word.split('.').filter(Boolean);
  const whole = await Promise.all([3, 2, 1].map((count) => context.discovery.find(parts.slice(0, count).join('.'))));
  const [first] = parts;
  const bare = whole[2];
  const isGroupNext =
    whole[1] &&
    bare &&
    parts[1] !== undefined &&
    (whole[1].group === parts[1] || whole[1].group.startsWith(`${parts[1]}.`)) &&
    !['spec', 'status', 'metadata'].includes(parts[1]);
  const resource = isGroupNext ? whole[1] : bare;
  if (!resource) throw new BareError(`the server doesn't have a resource type ${JSON.stringify(first)}`);
  return { resource: await withVersion(context, resource), path: parts.slice(isGroupNext ? 2 : 1) };
}

async function withVersion(context: Context, resource: ApiResource): Promise<ApiResource> {
  const wanted = context.flags.string('api-version');
  if (!wanted) return resource;
  const found = (await context.discovery.resources()).find((one) => apiVersionOf(one) === wanted && one.kind === resource.kind);
  if (!found) throw new CommandError(`couldn't find resource for ${JSON.stringify(`${wanted}, Kind=${resource.kind}`)}`);
  return found;
}

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[];
  readonly 'x-kubernetes-int-or-string'?: boolean;
}

type Schemas = Readonly<Record<string, Schema>>;

async function fetchSchemas(context: Context, { group, version }: ApiResource): Promise<Schemas> {
  const index = await context.client.get('/openapi/v3');
  const entry = index.paths?.[group ? `apis/${group}/${version}` : `api/${version}`];
  if (!entry)
    throw new CommandError(
      `failed to locate OpenAPI spec for GV: ${group ? `${group}/` : ''}${version}`.replace('failed to locate', "couldn't find"),
    );
  const document = await context.client.get(entry.serverRelativeURL);
  return document.components?.schemas ?? {};
}

function render(context: Context, resource: ApiResource, schemas: Schemas, path: readonly string[]): void {
  const isRecursive = context.flags.bool('recursive');
  context.out(
    `${resource.group ? `GROUP:      ${resource.group}\n` : ''}KIND:       ${resource.kind}\nVERSION:    ${resource.version}\n\n`,
  );
  const root = rootSchema(resource, schemas);
  const { schema, name, descriptions } = follow(root, schemas, path);
  if (path.length === 0) return context.out(`DESCRIPTION:\n${paragraph(root.description)}${fieldList(root, schemas, isRecursive)}`);
  context.out(`FIELD: ${name} <${typeName(schema, schemas)}>\n${enumBlock(schema, schemas) || '\n'}\n`);
  const inner = structure(schema, schemas);
  context.out(
    `DESCRIPTION:\n${paragraph(descriptions.filter(Boolean).join('\n'))}${inner?.properties ? fieldList(inner, schemas, isRecursive) : '\n'}`,
  );
}

function rootSchema({ group, version, kind }: ApiResource, schemas: Schemas): Schema {
  const found = Object.values(schemas).find((one) =>
    one['x-kubernetes-group-version-kind']?.some((gvk) => gvk.group === group && gvk.version === version && gvk.kind === kind),
  );
  if (!found) throw new CommandError(`GVR (${group ? `${group}/` : ''}${version}, Kind=${kind}) not found in OpenAPI schema`);
  return found;
}

/** The schema a reference stands for. */
function resolved(schema: Schema, schemas: Schemas): Schema {
  const ref = schema.$ref ?? schema.allOf?.find(({ $ref }) => $ref)?.$ref;
  return ref ? (schemas[refName(ref)] ?? {}) : schema;
}

function refName(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}

/** The map or object a field holds, seen through lists and maps. */
function structure(schema: Schema, schemas: Schemas): Schema | undefined {
  const own = resolved(schema, schemas);
  if (own.items) return structure(own.items, schemas);
  if (typeof own.additionalProperties === 'object') return structure(own.additionalProperties, schemas);
  return own;
}

function follow(
  root: Schema,
  schemas: Schemas,
  path: readonly string[],
): { schema: Schema; name: string; descriptions: (string | undefined)[] } {
  let schema = root;
  for (const name of path) {
    const next = structure(schema, schemas)?.properties?.[name];
    if (!next) throw new CommandError(`field ${JSON.stringify(name)} does not exist`);
    schema = next;
  }
  const inner = structure(schema, schemas);
  const descriptions = [schema.description, inner !== schema && inner?.description !== schema.description ? inner?.description : undefined];
  return { schema, name: path.at(-1) ?? '', descriptions };
}

function typeName(schema: Schema, schemas: Schemas): string {
  const ref = schema.$ref ?? schema.allOf?.find(({ $ref }) => $ref)?.$ref;
  if (ref) {
    const target = schemas[refName(ref)] ?? {};
    if (target.type && target.type !== 'object' && !target.properties) return target.type;
    return refName(ref).split('.').pop() as string;
  }
  if (schema.type === 'array') return `[]${schema.items ? typeName(schema.items, schemas) : 'Object'}`;
  if (typeof schema.additionalProperties === 'object') return `map[string]${typeName(schema.additionalProperties, schemas)}`;
  if (schema.oneOf) return refLess(schema);
  return schema.type === 'object' ? 'Object' : (schema.type ?? 'Object');
}

function refLess(schema: Schema): string {
  return schema.format === 'int-or-string' ? 'IntOrString' : (schema.type ?? 'Object');
}

function fieldList(schema: Schema, schemas: Schemas, isRecursive: boolean): string {
  const names = Object.keys(schema.properties ?? {}).sort(compareBytes);
  if (names.length === 0) return '\n';
  return `FIELDS:\n${isRecursive ? names.map((name) => tree(schema, name, schemas, 1, [])).join('') : names.map((name) => fieldEntry(schema, name, schemas)).join('')}\n`;
}

function heading(schema: Schema, name: string, schemas: Schemas, level: number): string {
  const field = schema.properties?.[name] as Schema;
  return `${'  '.repeat(level)}${name}\t<${typeName(field, schemas)}>${schema.required?.includes(name) ? ' -required-' : ''}\n${enumText(field, schemas, level)}`;
}

function fieldEntry(schema: Schema, name: string, schemas: Schemas): string {
  const field = schema.properties?.[name] as Schema;
  const description = field.description ?? resolved(field, schemas).description;
  return `${heading(schema, name, schemas, 1)}${wrapped(description)}`;
}

function tree(schema: Schema, name: string, schemas: Schemas, level: number, above: readonly Schema[]): string {
  const field = schema.properties?.[name] as Schema;
  const inner = structure(field, schemas);
  const children = inner?.properties && !above.includes(inner) ? Object.keys(inner.properties).sort(compareBytes) : [];
  return (
    heading(schema, name, schemas, level) +
    children.map((child) => tree(inner as Schema, child, schemas, level + 1, [...above, inner as Schema])).join('')
  );
}

function enumOf(field: Schema, schemas: Schemas): readonly string[] | undefined {
  return field.enum ?? resolved(field, schemas).enum;
}

/** `enum: A, B, C, D, ....` under a field's name. */
function enumText(field: Schema, schemas: Schemas, level: number): string {
  const values = enumOf(field, schemas);
  if (!values?.length) return '';
  const shown = [...values].sort(compareBytes).map((one) => (one === '' ? '""' : one));
  return `${'  '.repeat(level)}enum: ${shown.slice(0, 4).join(', ')}${shown.length > 4 ? ', ....' : ''}\n`;
}

/** The whole list of an enum, where one field is explained. */
function enumBlock(field: Schema, schemas: Schemas): string {
  const values = enumOf(field, schemas);
  if (!values?.length) return '';
  return `ENUM:\n${[...values]
    .sort(compareBytes)
    .map((one) => `    ${one === '' ? '""' : one}\n`)
    .join('')}`;
}

/** The description at the top, whose last line is blank but indented. */
function paragraph(description: string | undefined): string {
  return wrapped(description).replace(/\n$/, '    \n');
}

/** A description in lines of 76, four in. Paragraphs stay apart. */
function wrapped(description: string | undefined): string {
  const text = description?.trimEnd() || '<no description>';
  return `${text
    .split('\n')
    .flatMap((line) => wrapLine(line, 76))
    .map((line) => `    ${line}\n`)
    .join('')}\n`;
}

function wrapLine(line: string, width: number): string[] {
  if (line.trim() === '') return [''];
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/\s+/).filter(Boolean)) {
    if (current && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current ? `${current} ${word}` : word;
  }
  return [...lines, current];
}
