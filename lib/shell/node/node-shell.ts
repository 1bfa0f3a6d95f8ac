import { HostFiles, type Cluster, type Machine } from '@/lib/cluster';
import { ContainerStore } from '../container-store';
import { createMachineShell, type MachineShellOptions } from '../machine-shell';
import type { Shell } from '../shell';
import { defineTool, type Tool, type ToolContext } from '../tool';
import { editors } from '../tools/editor';
import type { ToolNetwork } from '../tools/network';
import { createNetworkTools } from '../tools/network-tools';
import { watch } from '../tools/watch';
import { createCrictl } from './crictl';
import { createIp, createIptablesSave } from './network-tools';
import { createJournalctl, createSystemctl } from './systemd';

export interface NodeShellOptions extends Pick<MachineShellOptions, 'now' | 'sleep' | 'yield' | 'editor' | 'limits'> {
  readonly cluster: Cluster;
  readonly machine: Machine;
  kubectl(machine: Machine): Tool;
  /** Somebody waits for a program of a machine, which only time can help, until the answer is called. */
  hold(): () => void;
}

const root = { name: 'root', uid: 0, home: '/root' };

/** root's bash on a node: the node's disk, and the programs that kubeadm's nodes have. */
export function createNodeShell({ cluster, machine, kubectl, hold, ...rest }: NodeShellOptions): Shell {
  const network = networkOf(cluster, machine);
  return createMachineShell({
    ...rest,
    store: new ContainerStore(new HostFiles(machine.disk)),
    user: root,
    hostname: machine.name,
    env:
      machine.spec.role === 'control-plane' ? { KUBECONFIG: '/etc/kubernetes/admin.conf' } : { KUBECONFIG: '/etc/kubernetes/kubelet.conf' },
    systemFiles: { '/etc/hosts': `127.0.0.1\tlocalhost\n${machine.ip}\t${machine.name}\n` },
    tools: [
      kubectl(machine),
      ...cluster.programsOf(machine.name).map((name) => hostProgram({ cluster, machine, hold }, name)),
      createSystemctl(cluster, machine),
      createJournalctl(cluster, machine),
      createCrictl(cluster, machine),
      createIp(machine),
      createIptablesSave(machine),
      ...createNetworkTools(network),
      watch,
      ...editors,
    ],
  });
}

export function promptOf({ name }: Machine, cwd: string): string {
  return `root@${name}:${cwd === root.home ? '~' : cwd}# `;
}

function networkOf({ network }: Cluster, machine: Machine): ToolNetwork {
  const host = network.host(machine.name);
  return {
    ip: host.ip,
    nameserver: host.resolver.nameservers[0] ?? host.ip,
    http: (request, options) => network.http(host, request, options),
    connect: (name, port, options) => network.connect(host, name, port, options),
    resolve: (name, type) => network.resolve(host, name, type),
  };
}

type Where = Pick<NodeShellOptions, 'cluster' | 'machine' | 'hold'>;

function hostProgram(where: Where, name: string): Tool {
  return defineTool({
    name,
    summary: name === 'etcdctl' ? 'ask etcd' : "look after etcd's files",
    run: async (context) => {
      const stdin = context.keyboard && !readsInput(context.args) ? undefined : await context.stdin();
      return runProgram(where, [name, ...context.args], context, stdin);
    },
  });
}

/** At a keyboard only what waits for input is given any, until Ctrl-D. */
function readsInput(args: readonly string[]): boolean {
  const words = args.filter((arg) => !arg.startsWith('-'));
  if (words[0] === 'txn') return true;
  if (words[0] === 'put') return words.length === 2 && !args.includes('--ignore-value');
  const isOpen = !(words[2] ?? '').includes(':') && !args.some((arg) => /^--(new-user-password|no-password)/.test(arg));
  return words[0] === 'user' && (words[1] === 'passwd' || (words[1] === 'add' && isOpen));
}

function runProgram(
  { cluster, machine, hold }: Where,
  argv: readonly string[],
  context: ToolContext,
  stdin: string | undefined,
): Promise<number> {
  return new Promise((resolve) => {
    const release = hold();
    const process = cluster.startProcess(machine.name, {
      argv,
      env: context.env,
      cwd: context.cwd,
      write: (stream, text) => context[stream](text),
      // At once: no more time may pass before the shell has its turn.
      onExit: (code) => {
        release();
        resolve(code);
      },
      ...(stdin === undefined ? {} : { stdin }),
    });
    context.signal.addEventListener('abort', () => process.signal('SIGINT'));
  });
}
