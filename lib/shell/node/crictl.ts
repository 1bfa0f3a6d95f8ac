import { CriError, goRegexp, type Cluster, type Container, type ContainerRuntime, type Machine, type PodSandbox } from '@/lib/cluster';
import { flag, FlagError, parseArguments, type FlagDefinition, type Flags } from '@/lib/kubectl';
import { defineTool, ToolError, type Tool, type ToolContext } from '../tool';

interface Command {
  readonly flags?: readonly FlagDefinition[];
  run(runtime: ContainerRuntime, words: readonly string[], context: ToolContext, flags: Flags): void;
}

const quiet = flag.bool('quiet,q', 'Only display IDs');

const usage = `NAME:
   crictl - client for CRI

USAGE:
   crictl [global options] command [command options] [arguments...]

COMMANDS:
   exec        Run a command in a running container
   images      List images
   inspect     Display the status of one or more containers
   inspectp    Display the status of one or more pods
   logs        Fetch the logs of a container
   pods        List pods
   ps          List containers
   rm          Remove one or more containers
   rmi         Remove one or more images
   stop        Stop one or more running containers
   version     Display runtime version information
`;

/** cri-tools' crictl over the machine's containerd. */
export function createCrictl(cluster: Cluster, machine: Machine): Tool {
  const commands: Readonly<Record<string, Command>> = {
    ps: {
      flags: [
        quiet,
        flag.bool('all,a', 'Show all containers'),
        flag.string('name', 'filter by container name regular expression pattern'),
        flag.string('pod,p', 'Filter by pod id'),
        flag.string('state,s', 'Filter by container state'),
      ],
      run(runtime, _, { stdout }, flags) {
        const state = flags.string('state').toLowerCase() || (flags.bool('all') ? undefined : 'running');
        const isNamed = patternOf(flags.string('name'));
        const shown = newest(runtime.listContainers()).filter(
          (one) => (state === undefined || one.state === state) && isNamed(one.name) && one.sandboxId.startsWith(flags.string('pod')),
        );
        if (flags.bool('quiet')) return stdout(shown.map(({ id }) => `${id}\n`).join(''));
        const heads = ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'];
        const rows = shown.map((one) => containerRow(cluster, runtime, one));
        stdout(table(heads, rows));
      },
    },
    pods: {
      flags: [
        quiet,
        flag.string('name', 'filter by pod name regular expression pattern'),
        flag.string('namespace', 'filter by pod namespace regular expression pattern'),
        flag.string('state,s', 'filter by pod state'),
      ],
      run(runtime, _, { stdout }, flags) {
        const [isNamed, isInNamespace] = [patternOf(flags.string('name')), patternOf(flags.string('namespace'))];
        const state = flags.string('state').toLowerCase();
        const shown = newest(runtime.listPodSandboxes()).filter(
          (one) => (state === '' || one.state === state) && isNamed(one.name) && isInNamespace(one.namespace),
        );
        if (flags.bool('quiet')) return stdout(shown.map(({ id }) => `${id}\n`).join(''));
        const heads = ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'];
        const rows = shown.map((one) => podRow(cluster, one));
        stdout(table(heads, rows));
      },
    },
    images: {
      run(runtime, _, { stdout }) {
        const rows = runtime.listImages().map(({ name, ref, sizeBytes }) => {
          const colon = name.lastIndexOf(':');
          return [name.slice(0, colon), name.slice(colon + 1), digestOf(ref).slice(0, 13), humanSize(sizeBytes)];
        });
        stdout(table(['IMAGE', 'TAG', 'IMAGE ID', 'SIZE'], rows));
      },
    },
    logs: {
      flags: [flag.int('tail', 'Number of lines to show from the end of the logs', -1)],
      run(runtime, words, context, flags) {
        const lines = (context.files.findText(find(runtime, words[0]).logPath) ?? '').split(/(?<=\n)/).filter(Boolean);
        const tail = flags.int('tail');
        for (const line of lines.slice(tail < 0 ? 0 : Math.max(0, lines.length - tail))) {
          const [, stream, isWhole, text = ''] = /^\S+ (\S+) ([FP]) ([^]*)$/.exec(line) ?? [];
          const shown = isWhole === 'P' ? text.replace(/\n$/, '') : text;
          if (stream === 'stderr') context.stderr(shown);
          else context.stdout(shown);
        }
      },
    },
    inspect: {
      run(runtime, words, { stdout }) {
        const container = find(runtime, words[0]);
        stdout(`${JSON.stringify({ status: statusOf(container) }, null, 2)}\n`);
      },
    },
    inspectp: {
      run(runtime, words, { stdout }) {
        const sandbox = findPod(runtime, words[0]);
        stdout(`${JSON.stringify({ status: podStatusOf(sandbox) }, null, 2)}\n`);
      },
    },
    stop: {
      flags: [flag.int('timeout,t', 'Seconds to wait to kill the container after a graceful stop is requested')],
      run(runtime, words, { stdout }, flags) {
        for (const word of words) {
          const { id } = find(runtime, word);
          runtime.stopContainer(id, flags.int('timeout') * 1_000);
          stdout(`${id}\n`);
        }
      },
    },
    rm: {
      flags: [flag.bool('force,f', 'Force removal of the container, disregarding if running')],
      run(runtime, words, { stdout }, flags) {
        for (const word of words) {
          const { id, state } = find(runtime, word);
          if (state === 'running' && !flags.bool('force'))
            throw new ToolError(
              `ERRO[0000] container ${JSON.stringify(word)} is running, please stop it first\nFATA[0000] unable to remove container(s)`,
            );
          runtime.removeContainer(id);
          stdout(`${id}\n`);
        }
      },
    },
    rmi: {
      run(runtime, words, { stdout }) {
        for (const word of words) {
          runtime.removeImage(word);
          stdout(`Deleted: ${word}\n`);
        }
      },
    },
    version: {
      run: (runtime, _, { stdout }) =>
        stdout(`Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  ${runtime.version}\nRuntimeApiVersion:  v1\n`),
    },
  };
  return defineTool({
    name: 'crictl',
    summary: 'ask containerd: crictl ps, pods, images, logs, inspect',
    async run(context) {
      const [verb, ...words] = context.args;
      if (verb === undefined || ['help', '-h', '--help'].includes(verb)) return (context.stdout(usage), 0);
      const runtime = cluster.runtimeOf(machine.name);
      try {
        if (verb === 'exec') return await exec(runtime, context);
        const command = Object.hasOwn(commands, verb) ? commands[verb] : undefined;
        if (!command) throw new ToolError(`No help topic for '${verb}'`, 3);
        const { args, flags, wantsHelp } = parseArguments(words, command.flags ?? []);
        if (wantsHelp) context.stdout(usage);
        else command.run(runtime, args, context, flags);
        return 0;
      } catch (error) {
        // A flag that is not simulated is refused as well: that is better than the answer to another question.
        if (error instanceof FlagError) throw new ToolError(`FATA[0000] crictl ${verb}: ${error.message}`);
        if (!(error instanceof CriError)) throw error;
        throw new ToolError(
          machine.isRunning('containerd')
            ? `FATA[0000] ${verb}: ${error.message}`
            : `FATA[0000] validate service connection: validate CRI v1 runtime API for endpoint "unix:///run/containerd/containerd.sock": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory"`,
        );
      }
    },
  });
}

function exec(runtime: ContainerRuntime, { args, stdout, stderr, signal }: ToolContext): Promise<number> {
  const [, word, ...argv] = args.filter(
    (arg, at) => !(arg.startsWith('-') && at < args.findIndex((one) => !one.startsWith('-') && one !== 'exec')),
  );
  const { id } = find(runtime, word);
  return new Promise((resolve) => {
    const process = runtime.exec(id, {
      argv,
      write: (stream, text) => (stream === 'stdout' ? stdout(text) : stderr(text)),
      onExit: resolve,
    });
    signal.addEventListener('abort', () => process.signal('SIGINT'));
  });
}

function patternOf(expression: string): (text: string) => boolean {
  try {
    const pattern = goRegexp(expression);
    return (text) => pattern.isIn(text);
  } catch (error) {
    throw new ToolError(`FATA[0000] ${(error as Error).message}`);
  }
}

/** By the beginning of its id. */
function find(runtime: ContainerRuntime, word = ''): Container {
  const found = word === '' ? undefined : runtime.listContainers().find(({ id }) => id.startsWith(word));
  if (!found) throw notFound('container', word);
  return found;
}

function findPod(runtime: ContainerRuntime, word = ''): PodSandbox {
  const found = word === '' ? undefined : runtime.listPodSandboxes().find(({ id }) => id.startsWith(word));
  if (!found) throw notFound('sandbox', word);
  return found;
}

function notFound(what: string, word: string): ToolError {
  return word === ''
    ? new ToolError('ID cannot be empty', 1)
    : new ToolError(`FATA[0000] rpc error: code = NotFound desc = an error occurred when try to find ${what} "${word}": not found`, 1);
}

function newest<T extends { readonly createdAt: number }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => b.createdAt - a.createdAt);
}

function containerRow(cluster: Cluster, runtime: ContainerRuntime, container: Container): string[] {
  const sandbox = runtime.listPodSandboxes(container.podUid).find(({ id }) => id === container.sandboxId);
  return [
    container.id.slice(0, 13),
    digestOf(container.imageRef).slice(0, 13),
    ago(cluster.now - container.createdAt),
    { running: 'Running', exited: 'Exited', created: 'Created' }[container.state],
    container.name,
    String(container.attempt),
    container.sandboxId.slice(0, 13),
    sandbox?.name ?? '',
    sandbox?.namespace ?? '',
  ];
}

function podRow(cluster: Cluster, { id, createdAt, state, name, namespace, attempt }: PodSandbox): string[] {
  return [
    id.slice(0, 13),
    ago(cluster.now - createdAt),
    state === 'ready' ? 'Ready' : 'NotReady',
    name,
    namespace,
    String(attempt),
    '(default)',
  ];
}

function digestOf(ref: string): string {
  return ref.slice(ref.indexOf('sha256:') + 7);
}

const states = { running: 'CONTAINER_RUNNING', exited: 'CONTAINER_EXITED', created: 'CONTAINER_CREATED' } as const;

function statusOf(container: Container): object {
  const at = (time: number | undefined) => (time === undefined ? '' : new Date(time).toISOString());
  return {
    id: container.id,
    metadata: { attempt: container.attempt, name: container.name },
    state: states[container.state],
    createdAt: at(container.createdAt),
    startedAt: at(container.startedAt),
    finishedAt: at(container.finishedAt),
    exitCode: container.exitCode ?? 0,
    reason: container.reason ?? '',
    message: container.message ?? '',
    image: { image: container.imageName },
    imageRef: container.imageRef,
    logPath: container.logPath,
    mounts: container.mounts.map(({ containerPath, hostPath, readonly = false }) => ({ containerPath, hostPath, readonly })),
  };
}

function podStatusOf({ id, name, namespace, attempt, podUid, state, createdAt, ip }: PodSandbox): object {
  return {
    id,
    metadata: { attempt, name, namespace, uid: podUid },
    state: state === 'ready' ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
    createdAt: new Date(createdAt).toISOString(),
    network: { ip },
  };
}

/** Go's tabwriter as crictl sets it: three blanks between columns, none narrower than twenty. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(20, ...all.map((row) => (row[column] ?? '').length + 3)));
  return all
    .map((row) => `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] as number))).join('')}\n`)
    .join('');
}

/** docker/go-units `HumanDuration`. */
function ago(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [minutes, hours] = [Math.floor(seconds / 60), Math.round(seconds / 3600)];
  if (seconds < 1) return 'Less than a second ago';
  if (seconds === 1) return '1 second ago';
  if (seconds < 60) return `${seconds} seconds ago`;
  if (minutes === 1) return 'About a minute ago';
  if (minutes < 60) return `${minutes} minutes ago`;
  if (hours === 1) return 'About an hour ago';
  if (hours < 48) return `${hours} hours ago`;
  return `${Math.floor(hours / 24)} days ago`;
}

function humanSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${Number(value.toPrecision(3))}${units[unit]}`;
}
