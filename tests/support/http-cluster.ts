import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cluster } from '@/lib/cluster';
import { serveClusterApi } from '@/lib/sandbox/api-http';
import { lively } from '@/lib/sandbox/lively';

export interface HttpCluster {
  readonly url: string;
  close(): void;
}

/** A cluster's API over HTTP on loopback, as its administrator. After each request it runs until nothing is left to do. */
export async function serveOverHttp(cluster: Cluster): Promise<HttpCluster> {
  const api = cluster.asAdmin('http');
  const handler = serveClusterApi((request) => {
    const settle = (): void => void cluster.kernel.runUntilIdle({ limitMs: 60_000 });
    setImmediate(settle);
    return lively(api(request), settle);
  });
  const server: Server = createServer(handler.onRequest);
  server.on('upgrade', handler.onUpgrade);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
