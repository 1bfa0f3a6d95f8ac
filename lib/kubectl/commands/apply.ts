import { deepCopy } from '@/lib/base';
import { StatusError, type KubeObject } from '@/lib/cluster';
import {
  allFlag,
  cascadeFlag,
  dryRunFlag,
  fieldManagerFlag,
  fileFlags,
  printFlags,
  selectorFlag,
  timeoutFlag,
  validateFlag,
} from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { objectName, pathOf } from '../discovery';
import { Aggregate, CommandError, Exit, messageOf, withSource } from '../errors';
import { flag } from '../flags';
import { hasFiles } from '../manifests';
import { compactJson, dryRunNote, objectPrinter } from '../output';
import { definitionOf, threeWayJsonMergePatch, threeWayMergePatch } from '../patch/three-way';
import { selectFromFiles, type Info } from '../resources';
import { labelMatcher } from '../selectors';
import { deleteInfos } from './delete';
import { lastApplied, setLastApplied, viewLastApplied } from './last-applied';
import { refused } from './refused';

export const apply = defineCommand({
  name: 'apply',
  short: 'Apply a configuration to a resource by file name or stdin',
  long: 'Apply a configuration to a resource by file name or stdin. The resource name must be specified. It is created if it does not exist yet; to use apply later, create it with apply or with create --save-config.\n\n JSON and YAML formats are accepted.',
  examples: [
    ['Apply the configuration in pod.yaml to a pod', 'kubectl apply -f ./pod.yaml'],
    ['Apply the manifests of a directory', 'kubectl apply -f manifests/'],
    ['Apply the YAML passed into stdin to a pod', 'cat pod.yaml | kubectl apply -f -'],
    ['See what would happen', 'kubectl apply -f ./pod.yaml --dry-run=server'],
  ],
  usage: '(-f FILENAME | -k DIRECTORY)',
  flags: [
    ...printFlags,
    ...fileFlags('that contains the configuration to apply'),
    allFlag,
    cascadeFlag,
    dryRunFlag,
    fieldManagerFlag('kubectl-client-side-apply'),
    selectorFlag,
    validateFlag,
    timeoutFlag('The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object'),
    flag.bool('force', 'If true, immediately remove resources from API and bypass graceful deletion.'),
    flag.bool('force-conflicts', 'If true, server-side apply will force the changes against conflicts.'),
    flag.int('grace-period', 'Period of time in seconds given to the resource to terminate gracefully. Ignored if negative.', -1),
    flag.bool(
      'openapi-patch',
      'If true, use openapi to calculate diff when the openapi presents and the resource can be found in the openapi spec.',
      true,
    ),
    flag.bool(
      'overwrite',
      'Automatically resolve conflicts between the modified and live configuration by using values from the modified configuration',
      true,
    ),
    flag.bool(
      'prune',
      'Automatically delete resource objects, that do not appear in the configs and are created by either apply or create --save-config.',
    ),
    flag.array('prune-allowlist', 'Overwrite the default allowlist with <group/version/kind> for --prune'),
    flag.bool('server-side', 'If true, apply runs in the server instead of the client.'),
    flag.string('subresource', 'If specified, apply will operate on the subresource of the requested object.'),
    flag.bool('wait', 'If true, wait for resources to be gone before returning. This waits for finalizers.'),
  ],
  subcommands: [
    refused(
      'edit-last-applied',
      'Edit latest last-applied-configuration annotations of a resource/object',
      'use kubectl apply set-last-applied',
    ),
    setLastApplied,
    viewLastApplied,
  ],
  async run(context) {
    if (context.args.length > 0) throw context.usageError(`Unexpected args: [${context.args.join(' ')}]`);
    if (!hasFiles(context)) throw new CommandError('must specify one of -f and -k');
    if (context.flags.bool('prune'))
      throw new CommandError('--prune is not simulated; delete what the manifests no longer hold with kubectl delete');
    if (context.flags.bool('force-conflicts') && !context.flags.bool('server-side'))
      throw new CommandError('--force-conflicts only works with --server-side');
    const matches = labelMatcher(context.flags.string('selector'));
    const infos = (await selectFromFiles(context)).filter(({ object }) => matches(object.metadata.labels ?? {}));
    if (infos.length === 0) throw new CommandError('no objects passed to apply');
    await applyAll(context, infos);
  },
});

async function applyAll(context: Context, infos: readonly Info[]): Promise<void> {
  const printer = await objectPrinter(context);
  const errors: unknown[] = [];
  const applied: KubeObject[] = [];
  for (const info of infos) {
    try {
      const { object, outcome } = await applyOne(context, info);
      if (!printer) context.out(`${objectName(info.resource, object.metadata.name)} ${outcome}${dryRunNote(context)}\n`);
      else if (context.flags.string('output') === 'name') context.out(printer.print(object, info.resource));
      else applied.push(object);
    } catch (error) {
      if (error instanceof Exit || (!(error instanceof StatusError) && !(error instanceof CommandError))) throw error;
      errors.push(error);
    }
  }
  const [only] = applied;
  if (printer && only)
    context.out(printer.print(applied.length === 1 ? only : { apiVersion: 'v1', kind: 'List', metadata: {} as never, items: applied }));
  Aggregate.throwAll(errors);
}

type Outcome = 'created' | 'configured' | 'unchanged' | 'serverside-applied';

async function applyOne(context: Context, info: Info): Promise<{ object: KubeObject; outcome: Outcome }> {
  if (!info.object.metadata.name) {
    throw new CommandError(
      info.object.metadata.generateName
        ? `from ${info.object.metadata.generateName}: cannot use generate name with apply`
        : `error when retrieving current configuration of:\n${describeInfo(info)}\nfrom server for: ${JSON.stringify(info.source)}: resource name may not be empty`,
    );
  }
  if (context.flags.bool('server-side')) return { object: await applyOnServer(context, info), outcome: 'serverside-applied' };
  const modified = withLastApplied(info.object);
  const live = await findLive(context, info);
  if (!live) return { object: await create(context, info, modified), outcome: 'created' };
  warnAboutLive(context, info, live);
  const { object, isChanged } = await patchUntilDone(context, info, modified, live);
  return { object, outcome: isChanged ? 'configured' : 'unchanged' };
}

function describeInfo({ resource, name, namespace }: Info): string {
  const apiVersion = resource.group ? `${resource.group}/${resource.version}` : `/${resource.version}`;
  return `Resource: ${JSON.stringify(`${apiVersion}, Resource=${resource.plural}`)}, GroupVersionKind: ${JSON.stringify(`${apiVersion}, Kind=${resource.kind}`)}\nName: ${JSON.stringify(name)}, Namespace: ${JSON.stringify(namespace ?? '')}`;
}

async function applyOnServer(context: Context, info: Info): Promise<KubeObject> {
  const fieldManager = context.flags.changed('field-manager') ? context.flags.string('field-manager') : 'kubectl';
  const query = { ...context.writeQuery(fieldManager), force: context.flags.bool('force-conflicts') };
  try {
    return await context.client.patch(
      pathOf(info.resource, info.namespace, info.name, context.flags.string('subresource') || undefined),
      'application/apply-patch+yaml',
      info.object,
      query,
    );
  } catch (error) {
    if (!StatusError.is(error, 'Conflict')) throw error;
    throw new CommandError(
      `${error.message}\nPlease review the fields above--they currently have other managers. Here\nare the ways you can resolve this warning:\n* If you intend to manage all of these fields, please re-run the apply\n  command with the \`--force-conflicts\` flag.\n* If you do not intend to manage all of the fields, please edit your\n  manifest to remove references to the fields that should keep their\n  current managers.\n* You may co-own fields by updating your manifest to match the existing\n  value; in this case, you'll become the manager if the other manager(s)\n  stop managing the field (remove it from their configuration).\nSee https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`,
    );
  }
}

/** The object with itself, in JSON, as an annotation (`util.GetModifiedConfiguration`). */
export function withLastApplied(object: KubeObject): KubeObject {
  const copy = deepCopy(object);
  const annotations = { ...copy.metadata.annotations };
  delete annotations[lastApplied];
  copy.metadata.annotations = annotations;
  copy.metadata.annotations = { ...annotations, [lastApplied]: `${compactJson(copy)}\n` };
  return copy;
}

async function findLive(context: Context, info: Info): Promise<KubeObject | undefined> {
  try {
    return await context.client.get(pathOf(info.resource, info.namespace, info.name));
  } catch (error) {
    if (StatusError.is(error, 'NotFound')) return undefined;
    throw withSource(`retrieving current configuration of:\n${describeInfo(info)}\nfrom server for:`, info.source, error);
  }
}

async function create(context: Context, info: Info, modified: KubeObject): Promise<KubeObject> {
  if (context.dryRun === 'client') return modified;
  try {
    return await context.client.post(pathOf(info.resource, info.namespace), modified, { query: context.writeQuery() });
  } catch (error) {
    throw withSource('creating', info.source, error);
  }
}

function warnAboutLive(context: Context, { resource, name }: Info, live: KubeObject): void {
  const subject = `${resource.plural}/${name}`;
  if (live.metadata.deletionTimestamp) context.warn(`Warning: Detected changes to resource ${name} which is currently being deleted.\n`);
  if (live.metadata.annotations?.[lastApplied] !== undefined) return;
  context.warn(
    `Warning: resource ${subject} is missing the ${lastApplied} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
  );
}

/** Sends the three-way patch; a conflict is tried again on what is there then. */
async function patchUntilDone(
  context: Context,
  info: Info,
  modified: KubeObject,
  live: KubeObject,
  triesLeft = 5,
): Promise<{ object: KubeObject; isChanged: boolean }> {
  const { contentType, patch } = threeWayPatch(modified, live);
  if (Object.keys(patch).length === 0) return { object: live, isChanged: false };
  if (context.dryRun === 'client') return { object: modified, isChanged: true };
  try {
    const object = await context.client.patch(
      pathOf(info.resource, info.namespace, info.name, context.flags.string('subresource') || undefined),
      contentType,
      patch,
      context.writeQuery(),
    );
    return { object, isChanged: true };
  } catch (error) {
    if (StatusError.is(error, 'Conflict') && triesLeft > 1)
      return patchUntilDone(
        context,
        info,
        modified,
        await context.client.get(pathOf(info.resource, info.namespace, info.name)),
        triesLeft - 1,
      );
    if ((StatusError.is(error, 'Conflict') || StatusError.is(error, 'Invalid')) && context.flags.bool('force'))
      return { object: await recreate(context, info, modified), isChanged: true };
    throw withSource(`applying patch:\n${compactJson(patch)}\nto:\n${describeInfo(info)}\nfor:`, info.source, error);
  }
}

function threeWayPatch(modified: KubeObject, live: KubeObject): { contentType: string; patch: Record<string, unknown> } {
  const annotation = live.metadata.annotations?.[lastApplied];
  const original = annotation ? parseAnnotation(annotation) : {};
  const id = definitionOf(modified.apiVersion, modified.kind);
  if (!id) return { contentType: 'application/merge-patch+json', patch: threeWayJsonMergePatch(original, modified, live) };
  return { contentType: 'application/strategic-merge-patch+json', patch: threeWayMergePatch(original, modified, live, id) };
}

function parseAnnotation(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new CommandError(`unable to decode ${JSON.stringify(lastApplied)}: ${messageOf(error)}`);
  }
}

async function recreate(context: Context, info: Info, modified: KubeObject): Promise<KubeObject> {
  await deleteInfos(context, [info], { isQuiet: true });
  return context.client.post(pathOf(info.resource, info.namespace), modified, { query: context.writeQuery() });
}
