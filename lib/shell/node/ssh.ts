import type { Cluster, Machine } from '@/lib/cluster';
import { remoteTerminal } from '../remote-terminal';
import { defineTool, ToolError, type Tool, type ToolContext } from '../tool';
import { createNodeShell, promptOf, type NodeShellOptions } from './node-shell';

export interface SshOptions extends Pick<NodeShellOptions, 'now' | 'sleep' | 'yield' | 'editor' | 'limits' | 'hold'> {
  readonly cluster: Cluster;
  /** The machine it is typed on. */
  readonly from: string;
  /** kubectl as a node's own programs reach the API. */
  kubectl(machine: Machine): Tool;
}

const sshPort = 22;
/** Options that change nothing here: there is one user, one port and no key. */
const ignored = /^-[46aCkqTtvnx]+$/;
const ignoredWithValue = /^-[loipF]/;

/** OpenSSH's client: a shell on a node, as its root. Keys are not simulated; everybody on the workstation has one. */
export function createSsh(options: SshOptions): Tool {
  const machines = () => options.cluster.machines.filter(({ spec }) => spec.role !== 'workstation');
  return defineTool({
    name: 'ssh',
    summary: 'a shell on a node: ssh cp-1',
    async run(context) {
      const { destination, command } = parse(context.args);
      if (destination === undefined) throw new ToolError('usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] destination [command [argument ...]]', 255);
      const host = destination.slice(destination.indexOf('@') + 1);
      const machine = machines().find(({ name, ip }) => name === host || ip === host);
      if (!machine) throw new ToolError(`ssh: Could not resolve hostname ${host}: Name or service not known`, 255);
      await reach(context, options, machine, host);
      const isConnected = connectionOf(options, machine);
      const shell = createNodeShell({ ...options, machine });
      if (command !== '') return runCommand(context, shell, command);
      if (!context.keyboard) return runCommand(context, shell, await context.stdin());
      const { code } = await context.keyboard.attach(
        remoteTerminal(shell, {
          prompt: () => promptOf(machine, shell.cwd),
          isConnected,
          lost: '\r\nclient_loop: send disconnect: Broken pipe\r\n',
        }),
        { stdin: true },
      );
      if (code !== 255) context.stdout(`Connection to ${host} closed.\n`);
      return code;
    },
    complete: (args) => (args.length > 1 ? undefined : { from: 0, candidates: machines().map(({ name }) => ({ text: name })) }),
  });
}

function parse(args: readonly string[]): { destination: string | undefined; command: string } {
  let at = 0;
  for (let option = args[at]; option?.startsWith('-'); option = args[at]) {
    if (ignoredWithValue.test(option)) at += option.length === 2 ? 2 : 1;
    else if (ignored.test(option)) at++;
    else throw new ToolError(`ssh: not simulated: ${option}`, 255);
  }
  return { destination: args[at], command: args.slice(at + 1).join(' ') };
}

/** Nothing listens on port 22 here, so a refusal says that the machine is there. */
async function reach(context: ToolContext, { cluster, from }: SshOptions, { ip }: Machine, host: string): Promise<void> {
  const answer = cluster.network.connect(cluster.network.host(from), ip, sshPort);
  await context.sleep(answer.tookMs);
  if (answer.type === 'open' || answer.type === 'refused') return;
  const why = answer.type === 'unreachable' ? 'No route to host' : 'Connection timed out';
  throw new ToolError(`ssh: connect to host ${host} port ${sshPort}: ${why}`, 255);
}

/** Good until the machine loses its power or the way to it is cut. */
function connectionOf({ cluster, from }: SshOptions, machine: Machine): () => boolean {
  const { bootId } = machine;
  return () => {
    if (!machine.isUp || machine.bootId !== bootId) return false;
    const { type } = cluster.network.connect(cluster.network.host(from), machine.ip, sshPort);
    return type === 'open' || type === 'refused';
  };
}

async function runCommand(context: ToolContext, shell: ReturnType<typeof createNodeShell>, script: string): Promise<number> {
  const { stdout, stderr, exitCode } = await shell.capture(script, { signal: context.signal });
  context.stdout(stdout);
  context.stderr(stderr);
  return exitCode;
}
