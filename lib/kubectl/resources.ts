import { StatusError, type KubeObject } from '@/lib/cluster';
import type { Context } from './context';
import { apiVersionOf, pathOf, type ApiResource } from './discovery';
import { Aggregate, CommandError } from './errors';
import { hasFiles, readManifests, type Manifest } from './manifests';

/** One object a command is about (`cli-runtime/pkg/resource.Info`). */
export interface Info {
  readonly resource: ApiResource;
  /** Absent for what is cluster-scoped. */
  readonly namespace: string | undefined;
  readonly name: string;
  /** As the server or the manifest has it, depending on where it came from. */
  readonly object: KubeObject;
  /** The manifest's file; absent when it was named on the command line. */
  readonly source?: string;
}

/** What the arguments point at, before anything was asked of the server. */
export type Target =
  | { readonly type: 'name'; readonly resource: ApiResource; readonly name: string }
  | { readonly type: 'list'; readonly resource: ApiResource };

export interface SelectionOptions {
  /** A type alone means all of its objects (`get`, `describe`), as `--all` and `-l` do. */
  readonly mayListAll?: boolean;
  readonly args?: readonly string[];
  /** What a word alone is the name of: `logs web`, `exec web`. */
  readonly defaultType?: string;
}

export const nothingGiven = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

/** Reads the arguments as `TYPE NAME…`, `TYPE/NAME…` or `TYPE,TYPE` (`cli-runtime/pkg/resource/builder.go`). */
export async function parseTargets(context: Context, options: SelectionOptions = {}): Promise<Target[]> {
  const args = options.args ?? context.args;
  const selector = selectorOf(context);
  const isAll = context.flags.has('all') && context.flags.bool('all');
  if (isAll && selector.label) throw new CommandError("setting 'all' parameter but found a non empty selector. ");
  if (args.length === 0)
    throw new CommandError(
      selector.label || selector.field || isAll ? 'at least one resource must be specified to use a selector' : nothingGiven,
    );
  const slashes = args.filter((arg) => arg.includes('/')).length;
  if (slashes > 0) {
    if (slashes !== args.length)
      throw new CommandError(
        "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
      );
    if (selector.label || selector.field || isAll)
      throw new CommandError('selectors and the all flag cannot be used when passing resource/name arguments');
    return nameTargets(context, args);
  }
  const [types = '', ...names] = args;
  if (names.length > 0 && (selector.label || selector.field || isAll))
    throw new CommandError('name cannot be provided when a selector is specified');
  const resources = await typesOf(context, types);
  if (names.length > 0) {
    if (isAllNamespaces(context)) throw new CommandError('a resource cannot be retrieved by name across all namespaces');
    return resources.flatMap((resource) => names.map((name) => ({ type: 'name' as const, resource, name })));
  }
  if (!options.mayListAll && !selector.label && !selector.field && !isAll)
    throw new CommandError('resource(s) were provided, but no name was specified');
  return resources.map((resource) => ({ type: 'list' as const, resource }));
}

async function nameTargets(context: Context, args: readonly string[]): Promise<Target[]> {
  if (isAllNamespaces(context)) throw new CommandError('a resource cannot be retrieved by name across all namespaces');
  const targets: Target[] = [];
  for (const arg of args) {
    const parts = arg.split('/');
    if (parts.length !== 2) throw new CommandError('arguments in resource/name form may not have more than one slash');
    const [type = '', name = ''] = parts;
    if (!type || !name || type.includes(','))
      throw new CommandError('arguments in resource/name form must have a single resource and name');
    targets.push({ type: 'name', resource: await context.discovery.get(type), name });
  }
  return targets;
}

/** The types of a comma-separated list; a category such as `all` stands for its members. */
async function typesOf(context: Context, list: string): Promise<ApiResource[]> {
  const found: ApiResource[] = [];
  for (const word of list.split(',').filter(Boolean)) {
    const members = await context.discovery.inCategory(word);
    found.push(...(members.length ? members : [await context.discovery.get(word)]));
  }
  return found.filter((one, index) => found.indexOf(one) === index);
}

export function selectorOf({ flags, command }: Context): { label: string; field: string } {
  return {
    label: flags.has('selector') && !command.selectorIsOwn ? flags.string('selector') : '',
    field: flags.has('field-selector') ? flags.string('field-selector') : '',
  };
}

export function isAllNamespaces({ flags }: Context): boolean {
  return flags.has('all-namespaces') && flags.bool('all-namespaces');
}

/** The namespace requests about `resource` go to; undefined for all of them or none. */
export function namespaceFor(context: Context, resource: ApiResource): string | undefined {
  return resource.namespaced && !isAllNamespaces(context) ? context.namespace : undefined;
}

/** The objects of files and arguments as the server has them now. Goes on after a missing one and throws at the end. */
export async function selectLive(context: Context, options: SelectionOptions = {}): Promise<Info[]> {
  const infos: Info[] = [];
  const errors: unknown[] = [];
  for await (const found of visitLive(context, options)) {
    if ('error' in found) errors.push(found.error);
    else infos.push(found);
  }
  Aggregate.throwAll(errors);
  return infos;
}

/** Yields each object, or why it could not be had, so that a caller may go on. */
export async function* visitLive(context: Context, options: SelectionOptions = {}): AsyncGenerator<Info | { readonly error: unknown }> {
  if (hasFiles(context)) {
    for (const info of await selectFromFiles(context)) yield* attempt(async () => [await refresh(context, info)]);
    return;
  }
  for (const target of await parseTargets(context, options)) yield* attempt(() => fetchTarget(context, target));
}

async function* attempt(fetch: () => Promise<Info[]>): AsyncGenerator<Info | { readonly error: unknown }> {
  try {
    yield* await fetch();
  } catch (error) {
    yield { error };
  }
}

async function fetchTarget(context: Context, target: Target): Promise<Info[]> {
  const { resource } = target;
  const namespace = namespaceFor(context, resource);
  if (target.type === 'name') return [infoOf(resource, await context.client.get(pathOf(resource, namespace, target.name)))];
  return (await listObjects(context, resource, namespace)).map((object) => infoOf(resource, object));
}

/** Every object of a kind, in pages of `--chunk-size`. Items carry apiVersion and kind. */
export async function listObjects(
  context: Context,
  resource: ApiResource,
  namespace: string | undefined,
  query: Record<string, string | number | undefined> = {},
): Promise<KubeObject[]> {
  const { label, field } = selectorOf(context);
  const limit = context.flags.has('chunk-size') ? context.flags.int('chunk-size') : 500;
  const items: KubeObject[] = [];
  let next = '';
  do {
    const page = await context.client
      .get(pathOf(resource, namespace), {
        query: { labelSelector: label, fieldSelector: field, limit: limit || undefined, continue: next || undefined, ...query },
      })
      .catch(explainList(context, resource));
    for (const item of page.items ?? []) items.push({ apiVersion: apiVersionOf(resource), kind: resource.kind, ...item });
    next = page.metadata?.continue ?? '';
  } while (next);
  return items;
}

/** Says which list the server refused (`cli-runtime` `EnhanceListError`). */
export function explainList(context: Context, resource: ApiResource): (error: unknown) => never {
  return (error) => {
    if (!StatusError.is(error, 'BadRequest') && !StatusError.is(error, 'NotFound')) throw error;
    const { label, field } = selectorOf(context);
    const what = JSON.stringify(`${resource.group}/${resource.version}, Resource=${resource.plural}`);
    const how =
      label || field
        ? `Unable to find ${what} that match label selector ${JSON.stringify(label)}, field selector ${JSON.stringify(field)}`
        : `Unable to list ${what}`;
    throw new StatusError({ ...error.status, message: `${how}: ${error.status.message ?? ''}` });
  };
}

export async function refresh(context: Context, info: Info): Promise<Info> {
  return { ...info, object: await context.client.get(pathOf(info.resource, info.namespace, info.name)) };
}

export function infoOf(resource: ApiResource, object: KubeObject, source?: string): Info {
  return {
    resource,
    namespace: resource.namespaced ? (object.metadata.namespace ?? 'default') : undefined,
    name: object.metadata.name ?? '',
    object,
    ...(source ? { source } : {}),
  };
}

/** The objects of `-f` as the files have them, each with its resource and namespace. */
export async function selectFromFiles(context: Context): Promise<Info[]> {
  const infos: Info[] = [];
  for (const manifest of await readManifests(context)) infos.push(await resolve(context, manifest));
  return infos;
}

async function resolve(context: Context, { object, source }: Manifest): Promise<Info> {
  const resource = await context.discovery.findKind(object.apiVersion, object.kind);
  const { name = '', namespace = '' } = object.metadata;
  if (!resource) {
    throw new CommandError(
      `resource mapping not found for name: ${JSON.stringify(name)} namespace: ${JSON.stringify(namespace)} from ${JSON.stringify(source)}: no matches for kind ${JSON.stringify(object.kind)} in version ${JSON.stringify(object.apiVersion)}\nensure CRDs are installed first`,
    );
  }
  if (resource.namespaced && context.enforcesNamespace && namespace && namespace !== context.namespace) {
    throw new CommandError(
      `the namespace from the provided object ${JSON.stringify(namespace)} does not match the namespace ${JSON.stringify(context.namespace)}. You must pass '--namespace=${namespace}' to perform this operation.`,
    );
  }
  const metadata = resource.namespaced ? { ...object.metadata, namespace: namespace || context.namespace } : object.metadata;
  return infoOf(resource, { ...object, metadata }, source);
}
