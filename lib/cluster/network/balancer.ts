import { hash32 } from '@/lib/base';
import type { Transport } from '../api';
import type { Kernel } from '../kernel';

/** A server behind a load balancer, as it is now. */
export interface Backend {
  readonly ip: string;
  /** Absent when nobody listens there or the way there is cut. */
  readonly api: Transport | undefined;
}

/** The name of its machine, for cuts and faults of links. */
export const balancerName = 'load-balancer';

/** A backend is asked `/readyz` no more often than this. */
const checkMs = 2_000;

/**
 * The load balancer that `kubeadm init --control-plane-endpoint` wants in front of several API servers, such as HAProxy with `balance source`:
 * a client stays with its server while that is ready. With none ready it tries who at least listens.
 */
export class Balancer {
  readonly ip: string;
  readonly port: number;
  readonly #kernel: Kernel;
  readonly #checks = new Map<string, { readonly at: number; readonly isReady: boolean }>();

  constructor(options: { readonly kernel: Kernel; readonly ip: string; readonly port: number }) {
    this.#kernel = options.kernel;
    this.ip = options.ip;
    this.port = options.port;
  }

  pick(client: string, backends: readonly Backend[]): string | undefined {
    const first = hash32(client) % Math.max(1, backends.length);
    const inTurn = [...backends.slice(first), ...backends.slice(0, first)].filter(({ api }) => api);
    return (inTurn.find((backend) => this.#isReady(backend)) ?? inTurn[0])?.ip;
  }

  #isReady({ ip, api }: Backend): boolean {
    const last = this.#checks.get(ip);
    if (last && this.#kernel.now - last.at < checkMs) return last.isReady;
    const isReady = api?.({ method: 'GET', url: '/readyz', headers: {}, actor: balancerName }).status === 200;
    this.#checks.set(ip, { at: this.#kernel.now, isReady });
    return isReady;
  }
}
