import type { Disk } from '@/lib/cluster';
import { DiskStore } from './file-store';
import { createMachineShell, type MachineShellOptions } from './machine-shell';
import type { Shell } from './shell';
import { Terminal, type TerminalOptions } from './terminal';
import type { Tool } from './tool';
import { editors } from './tools/editor';
import { refusals } from './tools/identity';
import type { ToolNetwork } from './tools/network';
import { createNetworkTools } from './tools/network-tools';
import { createHistory } from './tools/screen';
import { watch } from './tools/watch';

export const home = '/home/learner';
const historyPath = `${home}/.bash_history`;

export interface WorkstationOptions extends Pick<MachineShellOptions, 'now' | 'sleep' | 'yield' | 'editor' | 'onFileChange' | 'limits'> {
  readonly disk: Disk;
  readonly network: ToolNetwork;
  readonly kubectl: Tool;
  /** Absent where there is no way to the nodes. */
  readonly ssh?: Tool;
}

/** A shell on the learner's own computer: outside the cluster, so it reaches nodes but resolves none of the cluster's names. */
export function createWorkstationShell({ disk, network, kubectl, ssh, ...rest }: WorkstationOptions): Shell {
  return createMachineShell({
    ...rest,
    store: new DiskStore(disk),
    user: { name: 'learner', uid: 1000, home },
    hostname: 'workstation',
    systemFiles: {
      '/etc/hosts': `127.0.0.1\tlocalhost\n${network.ip}\tworkstation\n`,
      '/etc/resolv.conf': `nameserver ${network.nameserver}\n`,
    },
    tools: [
      kubectl,
      ...createNetworkTools(network),
      watch,
      ...editors,
      createHistory(historyPath),
      ...refusals.filter(({ name }) => !ssh || name !== 'ssh'),
      ...(ssh ? [ssh] : []),
    ],
  });
}

/** A terminal window on that computer. */
export function createWorkstationTerminal(
  shell: Shell,
  options: Pick<TerminalOptions, 'onOutput' | 'onMemory' | 'onExit' | 'restored'>,
): Terminal {
  return new Terminal({ shell, ...options, prompt: () => promptOf(shell.cwd), historyPath, startupFile: `${home}/.bashrc` });
}

/** `~ $ `, the directory in the terminal's own blue-green. */
function promptOf(cwd: string): string {
  const shown = cwd === home ? '~' : cwd.startsWith(`${home}/`) ? `~${cwd.slice(home.length)}` : cwd;
  return `\x1b[36m${shown}\x1b[39m $ `;
}

/** What every new workstation has in its home directory. */
export const firstFiles: Readonly<Record<string, string>> = {
  '.bashrc': "alias k=kubectl\nalias ll='ls -l'\n",
};
