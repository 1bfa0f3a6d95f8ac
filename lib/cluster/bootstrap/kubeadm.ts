import { ConnectionError, type Transport } from '../api';
import type { Disk, Kernel } from '../kernel';
import { addonObjects } from './addons';

/** kubeadm waits this long between two looks at a control plane that is coming up. */
const retryMs = 500;
const donePath = '/kubeadm/done';

export interface KubeadmOptions {
  readonly kernel: Kernel;
  /** Where it is noted that the cluster has been set up, outside every machine. */
  readonly world: Disk;
  readonly transport: Transport;
  readonly server: string;
  readonly controlPlanes: readonly string[];
}

/**
 * What `kubeadm init` does once the API server answers: the add-ons, then the control-plane nodes' labels.
 * Each step may be repeated, so a fork in the middle of it just goes on.
 */
export class Kubeadm {
  readonly #options: KubeadmOptions;

  constructor(options: KubeadmOptions) {
    this.#options = options;
  }

  get isDone(): boolean {
    return this.#options.world.has(donePath);
  }

  start(): void {
    if (!this.isDone) this.#again(0);
  }

  #again(delayMs: number): void {
    this.#options.kernel.schedule({ delayMs, actor: 'kubeadm', what: 'set up the cluster', background: false, run: () => this.#attempt() });
  }

  #attempt(): void {
    if (this.#tryAll()) this.#options.world.set(donePath, true);
    else this.#again(retryMs);
  }

  #tryAll(): boolean {
    const { server, controlPlanes } = this.#options;
    try {
      if (this.#send('GET', '/readyz') !== 200) return false;
      const added = addonObjects(server).every(({ path, body }) => this.#ensure(path, body as { metadata: { name: string } }));
      return (
        added &&
        controlPlanes.every((name) => this.#send('PATCH', `/api/v1/nodes/${name}`, { metadata: { labels: controlPlaneLabels } }) === 200)
      );
    } catch (error) {
      if (error instanceof ConnectionError) return false;
      throw error;
    }
  }

  /** A Service that is there already is not a conflict but an address taken, so each object is looked for first. */
  #ensure(path: string, body: { metadata: { name: string } }): boolean {
    return this.#send('GET', `${path}/${body.metadata.name}`) === 200 || this.#send('POST', path, body) === 201;
  }

  #send(method: 'GET' | 'POST' | 'PATCH', url: string, body?: object): number {
    const headers = {
      accept: 'application/json',
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      'user-agent': 'kubeadm/v1.36.0 (linux/amd64)',
    };
    return this.#options.transport({ method, url, headers, ...(body ? { body } : {}), actor: 'kubeadm' }).status;
  }
}

export const controlPlaneLabels = {
  'node-role.kubernetes.io/control-plane': '',
  'node.kubernetes.io/exclude-from-external-load-balancers': '',
};
