import type { ApiRequest, Cluster, KubeObject } from '@/lib/cluster';

const json = { 'content-type': 'application/json', accept: 'application/json' };

/** A few calls a test makes as the administrator. Each throws with the server's sentence when it is refused. */
export function adminOf(cluster: Cluster) {
  const transport = cluster.asAdmin('test');
  const send = (method: ApiRequest['method'], url: string, body?: unknown, contentType = 'application/json') => {
    const response = transport({ method, url, headers: { ...json, 'content-type': contentType }, ...(body === undefined ? {} : { body }) });
    if (response.status >= 400) throw new Error(`${method} ${url}: ${response.status} ${(response.body as { message?: string }).message}`);
    return response.body as KubeObject;
  };
  return {
    get: (url: string) => send('GET', url),
    list: <T = KubeObject>(url: string) => (send('GET', url) as unknown as { items: T[] }).items,
    create: (url: string, body: unknown) => send('POST', url, body),
    merge: (url: string, body: unknown) => send('PATCH', url, body, 'application/merge-patch+json'),
    remove: (url: string) => send('DELETE', url),
    transport,
  };
}

export const paths = {
  deployments: '/apis/apps/v1/namespaces/default/deployments',
  replicaSets: '/apis/apps/v1/namespaces/default/replicasets',
  pods: '/api/v1/namespaces/default/pods',
  services: '/api/v1/namespaces/default/services',
  nodes: '/api/v1/nodes',
} as const;

export function deploymentOf(name: string, replicas: number, image = 'nginx:1.27', pod: object = {}) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }], ...pod } },
    },
  };
}
