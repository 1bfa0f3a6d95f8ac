import { StatusError, type KubeObject } from '@/lib/cluster';
import { cascadeFlag, dryRunFlag, fieldManagerFlag, fileFlags, printFlags, saveConfigFlag, timeoutFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf, type ApiResource } from '../discovery';
import { draftObject } from '../draft';
import { CommandError } from '../errors';
import { cut, flag } from '../flags';
import { ResultPrinter } from '../output';
import { applyOverrides, overrideFlags } from '../patch/overrides';
import { attachTo, streamLogs } from '../pods/attach';
import { podsResource } from '../pods/find-pod';
import { infoOf } from '../resources';
import { watchUntil } from '../watch-until';
import { withLastApplied } from './apply';
import { deleteInfos } from './delete';

export const run = defineCommand({
  name: 'run',
  short: 'Run a particular image on the cluster',
  long: 'Create and run a particular image in a pod.',
  examples: [
    ['Start a nginx pod', 'kubectl run nginx --image=nginx'],
    ['Start a nginx pod and let the container expose port 80', 'kubectl run nginx --image=nginx --port=80'],
    ['Dry run; print the corresponding API objects without creating them', 'kubectl run nginx --image=nginx --dry-run=client -o yaml'],
    [
      'Start a busybox pod, keep it in the foreground and delete it when it exits',
      'kubectl run -it --rm busybox --image=busybox --restart=Never -- sh',
    ],
    [
      'Start the busybox container using a different command and custom arguments',
      'kubectl run busybox --image=busybox --command -- <cmd> <arg1> ... <argN>',
    ],
  ],
  usage:
    'NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]',
  flags: [
    ...printFlags,
    ...fileFlags('to use to replace the resource.'),
    ...overrideFlags,
    cascadeFlag,
    dryRunFlag,
    fieldManagerFlag('kubectl-run'),
    saveConfigFlag,
    timeoutFlag('The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object'),
    flag.array('annotations', 'Annotations to apply to the pod.'),
    flag.bool(
      'attach',
      "If true, wait for the Pod to start running, and then attach to the Pod as if 'kubectl attach ...' were called.  Default false, unless '-i/--stdin' is set, in which case the default is true. With '--restart=Never' the exit code of the container process is returned.",
    ),
    flag.bool(
      'command',
      "If true and extra arguments are present, use them as the 'command' field in the container, rather than the 'args' field which is the default.",
    ),
    flag.string('detach-keys', 'Override the key sequence for detaching a container.', 'ctrl-p,ctrl-q'),
    flag.array('env', 'Environment variables to set in the container.'),
    flag.bool('expose', 'If true, create a ClusterIP service associated with the pod.  Requires `--port`.'),
    flag.bool('force', 'If true, immediately remove resources from API and bypass graceful deletion.'),
    flag.int('grace-period', 'Period of time in seconds given to the resource to terminate gracefully. Ignored if negative.', -1),
    flag.string('image', 'The image for the container to run.', '', { isRequired: true }),
    flag.string(
      'image-pull-policy',
      'The image pull policy for the container.  If left empty, this value will not be specified by the client and defaulted by the server.',
    ),
    flag.string('labels,l', 'Comma separated labels to apply to the pod. Will override previous values.'),
    flag.bool(
      'leave-stdin-open',
      'If the pod is started in interactive mode or with stdin, leave stdin open after the first attach completes.',
    ),
    flag.duration(
      'pod-running-timeout',
      'The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running',
      '1m0s',
    ),
    flag.string('port', 'The port that this container exposes.'),
    flag.bool('privileged', 'If true, run the container in privileged mode.'),
    flag.bool('quiet,q', 'If true, suppress prompt messages.'),
    flag.string('restart', 'The restart policy for this Pod.  Legal values [Always, OnFailure, Never].', 'Always'),
    flag.bool(
      'rm',
      "If true, delete the pod after it exits.  Only valid when attaching to the container, e.g. with '--attach' or with '-i/--stdin'.",
    ),
    flag.bool('stdin,i', 'Keep stdin open on the container in the pod, even if nothing is attached.'),
    flag.bool('tty,t', 'Allocate a TTY for the container in the pod.'),
    flag.bool('wait', 'If true, wait for resources to be gone before returning. This waits for finalizers.'),
  ],
  async run(context) {
    checkFlags(context);
    const isAttached = shouldAttach(context);
    const printer = await ResultPrinter.of(context);
    const resource = await podsResource(context);
    const pod = await send(context, resource, await applyOverrides(context, podOf(context)));
    if (context.flags.bool('expose')) await exposePod(context, printer);
    if (!isAttached || context.dryRun !== 'none') return printer.print(resource, pod, 'created');
    return foreground(context, resource, pod);
  },
});

function shouldAttach({ flags }: Context): boolean {
  return flags.changed('attach') ? flags.bool('attach') : flags.bool('stdin');
}

function checkFlags(context: Context): void {
  const { flags, args, dashAt, dryRun } = context;
  if (args.length === 0 || dashAt === 0) throw context.usageError('NAME is required for run');
  if (dashAt > 1) throw context.usageError(`exactly one NAME is required, got ${dashAt}`);
  const image = flags.string('image');
  if (!image) throw new CommandError('--image is required');
  if (!/^[a-zA-Z0-9][\w.\-/:@]*$/.test(image) || /[A-Z]/.test(image.replace(/[:@].*$/s, '')))
    throw new CommandError(`Invalid image name ${JSON.stringify(image)}: invalid reference format`);
  if (flags.bool('tty') && !flags.bool('stdin')) throw context.usageError('-i/--stdin is required for containers with -t/--tty=true');
  if (flags.bool('expose') && !flags.string('port')) throw context.usageError('--port must be set when exposing a service');
  if (!['Always', 'OnFailure', 'Never'].includes(flags.string('restart')))
    throw context.usageError(`invalid restart policy: ${flags.string('restart')}`);
  if (shouldAttach(context) && dryRun !== 'none')
    throw context.usageError("--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)");
  if (flags.bool('rm') && !shouldAttach(context)) throw context.usageError('--rm should only be used for attached containers');
}

function podOf(context: Context): KubeObject {
  const { flags, args } = context;
  const [name = '', ...rest] = args;
  const labels = flags.string('labels') ? pairs(flags.string('labels').split(','), 'label') : { run: name };
  const annotations = pairs(flags.list('annotations'), 'annotation');
  const env = flags.list('env').map((pair) => {
    const [key, value] = cut(pair, '=');
    if (!key || value === undefined) throw new CommandError(`invalid env: ${pair}`);
    return { name: key, value };
  });
  const port = flags.string('port');
  if (port && !/^\d+$/.test(port)) throw new CommandError(`strconv.ParseInt: parsing ${JSON.stringify(port)}: invalid syntax`);
  const isInteractive = flags.bool('stdin');
  const container = {
    name,
    image: flags.string('image'),
    ...(rest.length ? { [flags.bool('command') ? 'command' : 'args']: rest } : {}),
    ...(env.length ? { env } : {}),
    ...(flags.string('image-pull-policy') ? { imagePullPolicy: flags.string('image-pull-policy') } : {}),
    ...(port ? { ports: [{ containerPort: Number(port) }] } : {}),
    resources: {},
    ...(flags.bool('privileged') ? { securityContext: { privileged: true } } : {}),
    ...(isInteractive ? { stdin: true, ...(flags.bool('leave-stdin-open') ? {} : { stdinOnce: true }) } : {}),
    ...(flags.bool('tty') ? { tty: true } : {}),
  };
  const namespace = context.enforcesNamespace ? { namespace: context.namespace } : {};
  return draftObject({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, labels, ...(Object.keys(annotations).length ? { annotations } : {}), ...namespace },
    spec: { containers: [container], restartPolicy: flags.string('restart'), dnsPolicy: 'ClusterFirst' },
    status: {},
  });
}

function pairs(list: readonly string[], noun: string): Record<string, string> {
  return Object.fromEntries(
    list.map((pair) => {
      const [key, value] = cut(pair, '=');
      if (value === undefined || key === '')
        throw new CommandError(
          noun === 'label'
            ? `unexpected label format: ${pair}`.replace('unexpected label format', 'unexpected label spec')
            : `unexpected annotation format: ${pair}`,
        );
      return [key, value] as const;
    }),
  );
}

async function send(context: Context, resource: ApiResource, object: KubeObject): Promise<KubeObject> {
  const final = context.flags.bool('save-config') ? withLastApplied(object) : object;
  if (context.dryRun === 'client') return final;
  return context.client.post(pathOf(resource, context.namespace), final, { query: context.writeQuery() });
}

async function exposePod(context: Context, printer: ResultPrinter): Promise<void> {
  const [name = ''] = context.args;
  const port = Number(context.flags.string('port'));
  const labels = context.flags.string('labels') ? pairs(context.flags.string('labels').split(','), 'label') : { run: name };
  const service = draftObject({
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name, ...(context.enforcesNamespace ? { namespace: context.namespace } : {}) },
    spec: { ports: [{ port, protocol: 'TCP', targetPort: port }], selector: labels },
    status: { loadBalancer: {} },
  });
  const resource = await context.discovery.get('services');
  printer.print(resource, await send(context, resource, service), 'created');
  if (context.flags.string('output') === 'yaml') context.out('---\n');
}

/** Attaches to the new Pod, and returns its exit code where it runs once. */
async function foreground(context: Context, resource: ApiResource, pod: KubeObject): Promise<number> {
  const info = infoOf(resource, pod);
  try {
    const running = await waitUntilStarted(context, info);
    const hasEnded = isOver(running);
    if (hasEnded) await streamLogs(context, running);
    else
      await attachTo(context, running, {
        stdin: context.flags.bool('stdin'),
        tty: context.flags.bool('tty'),
        isQuiet: context.flags.bool('quiet'),
      });
    if (context.flags.string('restart') === 'Always' && !context.flags.bool('rm')) {
      const { name } = pod.metadata;
      if (context.flags.bool('stdin'))
        context.out(
          `Session ended, resume using 'kubectl attach ${name} -c ${name}${context.flags.bool('stdin') ? ' -i' : ''}${context.flags.bool('tty') ? ' -t' : ''}' command when the pod is running\n`,
        );
      return 0;
    }
    return context.flags.string('restart') === 'Never' ? exitCodeOf(context, await waitUntilOver(context, info)) : 0;
  } finally {
    if (context.flags.bool('rm'))
      await deleteInfos(context, [info]).catch((error: unknown) => {
        if (!StatusError.is(error, 'NotFound')) throw error;
      });
  }
}

function isOver(pod: KubeObject): boolean {
  return pod['status']?.phase === 'Succeeded' || pod['status']?.phase === 'Failed';
}

async function waitUntilStarted(context: Context, info: ReturnType<typeof infoOf>): Promise<KubeObject> {
  const deadline = context.io.now() + context.flags.duration('pod-running-timeout');
  let latest = info.object;
  const outcome = await watchUntil(
    context,
    info,
    (pod) => {
      if (!pod) throw new CommandError(`pods ${JSON.stringify(info.name)} not found`);
      latest = pod;
      const isReady = pod['status']?.conditions?.some(
        ({ type, status }: { type: string; status: string }) => type === 'Ready' && status === 'True',
      );
      return isOver(pod) || (pod['status']?.phase === 'Running' && isReady);
    },
    deadline,
  );
  if (outcome === 'timeout') throw new CommandError('timed out waiting for the condition');
  return latest;
}

async function waitUntilOver(context: Context, info: ReturnType<typeof infoOf>): Promise<KubeObject> {
  let latest = info.object;
  await watchUntil(context, info, (pod) => {
    latest = pod ?? latest;
    return pod === undefined || isOver(pod);
  });
  return latest;
}

function exitCodeOf(context: Context, pod: KubeObject): number {
  const { phase, containerStatuses = [] } = pod['status'] ?? {};
  if (phase !== 'Failed') return 0;
  const terminated = containerStatuses.map(({ state }: any) => state?.terminated).find((state: any) => state && state.exitCode !== 0);
  context.warn(
    `pod ${pod.metadata.namespace}/${pod.metadata.name} terminated (${terminated?.reason ?? pod['status'].reason ?? 'Error'})\n`,
  );
  return terminated?.exitCode ?? 1;
}
