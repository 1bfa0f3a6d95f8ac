import { Cluster, type ClusterHosts, type Topology } from '@/lib/cluster';

interface TemplateOptions {
  readonly topology: Topology;
  readonly latency: 'fast' | 'realistic';
}

/** Booted clusters, one for each shape: a new sandbox is a copy of one, so nobody waits for a control plane to come up. */
const booted = new Map<string, Cluster>();

export function bootedCluster({ topology, latency }: TemplateOptions): Cluster {
  const key = `${topology.controlPlanes}/${topology.workers}/${latency}`;
  const known = booted.get(key);
  if (known) return known;
  const cluster = Cluster.boot({ topology, latency, seed: `template/${key}` });
  booted.set(key, cluster);
  return cluster;
}

/** A settled cluster of a shape, whose chance is drawn from `seed`. */
export function freshCluster(options: TemplateOptions & { seed: string; hosts: ClusterHosts }): Cluster {
  const cluster = bootedCluster(options).fork({ seed: options.seed, hosts: options.hosts });
  cluster.kernel.runUntilIdle({ limitMs: 60_000 });
  return cluster;
}
