import { createApiServer, type ApiServer, type ApiServerOptions } from '@/lib/cluster/apiserver';
import type { ApiRequest, ApiResponse, KubeObject } from '@/lib/cluster/api';
import { MvccStore } from '@/lib/cluster/etcd';
import { Kernel, parseInstant } from '@/lib/cluster/kernel';
import { builtInResources } from '@/lib/cluster/resources';

export const mediaTypes = {
  json: 'application/json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  jsonPatch: 'application/json-patch+json',
  table: 'application/json;as=Table;v=v1;g=meta.k8s.io',
} as const;

/** An API server alone on a kernel: no controllers, no nodes. */
export class ApiBench {
  readonly kernel = new Kernel({ seed: 1, now: parseInstant('2026-01-05T08:00:00Z') });
  readonly etcd: MvccStore;
  readonly server: ApiServer;

  constructor(options: Partial<ApiServerOptions> = {}, etcd = MvccStore.create()) {
    this.etcd = etcd;
    this.server = createApiServer({ kernel: this.kernel, etcd, resources: builtInResources, ...options });
  }

  send(method: ApiRequest['method'], url: string, body?: unknown, headers: Record<string, string> = {}): ApiResponse {
    return this.server.handle({
      method,
      url,
      headers: { 'content-type': mediaTypes.json, ...headers },
      ...(body === undefined ? {} : { body }),
      actor: 'test',
    });
  }

  /** The object answered; throws what a refusal says. */
  get(url: string): KubeObject {
    return this.#object(this.send('GET', url));
  }

  create(url: string, body: unknown): KubeObject {
    return this.#object(this.send('POST', url, body));
  }

  patch(url: string, type: 'merge' | 'strategic' | 'jsonPatch', body: unknown): KubeObject {
    return this.#object(this.send('PATCH', url, body, { 'content-type': mediaTypes[type] }));
  }

  /** The sentence of a refusal. */
  refusal(method: ApiRequest['method'], url: string, body?: unknown, headers: Record<string, string> = {}): string {
    const { status, body: answer } = this.send(method, url, body, headers);
    return `${status} ${(answer as { message?: string }).message}`;
  }

  #object({ status, body }: ApiResponse): KubeObject {
    if (status >= 400) throw new Error((body as { message: string }).message);
    return body as KubeObject;
  }

  /** What a watch wrote so far, as `ADDED name`. */
  watch(url: string): { readonly events: { type: string; object: KubeObject }[]; readonly isOver: boolean; close(): void } {
    const seen = { events: [] as { type: string; object: KubeObject }[], isOver: false, close: () => {} };
    seen.close =
      this.send('GET', url).stream?.start({
        write: (chunk) => void seen.events.push(chunk as never),
        end: () => void (seen.isOver = true),
      }) ?? seen.close;
    return seen;
  }
}

export const configMap = (name: string, data: Record<string, string> = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

export const podOf = (name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
});

export const serviceOf = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});

export const deploymentOf = (name: string, replicas = 1) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
  },
});
