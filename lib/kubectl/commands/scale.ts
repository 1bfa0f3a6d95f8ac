import { StatusError, type KubeObject } from '@/lib/cluster';
import { allFlag, dryRunFlag, fileFlags, printFlags, selectorFlag, timeoutFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { Aggregate, CommandError } from '../errors';
import { flag } from '../flags';
import { ResultPrinter } from '../output';
import { visitLive, type Info } from '../resources';
import { watchUntil } from '../watch-until';

export const scale = defineCommand({
  name: 'scale',
  short: 'Set a new size for a deployment, replica set, or replication controller',
  long: 'Set a new size for a deployment, replica set, replication controller, or stateful set.\n\n Preconditions may be given: with --current-replicas or --resource-version the size is only set while they hold.',
  examples: [
    ["Scale a replica set named 'foo' to 3", 'kubectl scale --replicas=3 rs/foo'],
    [
      "If the deployment named mysql's current size is 2, scale mysql to 3",
      'kubectl scale --current-replicas=2 --replicas=3 deployment/mysql',
    ],
  ],
  usage: '[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)',
  flags: [
    ...printFlags,
    ...fileFlags('identifying the resource to set a new size'),
    allFlag,
    dryRunFlag,
    selectorFlag,
    timeoutFlag(
      "The length of time to wait before giving up on a scale operation, zero means don't wait. Any other values should contain a corresponding time unit (e.g. 1s, 2m, 3h).",
    ),
    flag.int(
      'current-replicas',
      'Precondition for current size. Requires that the current size of the resource match this value in order to scale. -1 (default) for no condition.',
      -1,
    ),
    flag.int('replicas', 'The new desired number of replicas. Required.', 0, { isRequired: true }),
    flag.string(
      'resource-version',
      'Precondition for resource version. Requires that the current resource version match this value in order to scale.',
    ),
  ],
  async run(context) {
    if (context.flags.int('replicas') < 0)
      throw new CommandError('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0');
    const printer = await ResultPrinter.of(context);
    const errors: unknown[] = [];
    let count = 0;
    for await (const found of visitLive(context)) {
      if ('error' in found) errors.push(found.error);
      else {
        count++;
        printer.print(found.resource, await scaleOne(context, found), 'scaled');
      }
    }
    Aggregate.throwAll(errors);
    if (count === 0) throw new CommandError('no objects passed to scale');
  },
});

async function scaleOne(context: Context, info: Info): Promise<KubeObject> {
  if (context.dryRun === 'client') return info.object;
  const path = pathOf(info.resource, info.namespace, info.name, 'scale');
  const replicas = context.flags.int('replicas');
  const expected = context.flags.int('current-replicas');
  const version = context.flags.string('resource-version');
  if (expected < 0 && !version) await patchScale(context, info, path, replicas);
  else {
    const current = await getScale(context, info, path);
    if (expected >= 0 && (current['spec']?.replicas ?? 0) !== expected)
      throw new CommandError(`Expected replicas to be ${expected}, was ${current['spec']?.replicas ?? 0}`);
    if (version && current.metadata.resourceVersion !== version)
      throw new CommandError(`Expected resource version to be ${version}, was ${current.metadata.resourceVersion}`);
    await context.client.put(path, { ...current, spec: { ...current['spec'], replicas } }, { query: context.writeQuery() });
  }
  await waitForReplicas(context, info, replicas);
  return info.object;
}

async function patchScale(context: Context, info: Info, path: string, replicas: number): Promise<void> {
  try {
    await context.client.patch(path, 'application/merge-patch+json', { spec: { replicas } }, context.writeQuery());
  } catch (error) {
    throw notScalable(info, error);
  }
}

async function getScale(context: Context, info: Info, path: string): Promise<KubeObject> {
  try {
    return await context.client.get(path);
  } catch (error) {
    throw notScalable(info, error);
  }
}

/** A kind without a scale subresource answers as if it did not know the object. */
function notScalable({ resource }: Info, error: unknown): unknown {
  if (!resource.subresources.includes('scale') && StatusError.is(error, 'NotFound'))
    return new StatusError({ ...error.status, message: 'the server could not find the requested resource' });
  return error;
}

async function waitForReplicas(context: Context, info: Info, replicas: number): Promise<void> {
  const timeoutMs = context.flags.duration('timeout');
  if (timeoutMs <= 0) return;
  const hasScaled = (object: KubeObject | undefined) =>
    object === undefined ||
    (object['status']?.observedGeneration >= (object.metadata.generation ?? 0) &&
      (object['status']?.replicas ?? 0) === replicas &&
      object['spec']?.replicas === replicas);
  if ((await watchUntil(context, info, hasScaled, context.io.now() + timeoutMs)) === 'timeout')
    throw new CommandError('timed out waiting for the condition');
}
