import { Cluster } from '@/lib/cluster';

const certificates = [
  '--cacert=/etc/kubernetes/pki/etcd/ca.crt',
  '--cert=/etc/kubernetes/pki/etcd/server.crt',
  '--key=/etc/kubernetes/pki/etcd/server.key',
];

/** Control planes whose kubelets have nothing to run but etcd, so that nobody else writes. */
export function withEtcdAlone(controlPlanes: 1 | 3): Cluster {
  const cluster = Cluster.create({ topology: { controlPlanes, workers: 0 }, seed: 'etcdctl' });
  for (const { disk } of cluster.machines)
    for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'])
      disk.delete(`/etc/kubernetes/manifests/${name}.yaml`);
  cluster.kernel.runFor(30_000);
  return cluster;
}

export interface EtcdctlRun {
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order they were printed. */
  readonly printed: string;
  /** Absent when it had to be interrupted. */
  readonly exitCode: number | undefined;
}

/** etcdctl in the etcd Pod of cp-1, with the Pod's certificates unless it is to go without; interrupted when it has not ended in time. */
export function runEtcdctl(
  cluster: Cluster,
  words: readonly string[],
  { stdin = '', limitMs = 15_000, withCertificates = true }: { stdin?: string; limitMs?: number; withCertificates?: boolean } = {},
): EtcdctlRun {
  const [program = '', ...args] = words;
  const runtime = cluster.runtimeOf('cp-1');
  const container = runtime.listContainers().find(({ name, state }) => name === 'etcd' && state === 'running');
  if (!container) throw new Error('etcd is not running');
  const out = { stdout: '', stderr: '', printed: '' };
  let exitCode: number | undefined;
  const process = runtime.exec(container.id, {
    argv: withCertificates ? [program, ...certificates, ...args] : [...words],
    stdin,
    write: (stream, text) => {
      out[stream] += text;
      out.printed += text;
    },
    onExit: (code) => void (exitCode = code),
  });
  cluster.kernel.runUntilCondition(() => exitCode !== undefined, { limitMs });
  if (exitCode === undefined) process.signal('SIGINT');
  return { ...out, exitCode };
}
