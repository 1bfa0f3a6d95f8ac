import type { ApiConnection, ExecHost, ExecRequest, Network } from '@/lib/cluster';
import { ContainerStore } from './container-store';
import { libraryCommands } from './library-commands';
import { createMachineShell, type MachineShellOptions } from './machine-shell';
import { remoteTerminal } from './remote-terminal';
import { defineTool, type Tool, type ToolContext } from './tool';
import type { ToolNetwork } from './tools/network';
import { createNetworkTools } from './tools/network-tools';
import { watch } from './tools/watch';

export type ExecHostOptions = Pick<MachineShellOptions, 'now' | 'sleep' | 'yield'> & { readonly network: () => Network };

/** Runs interactive shells in containers: `kubectl exec -it POD -- sh`. Everything else a container runs by itself. */
export function createExecHost(options: ExecHostOptions): ExecHost {
  return {
    accepts: ({ argv, stdin, image }) =>
      stdin && isShellOf(argv[0] ?? '', image.programs ?? {}) && argv.slice(1).every((arg) => /^-[il]+$/.test(arg)),
    start: (request) => (request.tty ? interactive(request, options) : scripted(request, options)),
  };
}

function isShellOf(command: string, programs: Readonly<Record<string, unknown>>): boolean {
  return /^(.*\/)?(sh|bash|ash)$/.test(command) && Object.keys(programs).some((path) => path === command || path.endsWith(`/${command}`));
}

function interactive(request: ExecRequest, options: ExecHostOptions): ApiConnection {
  const shell = shellIn(request, options);
  const isRoot = (request.image.user ?? 'root') === 'root';
  const place = request.sandbox.hostname;
  const mark = isRoot ? '#' : '$';
  const isBash = request.argv[0]?.endsWith('bash') ?? false;
  // BusyBox's shell says where it is; Debian's does not.
  const isAsh =
    ['/etc/alpine-release', '/bin/busybox'].some((path) => request.files.exists(path)) ||
    /busybox|alpine|curl/.test(request.image.repository);
  const prompt = () => (isBash ? `root@${place}:${shell.cwd}${mark} ` : isAsh ? `${shell.cwd} ${mark} ` : `${mark} `);
  return remoteTerminal(shell, { prompt });
}

/** `kubectl exec -i POD -- sh < script`: what comes on standard input is one script. */
function scripted(request: ExecRequest, options: ExecHostOptions): ApiConnection {
  return {
    start: (sink) => {
      const shell = shellIn(request, options);
      const stop = new AbortController();
      let script = '';
      return {
        stdin: (text) => void (script += text),
        closeStdin: () =>
          void shell
            .capture(script, { signal: stop.signal })
            .then(({ stdout, stderr, exitCode }) => (sink.stdout(stdout), sink.stderr(stderr), sink.exit({ code: exitCode }))),
        resize: () => undefined,
        hangUp: () => stop.abort(),
      };
    },
  };
}

function shellIn(request: ExecRequest, options: ExecHostOptions): ReturnType<typeof createMachineShell> {
  const network = networkOf(request, options.network());
  const own = Object.entries(request.image.programs ?? {})
    .map(([path, { isRefusal }]) => ({ name: path.slice(path.lastIndexOf('/') + 1), isRefusal }))
    // What the library has is better than a refusal.
    .filter(({ name, isRefusal }) => !isRefusal || !libraryCommands.includes(name))
    .map(({ name }) => name);
  const offered: readonly Tool[] = [...createNetworkTools(network), watch];
  const tools = offered.filter((tool) => own.includes(tool.name) || request.image.tools?.includes(tool.name));
  return createMachineShell({
    ...options,
    store: new ContainerStore(request.files),
    user: { name: 'root', uid: 0, home: request.env['HOME'] ?? '/root' },
    hostname: request.env['HOSTNAME'] ?? request.namespace.name,
    env: request.env,
    cwd: request.cwd,
    tools: [...tools, ...own.filter((name) => isForeign(name, offered)).map((name) => containerProgram(name, request))],
    editor: () => Promise.resolve(null),
  });
}

/** Not one of those that the shell has itself or that wait and print as a person expects. */
function isForeign(name: string, offered: readonly Tool[]): boolean {
  return !offered.some((tool) => tool.name === name) && !shellsOwn.has(name);
}

const shellsOwn = new Set([
  'sh',
  'bash',
  'ash',
  'echo',
  'cat',
  'ls',
  'sleep',
  'env',
  'printenv',
  'true',
  'false',
  'printf',
  'test',
  '[',
  'head',
  'tail',
  'grep',
  'sed',
  'awk',
  'wc',
  'sort',
  'uniq',
  'mkdir',
  'rm',
  'cp',
  'mv',
  'touch',
  'date',
  'hostname',
  'id',
  'whoami',
  'pwd',
  'seq',
  'tr',
  'cut',
  'find',
  'xargs',
  'tee',
  'stat',
  'uname',
  'clear',
]);

/** One of the image's own programs, beside the main process. */
function containerProgram(name: string, request: ExecRequest): Tool {
  return defineTool({
    name,
    summary: "one of this container's own programs",
    run: (context) => runProgram([name, ...context.args], request, context),
  });
}

function runProgram(argv: readonly string[], request: ExecRequest, context: ToolContext): Promise<number> {
  return new Promise((resolve, reject) => {
    try {
      const process = request.run(argv, { write: (stream, text) => context[stream](text), onExit: resolve });
      context.signal.addEventListener('abort', () => process.signal('SIGINT'));
    } catch (error) {
      reject(error as Error);
    }
  });
}

function networkOf({ namespace }: ExecRequest, network: Network): ToolNetwork {
  return {
    ip: namespace.ip,
    nameserver: namespace.resolver.nameservers[0] ?? '',
    http: (request, options) => network.http(namespace, request, options),
    connect: (host, port, options) => network.connect(namespace, host, port, options),
    resolve: (name, type) => network.resolve(namespace, name, type),
  };
}
