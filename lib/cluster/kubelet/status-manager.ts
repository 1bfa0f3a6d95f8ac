import type { V1Pod, V1PodStatus } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { ConnectionError, StatusError } from '../api';
import type { Client } from '../client';
import type { Kernel } from '../kernel';
import { Pod } from '../resources';
import { isTerminalPhase } from './pod-status';

/** The API object a status is written to: the Pod itself, or a static Pod's mirror. */
export interface StatusTarget {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly status: V1PodStatus;
}

interface Kept {
  readonly status: V1PodStatus;
  /** The last write: to which object, and as which version. */
  readonly writtenUid: string | undefined;
  readonly writtenVersion: number;
  readonly written: V1PodStatus | undefined;
}

const retryMs = 10_000;

/** The kubelet's statuses on their way to the API server (`kubelet/status/status_manager.go`): only differences are sent, until they get there. */
export class StatusManager {
  readonly #kernel: Kernel;
  readonly #client: Client;
  readonly #target: (podUid: string) => StatusTarget | undefined;
  readonly #kept = new Map<string, Kept>();
  #retry: ReturnType<Kernel['schedule']> | undefined;

  constructor(options: { kernel: Kernel; client: Client; target: (podUid: string) => StatusTarget | undefined }) {
    this.#kernel = options.kernel;
    this.#client = options.client;
    this.#target = options.target;
  }

  /** The newest status known; before the first sync that is what the API server has. */
  get(pod: V1Pod): V1PodStatus {
    return this.find(pod.metadata.uid as string) ?? pod.status ?? {};
  }

  find(uid: string): V1PodStatus | undefined {
    return this.#kept.get(uid)?.status ?? this.#target(uid)?.status;
  }

  /** A Pod whose containers may still run keeps its phase until they do not. */
  set(pod: V1Pod, status: V1PodStatus, { mayRun }: { mayRun: boolean }): void {
    const uid = pod.metadata.uid as string;
    const kept = this.#kept.get(uid);
    const old = this.get(pod);
    const isEarly = mayRun && isTerminalPhase(status.phase) && !isTerminalPhase(old.phase);
    const held = isEarly ? withPhaseOf(status, old) : status;
    if (kept && deepEqual(kept.status, held)) return this.write(uid);
    this.#kept.set(uid, { status: held, written: kept?.written, writtenUid: kept?.writtenUid, writtenVersion: kept?.writtenVersion ?? 0 });
    this.write(uid);
  }

  /** Sends what the API server does not have yet. */
  write(uid: string): void {
    const kept = this.#kept.get(uid);
    const target = this.#target(uid);
    if (!kept || !target) return;
    const patch = statusPatch(presentStatus(kept, target), kept.status);
    if (!patch) return;
    try {
      const answer = this.#client.patch(Pod, target, { metadata: { uid: target.uid }, status: patch }, { subresource: 'status' });
      this.#kept.set(uid, {
        ...kept,
        written: kept.status,
        writtenUid: target.uid,
        writtenVersion: Number(answer.metadata.resourceVersion),
      });
    } catch (error) {
      if (!(error instanceof ConnectionError || error instanceof StatusError)) throw error;
      if (!StatusError.is(error, 'NotFound')) this.#retryLater();
    }
  }

  /** A Pod's update has arrived: when its status is not what was sent, it is sent again. */
  reconcile(uid: string): void {
    const kept = this.#kept.get(uid);
    const target = this.#target(uid);
    if (kept?.written && target && Number(target.resourceVersion) > kept.writtenVersion) this.write(uid);
  }

  forget(uid: string): void {
    this.#kept.delete(uid);
  }

  stop(): void {
    this.#retry?.cancel();
  }

  #retryLater(): void {
    this.#retry ??= this.#kernel.schedule({
      delayMs: retryMs,
      actor: this.#client.actor,
      what: 'write Pod statuses again',
      background: true,
      run: () => {
        this.#retry = undefined;
        for (const uid of [...this.#kept.keys()]) this.write(uid);
      },
    });
  }
}

function withPhaseOf(status: V1PodStatus, old: V1PodStatus): V1PodStatus {
  const { reason: _reason, message: _message, ...rest } = status;
  return { ...rest, phase: old.phase, ...(old.reason ? { reason: old.reason } : {}), ...(old.message ? { message: old.message } : {}) };
}

const mergedByKey: Readonly<Record<string, string>> = { conditions: 'type', podIPs: 'ip', hostIPs: 'ip' };

/** A two-way strategic merge patch of a Pod's status; undefined when nothing differs. */
export function statusPatch(from: V1PodStatus, to: V1PodStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  const before = from as Record<string, unknown>;
  const after = to as Record<string, unknown>;
  for (const field in after) {
    if (deepEqual(before[field], after[field])) continue;
    const key = mergedByKey[field];
    patch[field] = key ? listPatch(before[field] as never, after[field] as never, key) : after[field];
  }
  for (const field in before) if (after[field] === undefined && before[field] !== undefined) patch[field] = null;
  return Object.keys(patch).length > 0 ? patch : undefined;
}

type Item = Record<string, unknown>;

function listPatch(from: readonly Item[] = [], to: readonly Item[], key: string): Item[] {
  const changed = to.flatMap((item) => {
    const old = from.find((one) => one[key] === item[key]);
    if (!old) return [item];
    if (deepEqual(old, item)) return [];
    const gone = Object.keys(old).filter((field) => item[field] === undefined);
    return [{ ...item, ...Object.fromEntries(gone.map((field) => [field, null])) }];
  });
  const removed = from.filter((item) => !to.some((one) => one[key] === item[key])).map((item) => ({ [key]: item[key], $patch: 'delete' }));
  return [...changed, ...removed];
}

/** What the API server has: our last write, unless the cache shows what somebody made of it since (`needsReconcile`). */
function presentStatus(kept: Kept, target: StatusTarget): V1PodStatus {
  const isSeen = kept.writtenUid !== target.uid || Number(target.resourceVersion) >= kept.writtenVersion;
  return isSeen || !kept.written ? target.status : kept.written;
}
