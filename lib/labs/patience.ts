import type { ApiResponse, Cluster } from '@/lib/cluster';

/** How often a server that hangs is asked whether it still does. */
const againMs = 100;

/**
 * The answer to a request from outside, at once where there is one. While the API server would still be waiting for its etcd, so does the answer,
 * in simulated time; where nothing was begun the server is asked again meanwhile.
 */
export function patiently(cluster: Cluster, ask: () => ApiResponse): ApiResponse | Promise<ApiResponse> {
  const first = ask();
  return first.hangs ? whenAnswered(cluster, ask, first) : first;
}

function whenAnswered(cluster: Cluster, ask: () => ApiResponse, first: ApiResponse): Promise<ApiResponse> {
  const { kernel } = cluster;
  const until = kernel.now + (first.hangs?.forMs ?? 0);
  return new Promise((resolve) => {
    const wait = (response: ApiResponse): void => {
      if (!response.hangs || kernel.now >= until) return resolve(response);
      kernel.schedule({
        delayMs: Math.min(againMs, until - kernel.now),
        actor: 'outside',
        what: 'a request that hangs',
        background: true,
        run: () => wait(response.hangs?.isRepeatable ? ask() : response),
      });
    };
    wait(first);
  });
}
