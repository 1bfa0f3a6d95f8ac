import { ConnectionError, type Transport } from '../api';
import { EtcdError, type EtcdServer, type MemberInfo } from '../etcd';
import type { Disk, Kernel } from '../kernel';
import type { Machine } from '../machine';
import { manifests } from './install';
import { controlPlaneLabels } from './kubeadm';
import { etcdManifest } from './manifests';

/** `EtcdAPICallRetryInterval`. */
const retryMs = 500;
/** After so many tries somebody who waits for the cluster to be idle waits no longer. */
const foregroundTriesMax = 240;

/** What kubeadm says to a control plane that would join where clients know one API server only. */
export const noStableEndpoint = `error execution phase preflight:
One or more conditions for hosting a new control plane instance is not satisfied.

unable to add a new control plane instance to a cluster that doesn't have a stable controlPlaneEndpoint address

Please ensure that:
* The cluster has a stable controlPlaneEndpoint address.
* The certificates that must be shared among control plane instances are provided.`;

const root = '/kubeadm/join/';

/** The machines that have not joined all the way. */
export function joining(world: Disk): readonly string[] {
  return world.list(root).map(([path]) => path.slice(root.length));
}

/** What is done next: it is noted outside the machine, so that a copy in the middle of it goes on. */
type Step = 'add' | 'promote' | 'mark';

export interface KubeadmJoinOptions {
  readonly kernel: Kernel;
  readonly world: Disk;
  readonly machine: Machine;
  readonly transport: Transport;
  /** The etcd members of the other control planes. */
  readonly members: () => readonly EtcdServer[];
}

/**
 * The end of `kubeadm join --control-plane`: the machine is added to the etcd group as a learner, its etcd is started, promoted once it has caught up,
 * and the node is marked (`cmd/kubeadm/app/phases/etcd`).
 */
export class KubeadmJoin {
  readonly #options: KubeadmJoinOptions;
  #tries = 0;

  constructor(options: KubeadmJoinOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#options.world.set(this.#path, 'add' satisfies Step);
    this.start();
  }

  /** Goes on where it was, if it had begun and was not done. */
  start(): void {
    if (this.#options.world.has(this.#path)) this.#again(0);
  }

  get #path(): string {
    return `${root}${this.#options.machine.name}`;
  }

  #again(delayMs: number): void {
    const background = this.#tries++ > foregroundTriesMax;
    this.#options.kernel.schedule({ delayMs, actor: 'kubeadm', what: 'join', background, run: () => this.#attempt() });
  }

  #attempt(): void {
    const { world } = this.#options;
    const step = world.get<Step>(this.#path);
    if (!step) return;
    const next = this.#perform(step);
    if (next === 'done') return void world.delete(this.#path);
    if (next !== step) world.set(this.#path, next);
    this.#again(next === step ? retryMs : 0);
  }

  #perform(step: Step): Step | 'done' {
    switch (step) {
      case 'add':
        return this.#withGroup((server) => this.#add(server)) ? 'promote' : step;
      case 'promote':
        return this.#withGroup((server) => this.#promote(server)) ? 'mark' : step;
      case 'mark':
        return this.#mark() ? 'done' : step;
    }
  }

  /** Asks one member after the other until one of them could do it. */
  #withGroup(act: (server: EtcdServer) => void): boolean {
    if (!this.#options.machine.isUp) return false;
    return this.#options.members().some((server) => {
      try {
        act(server);
        return true;
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error;
        return false;
      }
    });
  }

  #add(server: EtcdServer): void {
    const { machine } = this.#options;
    if (!this.#find(server)) server.memberAdd(machine.name, [this.#peerUrl], true);
    const self = this.#find(server) as MemberInfo;
    const others = server.members().filter(({ id }) => id !== self.id);
    machine.disk.set(`${manifests}/etcd.yaml`, etcdManifest(machine, [...others, { ...self, name: machine.name }]));
  }

  #promote(server: EtcdServer): void {
    const self = this.#find(server);
    if (!self || self.clientUrls.length === 0) throw new EtcdError('Unavailable', 'etcdserver: member is not started');
    if (self.isLearner) server.memberPromote(self.id);
  }

  get #peerUrl(): string {
    return `https://${this.#options.machine.ip}:2380`;
  }

  #find(server: EtcdServer): MemberInfo | undefined {
    return server.members().find(({ peerUrls }) => peerUrls.includes(this.#peerUrl));
  }

  #mark(): boolean {
    const { transport, machine } = this.#options;
    const headers = {
      accept: 'application/json',
      'content-type': 'application/merge-patch+json',
      'user-agent': 'kubeadm/v1.36.0 (linux/amd64)',
    };
    const body = { metadata: { labels: controlPlaneLabels } };
    try {
      return transport({ method: 'PATCH', url: `/api/v1/nodes/${machine.name}`, headers, body, actor: 'kubeadm' }).status === 200;
    } catch (error) {
      if (error instanceof ConnectionError) return false;
      throw error;
    }
  }
}
