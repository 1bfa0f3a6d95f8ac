import { Cluster, type ClusterHosts, type Topology } from '@/lib/cluster';

interface TemplateOptions {
  readonly topology: Topology;
  readonly latency: 'fast' | 'realistic';
}

interface ForkOptions {
  readonly seed: string;
  readonly hosts: ClusterHosts;
  readonly historyBytes?: number | undefined;
  readonly etcdBytes?: number | undefined;
}

/**
 * What etcd may hold in a sandbox; a busy lab needs two MiB, and a Pod that is evicted and made again for the five seconds in which its node
 * comes back some forty. Pods take three times as much of the host's memory, the densest values that anybody could store some twenty times.
 */
export const sandboxEtcdBytes = 128 << 20;

/** Booted clusters, one for each shape: a new sandbox is a copy of one, so nobody waits for a control plane to come up. */
const booted = new Map<string, Cluster>();

export function bootedCluster({ topology, latency }: TemplateOptions): Cluster {
  const key = `${topology.controlPlanes}/${topology.workers}/${latency}`;
  const known = booted.get(key);
  if (known) return known;
  const cluster = Cluster.boot({ topology, latency, seed: `template/${key}`, etcdBytes: sandboxEtcdBytes });
  booted.set(key, cluster);
  return cluster;
}

/** A settled cluster of a shape, whose chance is drawn from `seed`. */
export function freshCluster({ topology, latency, ...fork }: TemplateOptions & ForkOptions): Cluster {
  return settledFork(bootedCluster({ topology, latency }), fork);
}

/** A copy whose components have all taken up their work. */
export function settledFork(cluster: Cluster, options: ForkOptions): Cluster {
  const fork = cluster.fork(options);
  fork.kernel.runUntilIdle({ limitMs: 60_000 });
  return fork;
}

/** How many labs' clusters are kept ready; the one not asked for longest goes first. */
const preparedMax = 32;

/** Clusters with a lab's setup, by what the lab is made of. */
class PreparedClusters {
  readonly #kept = new Map<string, Cluster>();

  get(key: string, prepare: () => Cluster): Cluster {
    const cluster = this.#kept.get(key) ?? prepare();
    this.#kept.delete(key);
    this.#kept.set(key, cluster);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= preparedMax) break;
      this.#kept.delete(oldest);
    }
    return cluster;
  }
}

export const preparedClusters = new PreparedClusters();
