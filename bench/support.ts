import { Cluster } from '@/lib/cluster';

let booted: Cluster | undefined;

/** The booted template every sandbox is a fork of: one control plane, two workers. */
export function template(): Cluster {
  return (booted ??= Cluster.boot({ topology: { controlPlanes: 1, workers: 2 }, seed: 1 }));
}

/** How often something has been done by a server that has been up for a minute: V8 goes on compiling for that long. */
export const served = 60;

let forks = 0;

/** A fresh sandbox, as a learner gets it. */
export function sandbox(): Cluster {
  return template().fork({ seed: `bench-${forks++}` });
}

const json = { 'content-type': 'application/json', accept: 'application/json' };

/** Creates a Deployment of nginx. */
export function deploy(cluster: Cluster, name: string, replicas: number): void {
  const labels = { app: name };
  const body = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'nginx', image: 'nginx:1.27' }] } },
    },
  };
  const { status } = cluster.asAdmin('bench')({ method: 'POST', url: '/apis/apps/v1/namespaces/default/deployments', headers: json, body });
  if (status !== 201) throw new Error(`the Deployment was answered ${status}`);
}

export function readyReplicas(cluster: Cluster, name: string): number {
  const { body } = cluster.asAdmin('bench')({ method: 'GET', url: `/apis/apps/v1/namespaces/default/deployments/${name}`, headers: json });
  return (body as { status?: { readyReplicas?: number } }).status?.readyReplicas ?? 0;
}

/** Whether every one of `count` nodes is Ready. */
export function areNodesReady(cluster: Cluster, count: number): boolean {
  const { body } = cluster.asAdmin('bench')({ method: 'GET', url: '/api/v1/nodes', headers: json });
  const items = (body as { items?: { status: { conditions?: { type: string; status: string }[] } }[] }).items ?? [];
  return (
    items.filter(({ status }) => status.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True')).length ===
    count
  );
}

/** Runs until a watch of the Deployment says that all replicas are Ready. */
export function runUntilReady(cluster: Cluster, name: string, replicas: number): void {
  let ready = readyReplicas(cluster, name);
  const { stream } = cluster.asAdmin('bench')({
    method: 'GET',
    url: `/apis/apps/v1/namespaces/default/deployments?watch=true&fieldSelector=metadata.name%3D${name}`,
    headers: json,
  });
  const hangUp = stream?.start({
    write: (chunk) => void (ready = (chunk as { object: { status?: { readyReplicas?: number } } }).object.status?.readyReplicas ?? 0),
    end() {},
  });
  if (!cluster.kernel.runUntilCondition(() => ready === replicas, { limitMs: 300_000 })) throw new Error(`${name} did not become ready`);
  hangUp?.();
}
