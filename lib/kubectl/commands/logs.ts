import { StatusError, type KubeObject } from '@/lib/cluster';
import { selectorFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { Aggregate, CommandError } from '../errors';
import { flag } from '../flags';
import { containerNames, defaultContainer, namesWithKind } from '../pods/containers';
import { findPod, podsResource } from '../pods/find-pod';
import { listObjects } from '../resources';

const expected =
  "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command";

export const logs = defineCommand({
  name: 'logs',
  short: 'Print the logs for a container in a pod',
  long: 'Print the logs for a container in a pod or specified resource. If the pod has only one container, the container name is optional.',
  examples: [
    ['Return snapshot logs from pod nginx with only one container', 'kubectl logs nginx'],
    ['Return snapshot logs from all pods of a deployment, prefixed', 'kubectl logs deployment/web --all-pods'],
    ['Begin streaming the logs of the ruby container in pod web-1', 'kubectl logs -f -c ruby web-1'],
    ['Return the logs of the container that ran before', 'kubectl logs -p -c ruby web-1'],
    ['Display only the most recent 20 lines of output in pod nginx', 'kubectl logs --tail=20 nginx'],
  ],
  usage: '[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]',
  flags: [
    selectorFlag,
    flag.bool('all-containers', "Get all containers' logs in the pod(s)."),
    flag.bool('all-pods', 'Get logs from all pod(s). Sets prefix to true.'),
    flag.string('container,c', 'Print the logs of this container'),
    flag.bool('follow,f', 'Specify if the logs should be streamed.'),
    flag.bool('ignore-errors', 'If watching / following pod logs, allow for any errors that occur to be non-fatal'),
    flag.bool('insecure-skip-tls-verify-backend', 'Skip verifying the identity of the kubelet that logs are requested from.'),
    flag.int('limit-bytes', 'Maximum bytes of logs to return. Defaults to no limit.'),
    flag.int('max-log-requests', 'Specify maximum number of concurrent logs to follow when using by a selector. Defaults to 5.', 5),
    flag.duration(
      'pod-running-timeout',
      'The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running',
      '20s',
    ),
    flag.bool('prefix', 'Prefix each log line with the log source (pod name and container name)'),
    flag.bool('previous,p', 'If true, print the logs for the previous instance of the container in a pod if it exists.'),
    flag.duration(
      'since',
      'Only return logs newer than a relative duration like 5s, 2m, or 3h. Defaults to all logs. Only one of since-time / since may be used.',
    ),
    flag.string(
      'since-time',
      'Only return logs after a specific date (RFC3339). Defaults to all logs. Only one of since-time / since may be used.',
    ),
    flag.int(
      'tail',
      'Lines of recent log file to display. Defaults to -1 with no selector, showing all log lines otherwise 10, if a selector is provided.',
      -1,
    ),
    flag.bool('timestamps', 'Include timestamps on each line in the log output'),
  ],
  async run(context) {
    checkArguments(context);
    const sources = await sourcesOf(context);
    const { flags } = context;
    if (flags.bool('follow') && sources.length > flags.int('max-log-requests')) {
      throw new CommandError(
        `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${flags.int('max-log-requests')}, use --max-log-requests to increase the limit`,
      );
    }
    await (flags.bool('follow') && sources.length > 1 ? followAll(context, sources) : printInTurn(context, sources));
  },
});

/** One container's log. */
interface LogSource {
  readonly pod: KubeObject;
  readonly container: string;
  /** `[pod/web/nginx] `, or nothing. */
  readonly prefix: string;
}

function checkArguments(context: Context): void {
  const { args, flags } = context;
  if (args.length === 0 && !flags.string('selector')) throw context.usageError(expected);
  if (args.length > 0 && flags.string('selector')) throw context.usageError('only a selector (-l) or a POD name is allowed');
  if (args.length > 2) throw context.usageError(expected);
  if (args.length === 2 && flags.string('container')) throw context.usageError('only one of -c or an inline [CONTAINER] arg is allowed');
  if (flags.bool('all-containers') && (flags.string('container') || args.length === 2))
    throw new CommandError('--all-containers=true should not be specified with container');
  if (flags.changed('since') && flags.string('since-time'))
    throw new CommandError('at most one of `sinceTime` or `since` may be specified');
  if (flags.changed('since') && flags.duration('since') <= 0) throw new CommandError('--since must be greater than 0');
  if (flags.changed('tail') && flags.int('tail') < -1) throw new CommandError('--tail must be greater than or equal to -1');
}

async function sourcesOf(context: Context): Promise<LogSource[]> {
  const pods = await podsOf(context);
  if (pods.length === 0) context.warn(`No resources found in ${context.namespace} namespace.\n`);
  const isPrefixed = context.flags.bool('prefix') || context.flags.bool('all-pods');
  return pods.flatMap((pod) =>
    containersOf(context, pod).map((container) => ({
      pod,
      container,
      prefix: isPrefixed ? `[pod/${pod.metadata.name}/${container}] ` : '',
    })),
  );
}

async function podsOf(context: Context): Promise<KubeObject[]> {
  const [target = ''] = context.args;
  if (!target) return listObjects(context, await podsResource(context), context.namespace);
  if (context.flags.bool('all-pods')) return (await findPod(context, target)).candidates;
  const { pod, candidates } = await findPod(context, target).catch((error: unknown) => {
    const isPod = !target.includes('/') && StatusError.is(error, 'NotFound');
    throw isPod
      ? new CommandError(`error from server (NotFound): ${error.message} in namespace ${JSON.stringify(context.namespace)}`)
      : error;
  });
  if (candidates.length > 1) context.warn(`Found ${candidates.length} pods, using pod/${pod.metadata.name}\n`);
  return [pod];
}

function containersOf(context: Context, pod: KubeObject): string[] {
  const wanted = context.flags.string('container') || context.args[1];
  const names = containerNames(pod);
  if (context.flags.bool('all-containers')) return names;
  if (wanted) {
    if (!names.includes(wanted))
      throw new CommandError(`container ${wanted} is not valid for pod ${pod.metadata.name} out of: ${namesWithKind(pod)}`);
    return [wanted];
  }
  return [defaultContainer(context, pod, { isLoud: true })];
}

function queryOf({ flags }: Context, container: string) {
  const tail = flags.changed('tail') ? flags.int('tail') : flags.string('selector') ? 10 : -1;
  return {
    container,
    follow: flags.bool('follow') || undefined,
    previous: flags.bool('previous') || undefined,
    timestamps: flags.bool('timestamps') || undefined,
    sinceSeconds: flags.changed('since') ? Math.ceil(flags.duration('since') / 1000) : undefined,
    sinceTime: flags.string('since-time') || undefined,
    tailLines: tail >= 0 ? tail : undefined,
    limitBytes: flags.int('limit-bytes') || undefined,
  };
}

async function printInTurn(context: Context, sources: readonly LogSource[]): Promise<void> {
  for (const source of sources) await printOne(context, source);
}

async function followAll(context: Context, sources: readonly LogSource[]): Promise<void> {
  const outcomes = await Promise.allSettled(sources.map((source) => printOne(context, source)));
  const errors = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (!context.flags.bool('ignore-errors')) Aggregate.throwAll(errors);
}

async function printOne(context: Context, { pod, container, prefix }: LogSource): Promise<void> {
  const path = pathOf(await podsResource(context), pod.metadata.namespace, pod.metadata.name, 'log');
  let isLineStart = true;
  for await (const chunk of context.client.stream(path, {
    query: queryOf(context, container),
    headers: { accept: 'application/json, */*' },
  })) {
    const text = String(chunk);
    if (!text) continue;
    context.out(prefix ? prefixed(text, prefix, isLineStart) : text);
    isLineStart = text.endsWith('\n');
  }
}

function prefixed(text: string, prefix: string, isLineStart: boolean): string {
  const withinLines = text.replace(/\n(?=[^])/g, `\n${prefix}`);
  return isLineStart ? prefix + withinLines : withinLines;
}
