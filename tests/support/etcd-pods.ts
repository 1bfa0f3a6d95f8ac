import type { Cluster } from '@/lib/cluster';

const certificates = [
  '--cacert=/etc/kubernetes/pki/etcd/ca.crt',
  '--cert=/etc/kubernetes/pki/etcd/server.crt',
  '--key=/etc/kubernetes/pki/etcd/server.key',
];

/** `kubectl exec` into the etcd Pod of a machine; etcdctl gets the certificates it needs. No exit code where no etcd runs. */
export function inEtcd(
  cluster: Cluster,
  machine: string,
  [program = '', ...args]: readonly string[],
): { readonly exitCode: number | undefined; readonly output: string } {
  const runtime = cluster.runtimeOf(machine);
  const container = runtime.listContainers().find(({ name, state }) => name === 'etcd' && state === 'running');
  if (!container) return { exitCode: undefined, output: '' };
  const argv = program === 'etcdctl' ? [program, ...certificates, ...args] : [program, ...args];
  let output = '';
  let exitCode: number | undefined;
  runtime.exec(container.id, {
    argv,
    write: (_, text) => void (output += text),
    onExit: (code) => void (exitCode = code),
  });
  cluster.kernel.runUntilCondition(() => exitCode !== undefined, { limitMs: 30_000 });
  return { exitCode, output };
}

/** The etcd members as one of them knows them. */
export function membersOf(cluster: Cluster, machine: string) {
  return cluster.machine(machine).raft?.members ?? [];
}

/** What each member has on its disk, and what it was when last heard of. */
export function statesOf(cluster: Cluster) {
  return cluster.machines.flatMap(({ name, etcd, raft, isUp }) =>
    etcd && raft ? [{ name, isUp, revision: etcd.revision, hash: etcd.hashKv(), role: raft.session?.role }] : [],
  );
}

/** All that the etcd containers of a machine have written, oldest Pod first. */
export function etcdLog(cluster: Cluster, machine: string): string {
  const chunks = cluster.machine(machine).disk.list<readonly { readonly text: string }[]>('/var/log/pods/kube-system_etcd-');
  return chunks.flatMap(([, entries]) => entries.map(({ text }) => text)).join('');
}
