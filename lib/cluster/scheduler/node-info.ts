import type { V1Node, V1Pod } from '@/generated/kubernetes/types';
import { add, amountsOf, nonZeroRequests, podRequests, subtract, type Resources } from './resources';

/** A Pod with what the plugins would compute of it again and again. */
export interface PodInfo {
  readonly pod: V1Pod;
  readonly requests: Resources;
  readonly nonZero: Resources;
  /** It has wishes about other Pods, which concern Pods without any of their own too. */
  readonly hasAffinity: boolean;
}

export function podInfo(pod: V1Pod): PodInfo {
  const { affinity } = pod.spec;
  return {
    pod,
    requests: podRequests(pod),
    nonZero: nonZeroRequests(pod),
    hasAffinity: Boolean(affinity?.podAffinity || affinity?.podAntiAffinity),
  };
}

/** A node and all Pods on it or assumed to be, with their requests summed up (`framework.NodeInfo`). */
export class NodeInfo {
  readonly name: string;
  #node: V1Node | undefined;
  #allocatable: Resources = {};
  #pods = new Map<string, PodInfo>();
  #withAffinity = new Map<string, PodInfo>();
  #requested: Resources = {};
  #nonZero: Resources = {};

  constructor(name: string) {
    this.name = name;
  }

  /** A copy to try things on: adding to it leaves this one as it is. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.name);
    copy.#node = this.#node;
    copy.#allocatable = this.#allocatable;
    copy.#pods = new Map(this.#pods);
    copy.#withAffinity = new Map(this.#withAffinity);
    copy.#requested = this.#requested;
    copy.#nonZero = this.#nonZero;
    return copy;
  }

  /** Undefined while Pods are known to be on a node that is not known itself. */
  get maybeNode(): V1Node | undefined {
    return this.#node;
  }

  get node(): V1Node {
    return this.#node as V1Node;
  }

  set node(node: V1Node | undefined) {
    this.#node = node;
    this.#allocatable = amountsOf(node?.status?.allocatable);
  }

  get labels(): Readonly<Record<string, string>> {
    return this.#node?.metadata.labels ?? {};
  }

  get allocatable(): Resources {
    return this.#allocatable;
  }

  get pods(): IterableIterator<PodInfo> {
    return this.#pods.values();
  }

  get podsWithAffinity(): IterableIterator<PodInfo> {
    return this.#withAffinity.values();
  }

  get podCount(): number {
    return this.#pods.size;
  }

  get requested(): Resources {
    return this.#requested;
  }

  /** `requested` with the scorers' minimum for containers that ask for nothing. */
  get nonZeroRequested(): Resources {
    return this.#nonZero;
  }

  add(info: PodInfo): void {
    this.remove(info.pod);
    this.#pods.set(info.pod.metadata.uid, info);
    if (info.hasAffinity) this.#withAffinity.set(info.pod.metadata.uid, info);
    this.#requested = add(this.#requested, info.requests);
    this.#nonZero = add(this.#nonZero, info.nonZero);
  }

  remove({ metadata }: V1Pod): boolean {
    const info = this.#pods.get(metadata.uid);
    if (!info) return false;
    this.#pods.delete(metadata.uid);
    this.#withAffinity.delete(metadata.uid);
    this.#requested = subtract(this.#requested, info.requests);
    this.#nonZero = subtract(this.#nonZero, info.nonZero);
    return true;
  }
}
