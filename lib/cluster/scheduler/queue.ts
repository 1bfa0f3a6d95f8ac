import type { V1Pod } from '@/generated/kubernetes/types';
import { keyOf } from '../api';
import type { Entry, Instant, Kernel } from '../kernel';
import { preEnqueue } from './framework';
import type { ClusterEvent } from './plugin';
import { plugins } from './registry';

export interface QueuedPod {
  readonly pod: V1Pod;
  readonly attempts: number;
  /** The plugins that rejected it last; none after an error, so that any event is worth a try. */
  readonly rejectedBy: ReadonlySet<string>;
  readonly since: Instant;
  /** The trace entry for which it is to be tried now. */
  readonly cause?: number | undefined;
}

const initialBackoffMs = 1_000;
const maxBackoffMs = 10_000;
/** A Pod that nothing woke for so long is tried again anyway. */
const leftoverMs = 300_000;

/**
 * Pods that wait for a node (`backend/queue`): those to be tried now, by priority and then by age; those that were found unschedulable,
 * until an event one of the plugins that rejected them waits for; and those kept out by their scheduling gates.
 * As upstream does while nothing else is to be tried, a woken Pod is popped from its back-off at once; only errors back off.
 */
export class SchedulingQueue {
  readonly #kernel: Kernel;
  readonly #onReady: () => void;
  readonly #active = new Map<string, QueuedPod>();
  readonly #unschedulable = new Map<string, QueuedPod>();
  readonly #gated = new Map<string, QueuedPod>();
  readonly #backingOff = new Map<string, Entry>();
  #leftovers: Entry | undefined;

  constructor({ kernel, onReady }: { kernel: Kernel; onReady: () => void }) {
    this.#kernel = kernel;
    this.#onReady = onReady;
  }

  get hasActive(): boolean {
    return this.#active.size > 0;
  }

  /** A Pod without a node was seen for the first time. */
  add(pod: V1Pod): void {
    this.#enter({ pod, attempts: 0, rejectedBy: new Set(), since: this.#kernel.now });
  }

  /** Takes over a new version. A change of status alone wakes nothing. */
  update(old: V1Pod, pod: V1Pod): void {
    const { uid } = pod.metadata;
    const active = this.#active.get(uid);
    if (active) return void this.#active.set(uid, { ...active, pod });
    const waiting = this.#unschedulable.get(uid) ?? this.#gated.get(uid);
    if (!waiting) return this.add(pod);
    if (isSchedulingChange(old, pod)) {
      this.#leave(uid);
      this.#enter({ ...waiting, pod });
    } else {
      const shelf = this.#gated.has(uid) ? this.#gated : this.#unschedulable;
      shelf.set(uid, { ...waiting, pod });
    }
  }

  remove({ metadata }: V1Pod): void {
    this.#leave(metadata.uid);
  }

  /** The Pod of the highest priority, the one that came first among equals. */
  pop(): QueuedPod | undefined {
    let best: QueuedPod | undefined;
    for (const queued of this.#active.values()) {
      if (!best || priorityOf(queued.pod) > priorityOf(best.pod)) best = queued;
    }
    if (best) this.#active.delete(best.pod.metadata.uid);
    return best && { ...best, attempts: best.attempts + 1 };
  }

  /** Tried in vain: it waits for an event that one of `rejectedBy` waits for. */
  addUnschedulable(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    this.#unschedulable.set(queued.pod.metadata.uid, { ...queued, rejectedBy, since: this.#kernel.now });
    this.#scheduleLeftovers();
  }

  /** Something went wrong that was not the Pod's fault: back off from 1 s, doubling to 10 s. */
  addBackingOff(queued: QueuedPod): void {
    const { uid } = queued.pod.metadata;
    this.#unschedulable.set(uid, { ...queued, rejectedBy: new Set() });
    const delayMs = Math.min(initialBackoffMs * 2 ** (queued.attempts - 1), maxBackoffMs);
    this.#backingOff.set(
      uid,
      this.#kernel.schedule({
        delayMs,
        actor: 'kube-scheduler',
        what: `back-off of ${keyOf(queued.pod)} is over`,
        background: false,
        run: () => this.#wake(uid),
      }),
    );
  }

  /** Wakes the Pods to which this event may make a difference. */
  onEvent(event: ClusterEvent): void {
    for (const [uid, queued] of [...this.#unschedulable]) {
      if (!this.#backingOff.has(uid) && isWorthATry(queued, event)) this.#wake(uid);
    }
  }

  stop(): void {
    this.#leftovers?.cancel();
    for (const entry of this.#backingOff.values()) entry.cancel();
  }

  #wake(uid: string): void {
    const queued = this.#unschedulable.get(uid);
    this.#leave(uid);
    if (queued) this.#enter(queued);
  }

  #enter(queued: QueuedPod): void {
    const { uid } = queued.pod.metadata;
    if (preEnqueue(queued.pod) !== undefined) return void this.#gated.set(uid, queued);
    this.#active.set(uid, { ...queued, cause: this.#kernel.cause });
    this.#onReady();
  }

  #leave(uid: string): void {
    this.#active.delete(uid);
    this.#unschedulable.delete(uid);
    this.#gated.delete(uid);
    this.#backingOff.get(uid)?.cancel();
    this.#backingOff.delete(uid);
  }

  #scheduleLeftovers(): void {
    if (this.#leftovers) return;
    this.#leftovers = this.#kernel.schedule({
      delayMs: leftoverMs,
      actor: 'kube-scheduler',
      what: 'retry Pods that waited long',
      background: true,
      run: () => {
        this.#leftovers = undefined;
        const limit = this.#kernel.now - leftoverMs;
        for (const [uid, { since }] of [...this.#unschedulable]) if (since <= limit) this.#wake(uid);
        if (this.#unschedulable.size > 0) this.#scheduleLeftovers();
      },
    });
  }
}

function priorityOf({ spec }: V1Pod): number {
  return spec.priority ?? 0;
}

function isWorthATry({ pod, rejectedBy }: QueuedPod, event: ClusterEvent): boolean {
  if (rejectedBy.size === 0) return true;
  return plugins.some(({ plugin }) => rejectedBy.has(plugin.name) && (plugin.events?.[event.type]?.(pod, event) ?? false));
}

/** Labels, or anything in spec: gates, tolerations, resources. */
function isSchedulingChange(old: V1Pod, pod: V1Pod): boolean {
  if (old.metadata.generation !== pod.metadata.generation) return true;
  const before = old.metadata.labels ?? {};
  const after = pod.metadata.labels ?? {};
  return Object.keys({ ...before, ...after }).some((name) => before[name] !== after[name]);
}
