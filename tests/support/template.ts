import { Cluster } from '@/lib/cluster';

const templates = new Map<number, Cluster>();

/** A fresh sandbox with `workers` workers: a fork of a template booted once per test file. */
export function freshCluster({ workers = 2, seed = 1 }: { workers?: number; seed?: string | number } = {}): Cluster {
  let template = templates.get(workers);
  if (!template) templates.set(workers, (template = Cluster.boot({ topology: { controlPlanes: 1, workers }, seed: 'template' })));
  return template.fork({ seed });
}
