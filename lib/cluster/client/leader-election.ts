import { deepCopy, type Random } from '@/lib/base';
import type { V1Lease } from '@/generated/kubernetes/types';
import { ConnectionError, StatusError } from '../api';
import { rfc3339Micro, type Entry, type Instant, type Kernel } from '../kernel';
import type { Client, ResourceRef } from './client';

export const leaseRef: ResourceRef<V1Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  names: { plural: 'leases' },
  scope: 'Namespaced',
};

export interface LeaderElectionOptions {
  readonly kernel: Kernel;
  readonly client: Client;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** `cp-1_6f1d…`: unlike any other candidate's. A lease held under the same identity is taken up at once. */
  readonly identity: string;
  /** Others wait this long after the last renewal they saw. Shorter than `renewDeadlineMs` breaks the promise of one leader. */
  readonly leaseDurationMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  readonly onStartedLeading: () => void;
  /** The lease could not be renewed in time: whatever the leader did must stop now. */
  readonly onStoppedLeading: () => void;
  /** Told whenever another leader than the last is seen; not when this one goes on leading after a snapshot was taken up. */
  readonly onNewLeader?: (identity: string) => void;
}

const jitterFactor = 1.2;

/** Among several candidates at most one leads, by a Lease it keeps renewing (`client-go/tools/leaderelection`). */
export class LeaderElection {
  readonly #options: Required<Omit<LeaderElectionOptions, 'onNewLeader'>> & Pick<LeaderElectionOptions, 'onNewLeader'>;
  readonly #random: Random;
  /** The lease as last seen, and when it was last seen to change: other clocks are not trusted. */
  #observed: V1Lease | undefined;
  #observedAt = 0 as Instant;
  #renewedAt = 0 as Instant;
  #isLeader = false;
  #next: Entry | undefined;
  /** What the trace says of it every other second. */
  #renewal: string | undefined;
  #reportedLeader: string | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000, ...options };
    this.#random = options.kernel.random.fork(`leader-election/${options.lease.name}/${options.identity}`);
  }

  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** Tries at once, then again and again until it leads. */
  start(): void {
    this.#acquire();
  }

  /** Stops trying and renewing, without giving the lease back: as a killed process does. */
  stop(): void {
    this.#next?.cancel();
    this.#next = undefined;
    this.#isLeader = false;
  }

  #acquire(): void {
    if (this.#tryAcquireOrRenew()) return this.#lead();
    const { lease, retryPeriodMs } = this.#options;
    const what = `try to acquire lease ${lease.namespace}/${lease.name}`;
    this.#again(retryPeriodMs * (1 + jitterFactor * this.#random.float()), what, () => this.#acquire());
  }

  #lead(): void {
    this.#isLeader = true;
    this.#renewedAt = this.#options.kernel.now;
    const { kernel, client, lease, onStartedLeading } = this.#options;
    kernel.schedule({
      delayMs: 0,
      actor: client.actor,
      what: `start leading by ${lease.namespace}/${lease.name}`,
      background: false,
      run: () => {
        if (this.#isLeader) onStartedLeading();
      },
    });
    this.#renewLater();
  }

  #renew(): void {
    const { kernel, renewDeadlineMs, onStoppedLeading } = this.#options;
    if (this.#tryAcquireOrRenew()) this.#renewedAt = kernel.now;
    if (kernel.now - this.#renewedAt >= renewDeadlineMs || !this.#isHolder()) {
      this.stop();
      return onStoppedLeading();
    }
    this.#renewLater();
  }

  #renewLater(): void {
    const { lease, retryPeriodMs } = this.#options;
    this.#again(retryPeriodMs, (this.#renewal ??= `renew lease ${lease.namespace}/${lease.name}`), () => this.#renew());
  }

  #again(delayMs: number, what: string, run: () => void): void {
    const { kernel, client } = this.#options;
    this.#next = kernel.schedule({ delayMs: Math.round(delayMs), actor: client.actor, what, background: true, run });
  }

  #isHolder(): boolean {
    return this.#observed?.spec.holderIdentity === this.#options.identity;
  }

  /** Whether the lease is ours now. */
  #tryAcquireOrRenew(): boolean {
    try {
      return this.#isHolder() && this.#isLeader ? this.#renewObserved() : this.#acquireFresh();
    } catch (error) {
      if (error instanceof ConnectionError || error instanceof StatusError) return false;
      throw error;
    }
  }

  /** The fast path: a leader updates what it wrote last, and looks again only when that conflicts. */
  #renewObserved(): boolean {
    const lease = this.#observed as V1Lease;
    const spec = { ...lease.spec, renewTime: rfc3339Micro(this.#options.kernel.now) };
    try {
      this.#observe(this.#options.client.update(leaseRef, { ...lease, spec }));
      return true;
    } catch (error) {
      if (StatusError.is(error, 'Conflict')) return this.#acquireFresh();
      throw error;
    }
  }

  #acquireFresh(): boolean {
    const { kernel, client, lease: name, identity, leaseDurationMs } = this.#options;
    const now = rfc3339Micro(kernel.now);
    const found = client.find(leaseRef, name);
    if (!found) {
      const spec = {
        holderIdentity: identity,
        leaseDurationSeconds: leaseDurationMs / 1000,
        acquireTime: now,
        renewTime: now,
        leaseTransitions: 0,
      };
      this.#observe(client.create(leaseRef, { metadata: { ...name }, spec }));
      return true;
    }
    const holder = found.spec.holderIdentity ?? '';
    if (!this.#observed && holder === identity) this.#reportedLeader = identity;
    this.#observe(found);
    const expiresAt = this.#observedAt + (found.spec.leaseDurationSeconds ?? 0) * 1000;
    if (holder !== '' && holder !== identity && expiresAt > kernel.now) return false;
    const lease = deepCopy(found);
    const isOurs = holder === identity;
    lease.spec = {
      ...lease.spec,
      holderIdentity: identity,
      leaseDurationSeconds: leaseDurationMs / 1000,
      renewTime: now,
      acquireTime: isOurs ? lease.spec.acquireTime : now,
      leaseTransitions: (lease.spec.leaseTransitions ?? 0) + (isOurs ? 0 : 1),
    };
    this.#observe(client.update(leaseRef, lease));
    return true;
  }

  #observe(lease: V1Lease): void {
    const { spec } = lease;
    const last = this.#observed?.spec;
    if (last?.renewTime !== spec.renewTime || last?.holderIdentity !== spec.holderIdentity) this.#observedAt = this.#options.kernel.now;
    this.#observed = lease;
    const holder = spec.holderIdentity ?? '';
    if (holder === '' || holder === this.#reportedLeader) return;
    this.#reportedLeader = holder;
    this.#options.onNewLeader?.(holder);
  }
}
