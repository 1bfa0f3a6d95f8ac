import { deepCopy } from '@/lib/base';
import type { KubeObject } from '@/lib/cluster';
import { apiVersionOf, objectName, type ApiResource } from './discovery';
import type { Context } from './context';
import { CommandError } from './errors';
import { JsonPath, sorted } from './jsonpath';
import { absolute } from './kubeconfig';
import { GoTemplate } from './printers/go-template';
import { toYaml } from './yaml';

/** Turns one object (or list) into text; whatever was asked for by `-o`. */
export interface ObjectPrinter {
  print(object: KubeObject, resource?: Pick<ApiResource, 'kind' | 'group'>): string;
}

const objectFormats = [
  'go-template',
  'go-template-file',
  'json',
  'jsonpath',
  'jsonpath-as-json',
  'jsonpath-file',
  'kyaml',
  'name',
  'template',
  'templatefile',
  'yaml',
];

/** The printer of `-o`, or undefined when none was asked for. */
export async function objectPrinter(context: Context, extraFormats: readonly string[] = []): Promise<ObjectPrinter | undefined> {
  const output = context.flags.has('output') ? context.flags.string('output') : '';
  const template = context.flags.has('template') ? context.flags.string('template') : '';
  if (!output && !template) return undefined;
  const [format, argument] = output ? splitFormat(output) : ['go-template', template];
  return (await printerFor(context, format, argument ?? template)) ?? refuse(output, extraFormats);
}

function splitFormat(output: string): [string, string | undefined] {
  const match = /^(jsonpath-as-json|jsonpath-file|jsonpath|go-template-file|go-template|templatefile|template)(?:=([^]*))?$/.exec(output);
  return match ? [match[1] as string, match[2]] : [output, undefined];
}

function refuse(output: string, extraFormats: readonly string[]): never {
  const allowed = [...objectFormats, ...extraFormats].sort();
  throw new CommandError(
    `unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: ${allowed.join(',')}`,
  );
}

async function printerFor(context: Context, format: string, argument: string): Promise<ObjectPrinter | undefined> {
  const keepsManaged = context.flags.has('show-managed-fields') && context.flags.bool('show-managed-fields');
  const tidy = keepsManaged ? <T>(object: T) => object : withoutManagedFields;
  switch (format) {
    case 'json':
      return { print: (object) => `${toJson(tidy(object))}\n` };
    case 'yaml':
      return yamlPrinter(tidy);
    case 'name':
      return { print: (object, resource) => namesOf(object, resource) };
    case 'kyaml':
      throw new CommandError('output format "kyaml" is not simulated; use -o yaml');
    case 'jsonpath':
    case 'jsonpath-file': {
      if (!argument) throw new CommandError(`template format specified but no template given`);
      const path = parseJsonPath(format === 'jsonpath' ? argument : await readTemplate(context, argument));
      const allowMissing = context.flags.bool('allow-missing-template-keys');
      return { print: (object) => path.render(object, allowMissing) };
    }
    case 'jsonpath-as-json': {
      const path = parseJsonPath(argument);
      return { print: (object) => path.renderAsJson(object) };
    }
    case 'go-template':
    case 'template':
    case 'go-template-file':
    case 'templatefile': {
      if (!argument) throw new CommandError(`template format specified but no template given`);
      const template = GoTemplate.parse(format.endsWith('file') ? await readTemplate(context, argument) : argument);
      return { print: (object) => template.render(object, context.flags.bool('allow-missing-template-keys')) };
    }
    default:
      return undefined;
  }
}

function parseJsonPath(template: string): JsonPath {
  try {
    return JsonPath.parse(template);
  } catch (error) {
    throw error instanceof CommandError ? new CommandError(`error parsing jsonpath ${template}, ${error.message}`) : error;
  }
}

async function readTemplate(context: Context, path: string): Promise<string> {
  if ((await context.io.files.kind(absolute(context.io, path))) !== 'file')
    throw new CommandError(`error reading --template ${path}, open ${path}: no such file or directory\n`);
  return context.io.files.read(absolute(context.io, path));
}

/** Documents after the first are preceded by `---`. */
function yamlPrinter(tidy: (object: KubeObject) => KubeObject): ObjectPrinter {
  let count = 0;
  return { print: (object) => `${count++ ? '---\n' : ''}${toYaml(tidy(object))}` };
}

function namesOf(object: KubeObject, resource?: Pick<ApiResource, 'kind' | 'group'>): string {
  if (object.kind === 'List' || (object.kind.endsWith('List') && Array.isArray(object['items'])))
    return (object['items'] as KubeObject[]).map((item) => namesOf(item)).join('');
  const [group = ''] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : [''];
  return `${objectName(resource ?? { kind: object.kind, group }, object.metadata.name)}\n`;
}

/** Go's `json.MarshalIndent` with four spaces: sorted keys, and `<`, `>`, `&` escaped. */
export function toJson(value: unknown, indent = 4): string {
  return escapeHtml(JSON.stringify(sorted(value), null, indent));
}

function escapeHtml(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Compact Go JSON, as in the last-applied annotation. */
export function compactJson(value: unknown): string {
  return escapeHtml(JSON.stringify(sorted(value)));
}

export function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (Array.isArray(object['items'])) return { ...object, items: (object['items'] as KubeObject[]).map(withoutManagedFields) };
  if (!object.metadata?.managedFields) return object;
  const copy = deepCopy(object);
  delete copy.metadata.managedFields;
  return copy;
}

/**
 * What a command says it did to an object: `deployment.apps/web scaled`, or the object itself with `-o`.
 * `operation` already carries nothing of the dry run; it is added here.
 */
export class ResultPrinter {
  readonly #context: Context;
  readonly #printer: ObjectPrinter | undefined;

  private constructor(context: Context, printer: ObjectPrinter | undefined) {
    this.#context = context;
    this.#printer = printer;
  }

  static async of(context: Context): Promise<ResultPrinter> {
    return new ResultPrinter(context, await objectPrinter(context));
  }

  print(resource: ApiResource | Pick<ApiResource, 'kind' | 'group' | 'version'>, object: KubeObject, operation: string): void {
    if (!this.#printer)
      return this.#context.out(`${objectName(resource, object.metadata.name)} ${operation}${dryRunNote(this.#context)}\n`);
    this.#context.out(
      this.#printer.print(
        { ...object, apiVersion: object.apiVersion ?? apiVersionOf(resource), kind: object.kind ?? resource.kind },
        resource,
      ),
    );
  }
}

export function dryRunNote({ dryRun }: Context): string {
  if (dryRun === 'client') return ' (dry run)';
  return dryRun === 'server' ? ' (server dry run)' : '';
}
