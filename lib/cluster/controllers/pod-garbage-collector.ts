import type { V1Node, V1Pod } from '@/generated/kubernetes/types';
import { ConnectionError, keyOf, StatusError } from '../api';
import { conditionsPatch, type Informer } from '../client';
import { parseInstant, rfc3339, type Entry, type Instant } from '../kernel';
import { Node, Pod } from '../resources';
import type { Controller, ControllerEnvironment } from './controller';
import { isTerminal } from './pod-state';
import { taintKeys } from './taints';

const periodMs = 20_000;
/** A node must have been missing for so long before its Pods are given up. */
const quarantineMs = 40_000;
const outOfService = 'node.kubernetes.io/out-of-service';

/** Removes Pods that nobody else will (`pkg/controller/podgc`): of nodes that are gone, never scheduled and deleted, and too many that are over. */
export const podGarbageCollectorController: Controller = {
  name: 'pod-garbage-collector-controller',
  start: (environment) => new PodGarbageCollector(environment),
};

class PodGarbageCollector {
  readonly #environment: ControllerEnvironment;
  readonly #pods: Informer<V1Pod>;
  readonly #nodes: Informer<V1Node>;
  readonly #missingSince = new Map<string, Instant>();
  #next: Entry | undefined;

  constructor(environment: ControllerEnvironment) {
    this.#environment = environment;
    this.#pods = environment.informers.for(Pod);
    this.#nodes = environment.informers.for(Node);
    this.#schedule();
  }

  stop(): void {
    this.#next?.cancel();
  }

  #schedule(): void {
    const { kernel, client } = this.#environment;
    this.#next = kernel.schedule({
      delayMs: periodMs,
      actor: client.actor,
      what: 'look for Pods nobody removes',
      background: true,
      run: () => {
        this.#schedule();
        if (this.#pods.hasSynced && this.#nodes.hasSynced) this.#collect();
      },
    });
  }

  /** Looks in the background; what it finds is removed in the foreground. */
  #collect(): void {
    const { kernel, client } = this.#environment;
    const doomed = [...this.#surplus(), ...this.#unscheduled(), ...this.#outOfService(), ...this.#orphaned()];
    for (const { pod, why } of doomed) {
      kernel.schedule({
        delayMs: 0,
        actor: client.actor,
        what: `collect Pod ${keyOf(pod)}`,
        background: false,
        run: () => this.#remove(pod, why),
      });
    }
  }

  /** The oldest of the Pods that are over, beyond the threshold. */
  #surplus(): Doomed[] {
    const { terminatedPodGcThreshold } = this.#environment.options;
    if (terminatedPodGcThreshold <= 0 || this.#pods.size <= terminatedPodGcThreshold) return [];
    const over = this.#pods.list(undefined, isTerminal);
    over.sort((a, b) => parseInstant(a.metadata.creationTimestamp) - parseInstant(b.metadata.creationTimestamp));
    return over.slice(0, Math.max(0, over.length - terminatedPodGcThreshold)).map((pod) => ({ pod, why: undefined }));
  }

  #unscheduled(): Doomed[] {
    return this.#pods
      .list(undefined, ({ metadata, spec }) => metadata.deletionTimestamp !== undefined && !spec.nodeName)
      .map((pod) => ({ pod, why: undefined }));
  }

  /** Terminating Pods of a node that is not ready and tainted as out of service. */
  #outOfService(): Doomed[] {
    const isOut = ({ spec }: V1Node) =>
      Boolean(
        spec?.taints?.some(({ key }) => key === outOfService) &&
        spec.taints.some(({ key }) => key === taintKeys.notReady || key === taintKeys.unreachable),
      );
    const names = new Set(this.#nodes.list(undefined, isOut).map(({ metadata }) => metadata.name));
    if (names.size === 0) return [];
    return this.#pods
      .list(undefined, ({ metadata, spec }) => metadata.deletionTimestamp !== undefined && names.has(spec.nodeName ?? ''))
      .map((pod) => ({ pod, why: undefined }));
  }

  #orphaned(): Doomed[] {
    const { kernel } = this.#environment;
    const missing = this.#pods.list(undefined, ({ spec }) => Boolean(spec.nodeName) && !this.#nodes.get(spec.nodeName as string));
    const names = new Set(missing.map(({ spec }) => spec.nodeName as string));
    for (const name of [...this.#missingSince.keys()]) if (!names.has(name)) this.#missingSince.delete(name);
    for (const name of names) if (!this.#missingSince.has(name)) this.#missingSince.set(name, kernel.now);
    return missing
      .filter(
        ({ spec }) =>
          kernel.now - (this.#missingSince.get(spec.nodeName as string) as Instant) >= quarantineMs &&
          this.#isReallyGone(spec.nodeName as string),
      )
      .map((pod) => ({ pod, why: 'PodGC: node no longer exists' }));
  }

  /** The cache may be wrong; the server is not. */
  #isReallyGone(name: string): boolean {
    try {
      return this.#environment.client.find(Node, { name }) === undefined;
    } catch {
      return false;
    }
  }

  #remove(pod: V1Pod, why: string | undefined): void {
    const { client, log } = this.#environment;
    try {
      if (!isTerminal(pod)) this.#markFailed(pod, why);
      client.delete(Pod, pod.metadata, { gracePeriodSeconds: 0 });
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof ConnectionError)) throw error;
      if (!StatusError.is(error, 'NotFound'))
        log(`"Failed to collect pod" pod=${JSON.stringify(keyOf(pod))} err=${JSON.stringify(error.message)}`);
    }
  }

  #markFailed(pod: V1Pod, why: string | undefined): void {
    const { client, kernel } = this.#environment;
    const observed = pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation };
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByPodGC',
      message: why,
      lastProbeTime: null,
      lastTransitionTime: rfc3339(kernel.now),
      ...observed,
    };
    const status = { phase: 'Failed', ...observed, ...(why ? conditionsPatch(pod.status?.conditions, [condition]) : {}) };
    client.patch(Pod, pod.metadata, { metadata: { uid: pod.metadata.uid }, status }, { subresource: 'status' });
  }
}

interface Doomed {
  readonly pod: V1Pod;
  readonly why: string | undefined;
}
