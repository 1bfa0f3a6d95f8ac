import { KubeConfig } from '@kubernetes/client-node';
import { serveOverHttp } from './http-cluster';
import { freshCluster } from './template';

export interface ClientCluster {
  readonly url: string;
  /** As its administrator. */
  readonly config: KubeConfig;
  close(): void;
}

/** A settled cluster over HTTP, and what the TypeScript client library needs to reach it. */
export async function serveToClient(): Promise<ClientCluster> {
  const cluster = freshCluster();
  cluster.kernel.runUntilIdle();
  const http = await serveOverHttp(cluster);
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'c', server: http.url, skipTLSVerify: true }],
    users: [{ name: 'u' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  return { url: http.url, config, close: () => http.close() };
}
