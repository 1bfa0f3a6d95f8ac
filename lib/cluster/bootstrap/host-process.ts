import type { Kernel } from '../kernel';
import { etcdctl, etcdutl } from '../images/etcdctl';
import type { Machine } from '../machine';
import type { Network } from '../network/types';
import { HostFiles, Process, type ExecOptions, type ExecProcess, type ListeningNamespace, type Program } from '../runtime';

/** What is installed on a node beside containerd, the kubelet and what a shell has. */
const controlPlanePrograms: Readonly<Record<string, Program>> = { etcdctl, etcdutl };

export function hostPrograms({ spec }: Machine): Readonly<Record<string, Program>> {
  return spec.role === 'control-plane' ? controlPlanePrograms : {};
}

export interface HostProcessOptions extends ExecOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Runs one of a machine's own programs in its own namespace and over its own files, for as long as somebody waits for it. */
export function startHostProcess(
  { kernel, network, namespace, machine }: { kernel: Kernel; network: Network; namespace: ListeningNamespace; machine: Machine },
  { argv, env, cwd, stdin, write, onExit }: HostProcessOptions,
): ExecProcess {
  const program = hostPrograms(machine)[argv[0] ?? ''];
  if (!program) throw new Error(`no program ${argv[0]} on ${machine.name}`);
  return Process.start({
    kernel,
    network,
    namespace,
    program,
    argv,
    env,
    cwd,
    actor: `${argv[0]} (${machine.name})`,
    hostname: machine.name,
    files: new HostFiles(machine.disk),
    pid: 1000 + (kernel.trace.lastId % 30_000),
    kill: () => false,
    startedAt: kernel.now,
    write: (printed) => printed.forEach(({ stream, text }) => write(stream, text)),
    save: () => undefined,
    onExit,
    ...(stdin === undefined ? {} : { stdin }),
  });
}
