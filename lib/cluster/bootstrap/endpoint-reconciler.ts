import { deepEqual } from '@/lib/base';
import { ConnectionError, StatusError, type Transport } from '../api';
import { EtcdError } from '../etcd';
import type { Entry, Kernel } from '../kernel';
import type { EtcdClient } from './balanced-etcd';

export interface EndpointReconcilerOptions {
  readonly kernel: Kernel;
  readonly etcd: EtcdClient;
  readonly api: Transport;
  readonly ip: string;
  readonly port: number;
}

const intervalMs = 10_000;
const leaseSeconds = 15;
const root = '/registry/masterleases/';

/**
 * Keeps the endpoints of Service `default/kubernetes` to the API servers that are alive: each holds a key in etcd by a lease
 * and writes down whom it sees there (`controlplane/reconcilers/lease.go`).
 */
export class EndpointReconciler {
  readonly #options: EndpointReconcilerOptions;
  #entry: Entry | undefined;

  constructor(options: EndpointReconcilerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#again(0);
  }

  stop(): void {
    this.#entry?.cancel();
  }

  #again(delayMs: number): void {
    this.#entry = this.#options.kernel.schedule({
      delayMs,
      actor: 'kube-apiserver',
      what: 'reconcile endpoints of kubernetes',
      background: true,
      run: () => this.#attempt(),
    });
  }

  #attempt(): void {
    try {
      this.#renew();
      const ips = this.#options.etcd.range(root, { end: `${root.slice(0, -1)}0` }).kvs.map(({ key }) => key.slice(root.length));
      this.#reconcile(ips);
    } catch (error) {
      if (!(error instanceof EtcdError || error instanceof StatusError || error instanceof ConnectionError)) throw error;
    }
    this.#again(intervalMs);
  }

  #renew(): void {
    const { etcd, ip } = this.#options;
    const key = `${root}${ip}`;
    const lease = etcd.range(key).kvs[0]?.lease;
    if (lease) etcd.leaseKeepAlive(lease);
    else
      etcd.put(
        key,
        { kind: 'Endpoints', apiVersion: 'v1', metadata: {}, subsets: [{ addresses: [{ ip }] }] },
        { lease: etcd.leaseGrant(leaseSeconds).lease },
      );
  }

  #reconcile(ips: readonly string[]): void {
    const { port } = this.#options;
    this.#patch('/api/v1/namespaces/default/endpoints/kubernetes', {
      subsets: [{ addresses: ips.map((ip) => ({ ip })), ports: [{ name: 'https', port, protocol: 'TCP' }] }],
    });
    this.#patch('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes', {
      endpoints: ips.map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
    });
  }

  #patch(url: string, wanted: Readonly<Record<string, unknown>>): void {
    const headers = { accept: 'application/json', 'user-agent': 'kube-apiserver/v1.36.0 (linux/amd64)' };
    const now = this.#options.api({ method: 'GET', url, headers });
    const body = now.body as Record<string, unknown> | undefined;
    if (now.status !== 200 || Object.entries(wanted).every(([name, value]) => deepEqual(body?.[name], value))) return;
    this.#options.api({ method: 'PATCH', url, headers: { ...headers, 'content-type': 'application/merge-patch+json' }, body: wanted });
  }
}
