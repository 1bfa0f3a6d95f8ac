import type { KubeObject } from '@/lib/cluster';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { CommandError } from '../errors';
import { fileFlags } from '../common-flags';
import { flag } from '../flags';
import { hasFiles } from '../manifests';
import { attachTo, converse } from '../pods/attach';
import { containerNames, defaultContainer, namesWithKind } from '../pods/containers';
import { findPod, podsResource } from '../pods/find-pod';
import { selectFromFiles } from '../resources';

const containerFlag = flag.string(
  'container,c',
  'Container name. If omitted, use the kubectl.kubernetes.io/default-container annotation for selecting the container to be attached or the first container in the pod will be chosen',
);
const podTimeout = flag.duration(
  'pod-running-timeout',
  'The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running',
  '1m0s',
);
const [filenameFlag] = fileFlags('to use to exec into the resource');

export const exec = defineCommand({
  name: 'exec',
  short: 'Execute a command in a container',
  examples: [
    ["Get output from running the 'date' command from pod mypod, using the first container by default", 'kubectl exec mypod -- date'],
    ["Get output from running the 'date' command in ruby-container from pod mypod", 'kubectl exec mypod -c ruby-container -- date'],
    ["Switch to raw terminal mode; sends stdin to 'bash' in the container", 'kubectl exec mypod -i -t -- bash'],
    ['Run in the first pod of a deployment', 'kubectl exec deploy/mydeployment -- date'],
  ],
  usage: '(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]',
  flags: [
    containerFlag,
    podTimeout,
    ...(filenameFlag ? [filenameFlag] : []),
    flag.bool('quiet,q', 'Only print output from the remote session'),
    flag.bool('stdin,i', 'Pass stdin to the container'),
    flag.bool('tty,t', 'Stdin is a TTY'),
  ],
  async run(context) {
    const { target, command } = split(context);
    const pod = target ? (await findPod(context, target)).pod : await podFromFile(context);
    const phase = pod['status']?.phase;
    if (phase === 'Succeeded' || phase === 'Failed')
      throw new CommandError(`cannot exec into a container in a completed pod; current phase is ${phase}`);
    return execIn(context, pod, command);
  },
});

function split(context: Context): { target: string; command: readonly string[] } {
  const { args, dashAt } = context;
  const before = dashAt < 0 ? args : args.slice(0, dashAt);
  const command = dashAt < 0 ? [] : args.slice(dashAt);
  if (before.length === 0 && !hasFiles(context)) throw new CommandError('pod, type/name or --filename must be specified');
  if (before.length > 1) throw context.usageError('exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead');
  if (command.length === 0) throw new CommandError('you must specify at least one command for the container');
  return { target: before[0] ?? '', command };
}

async function podFromFile(context: Context): Promise<KubeObject> {
  const [info] = await selectFromFiles(context);
  if (!info) throw new CommandError('pod, type/name or --filename must be specified');
  return (await findPod(context, `${info.resource.plural}/${info.name}`)).pod;
}

function containerOf(context: Context, pod: KubeObject): string {
  const wanted = context.flags.string('container');
  if (!wanted) return defaultContainer(context, pod, { isLoud: !context.flags.bool('quiet') });
  if (!containerNames(pod).includes(wanted))
    throw new CommandError(`container ${wanted} is not valid for pod ${pod.metadata.name} out of: ${namesWithKind(pod)}`);
  return wanted;
}

async function execIn(context: Context, pod: KubeObject, command: readonly string[]): Promise<number> {
  const { flags, io } = context;
  const container = containerOf(context, pod);
  const isTty = flags.bool('tty') && flags.bool('stdin') && io.isTerminal;
  if (flags.bool('tty') && !isTty && !flags.bool('quiet'))
    context.warn('Unable to use a TTY - input is not a terminal or the right kind of file\n');
  const path = pathOf(await podsResource(context), pod.metadata.namespace, pod.metadata.name, 'exec');
  const query = {
    container,
    command,
    stdin: flags.bool('stdin') || undefined,
    stdout: true,
    stderr: isTty ? undefined : true,
    tty: isTty || undefined,
  };
  const { code, message } = await converse(context, await context.client.connect(path, query), { stdin: flags.bool('stdin'), tty: isTty });
  if (code === 0) return 0;
  // A message says why the process could not be started; one that merely ended badly has only its code.
  const couldNotStart = message !== undefined && !message.startsWith('command terminated');
  context.warn(couldNotStart ? `error: ${message}\n` : `command terminated with exit code ${code}\n`);
  return couldNotStart ? 1 : code;
}

export const attach = defineCommand({
  name: 'attach',
  short: 'Attach to a running container',
  long: 'Attach to a process that is already running inside an existing container.',
  examples: [
    ['Get output from running pod mypod', 'kubectl attach mypod'],
    ["Switch to raw terminal mode; sends stdin to 'bash' in ruby-container from pod mypod", 'kubectl attach mypod -c ruby-container -i -t'],
  ],
  usage: '(POD | TYPE/NAME) -c CONTAINER',
  flags: [
    containerFlag,
    podTimeout,
    flag.string('detach-keys', 'Override the key sequence for detaching a container.', 'ctrl-p,ctrl-q'),
    flag.bool('quiet,q', 'Only print output from the remote session'),
    flag.bool('stdin,i', 'Pass stdin to the container'),
    flag.bool('tty,t', 'Stdin is a TTY'),
  ],
  async run(context) {
    const { args, flags } = context;
    if (args.length === 0) throw new CommandError('at least 1 argument is required for attach');
    if (args.length > 2)
      throw context.usageError(
        'expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw '.trimEnd() + ` ${args.length}: [${args.join(' ')}]`,
      );
    const { pod } = await findPod(context, args.length === 2 ? args.join('/') : (args[0] as string));
    const phase = pod['status']?.phase;
    if (phase === 'Succeeded' || phase === 'Failed')
      throw new CommandError(`cannot attach a container in a completed pod; current phase is ${phase}`);
    await attachTo(context, pod, {
      stdin: flags.bool('stdin'),
      tty: flags.bool('tty'),
      isQuiet: flags.bool('quiet'),
      container: flags.string('container'),
    });
  },
});
