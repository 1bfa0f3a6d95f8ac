import { StatusError } from '@/lib/cluster';
import { allNamespacesFlag, cascadeFlag, dryRunFlag, fieldSelectorFlag, fileFlags, selectorFlag, timeoutFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { objectName, pathOf } from '../discovery';
import { Aggregate, CommandError } from '../errors';
import { flag } from '../flags';
import { hasFiles } from '../manifests';
import { dryRunNote } from '../output';
import { selectFromFiles, visitLive, type Info } from '../resources';
import { watchUntil } from '../watch-until';

export const deleteCommand = defineCommand({
  name: 'delete',
  short: 'Delete resources by file names, stdin, resources and names, or by resources and label selector',
  long: 'Delete resources by file names, stdin, resources and names, or by resources and label selector.\n\n Some resources, such as pods, are deleted gracefully: they get a period to stop in before they are killed (--grace-period, --now, --force). The delete command does no resource version checks, so an update made at the same moment is lost with the rest of the resource.',
  examples: [
    ['Delete a pod using the type and name specified in pod.yaml', 'kubectl delete -f ./pod.yaml'],
    ['Delete pods and services with same names "baz" and "foo"', 'kubectl delete pod,service baz foo'],
    ['Delete pods and services with label name=myLabel', 'kubectl delete pods,services -l name=myLabel'],
    ['Delete a pod with minimal delay', 'kubectl delete pod foo --now'],
    ['Force delete a pod on a dead node', 'kubectl delete pod foo --force'],
  ],
  usage: '([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])',
  flags: [
    ...fileFlags('containing the resource to delete.'),
    allNamespacesFlag,
    cascadeFlag,
    dryRunFlag,
    fieldSelectorFlag,
    selectorFlag,
    timeoutFlag('The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object'),
    flag.bool('all', 'Delete all resources, in the namespace of the specified resource types.'),
    flag.bool(
      'force',
      'If true, immediately remove resources from API and bypass graceful deletion. Note that immediate deletion of some resources may result in inconsistency or data loss and requires confirmation.',
    ),
    flag.int(
      'grace-period',
      'Period of time in seconds given to the resource to terminate gracefully. Ignored if negative. Set to 1 for immediate shutdown. Can only be set to 0 when --force is true (force deletion).',
      -1,
    ),
    flag.bool('ignore-not-found', 'Treat "resource not found" as a successful delete. Defaults to "true" when --all is specified.'),
    flag.bool('interactive,i', 'If true, delete resource only when user confirms.'),
    flag.bool('now', 'If true, resources are signaled for immediate shutdown (same as --grace-period=1).'),
    flag.string('output,o', 'Output mode. Use "-o name" for shorter output (resource/name).'),
    flag.string('raw', 'Raw URI to DELETE to the server.  Uses the transport specified by the kubeconfig file.'),
    flag.bool('wait', 'If true, wait for resources to be gone before returning. This waits for finalizers.', true),
  ],
  async run(context) {
    checkFlags(context);
    const infos = await selectForDeletion(context);
    if (infos.length === 0 && !context.flags.bool('ignore-not-found')) context.out('No resources found\n');
    await deleteInfos(context, infos);
  },
});

function checkFlags({ flags, io }: Context): void {
  const output = flags.string('output');
  if (output && output !== 'name') throw new CommandError(`unexpected -o output mode: ${output}. We only support '-o name'.`);
  if (flags.bool('interactive')) throw new CommandError('--interactive is not simulated; leave it out to delete at once');
  const grace = flags.int('grace-period');
  if (flags.bool('now') && grace !== -1) throw new CommandError('--now and --grace-period cannot be specified together');
  if (grace === 0 && !flags.bool('force')) return;
  if (flags.bool('force') && grace > 0) throw new CommandError('--force and --grace-period greater than 0 cannot be specified together');
  if (flags.bool('force'))
    io.stderr(
      'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n',
    );
}

async function selectForDeletion(context: Context): Promise<Info[]> {
  const ignoresMissing = context.flags.bool('ignore-not-found') || context.flags.bool('all');
  const infos: Info[] = [];
  const errors: unknown[] = [];
  if (hasFiles(context)) return selectFromFiles(context);
  for await (const found of visitLive(context)) {
    if (!('error' in found)) infos.push(found);
    else if (!(ignoresMissing && StatusError.is(found.error, 'NotFound'))) errors.push(found.error);
  }
  if (errors.length === 0) return infos;
  await deleteInfos(context, infos);
  Aggregate.throwAll(errors);
  return [];
}

interface DeleteOptions {
  readonly isQuiet?: boolean;
}

/** Deletes objects one after another, says so, and waits until they are gone unless told not to. */
export async function deleteInfos(context: Context, infos: readonly Info[], { isQuiet = false }: DeleteOptions = {}): Promise<void> {
  const errors: unknown[] = [];
  const waiting: { info: Info; uid: string | undefined }[] = [];
  for (const info of infos) {
    try {
      const uid = await deleteOne(context, info);
      if (!isQuiet) context.out(deletedLine(context, info));
      waiting.push({ info, uid });
    } catch (error) {
      const isMissing = StatusError.is(error, 'NotFound');
      if (isMissing && context.flags.has('ignore-not-found') && (context.flags.bool('ignore-not-found') || context.flags.bool('all')))
        continue;
      if (!(error instanceof StatusError)) throw error;
      errors.push(info.source ? withDeletingSource(info, error) : error);
    }
  }
  const waits = context.flags.has('wait') ? context.flags.bool('wait') || isQuiet : true;
  if (waits && context.dryRun === 'none') await waitUntilGone(context, waiting);
  Aggregate.throwAll(errors);
}

function withDeletingSource({ source }: Info, error: StatusError): StatusError {
  return new StatusError({ ...error.status, message: `error when deleting ${JSON.stringify(source)}: ${error.status.message ?? ''}` });
}

async function deleteOne(context: Context, info: Info): Promise<string | undefined> {
  if (context.dryRun === 'client') return undefined;
  const grace = gracePeriod(context);
  const options = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(grace < 0 ? {} : { gracePeriodSeconds: grace }),
    propagationPolicy: propagation(context),
    ...(context.dryRun === 'server' ? { dryRun: ['All'] } : {}),
  };
  const answer = await context.client.delete(pathOf(info.resource, info.namespace, info.name), options);
  return answer?.kind === 'Status' ? answer.details?.uid : answer?.metadata?.uid;
}

/** -1 leaves it to the object. */
function gracePeriod({ flags }: Context): number {
  if (flags.has('now') && flags.bool('now')) return 1;
  const grace = flags.has('grace-period') ? flags.int('grace-period') : -1;
  const isForced = flags.has('force') && flags.bool('force');
  if (isForced && grace < 0) return 0;
  return grace === 0 && !isForced ? 1 : grace;
}

function propagation({ flags }: Context): string {
  const cascade = flags.has('cascade') ? flags.string('cascade') : 'background';
  if (cascade === 'background' || cascade === 'true') return 'Background';
  if (cascade === 'foreground') return 'Foreground';
  if (cascade === 'orphan' || cascade === 'false') return 'Orphan';
  throw new CommandError(`invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`);
}

function deletedLine(context: Context, { resource, name, namespace }: Info): string {
  if (context.flags.string('output') === 'name') return `${objectName(resource, name)}\n`;
  const kind = `${resource.kind.toLowerCase()}${resource.group ? `.${resource.group}` : ''}`;
  const place = namespace ? ` from ${namespace} namespace` : '';
  const isForced = context.flags.bool('force') && context.flags.int('grace-period') <= 0;
  return `${kind} ${JSON.stringify(name)} ${isForced ? 'force deleted' : 'deleted'}${place}${dryRunNote(context)}\n`;
}

/** Waits until each object is gone or another of its name has come. */
async function waitUntilGone(context: Context, waiting: readonly { info: Info; uid: string | undefined }[]): Promise<void> {
  const timeoutMs = (context.flags.has('timeout') && context.flags.duration('timeout')) || undefined;
  const deadline = timeoutMs === undefined ? undefined : context.io.now() + timeoutMs;
  for (const { info, uid } of waiting) {
    const outcome = await watchUntil(
      context,
      info,
      (live) => live === undefined || (uid !== undefined && live.metadata.uid !== uid),
      deadline,
    );
    if (outcome === 'timeout') throw new CommandError(`timed out waiting for the condition on ${info.resource.plural}/${info.name}`);
  }
}
