import type { V1Node, V1Pod } from '@/generated/kubernetes/types';
import { compareBytes } from '@/lib/base';
import { NodeInfo, podInfo } from './node-info';

/**
 * What the scheduler believes of the nodes: what its informers saw, and Pods it has assumed onto a node whose binding
 * has not come back yet (`backend/cache`).
 */
export class SchedulerCache {
  readonly #nodes = new Map<string, NodeInfo>();
  /** Where each known Pod is counted, by uid. */
  readonly #places = new Map<string, string>();
  readonly #assumed = new Set<string>();
  #ordered: NodeInfo[] | undefined;

  /** The nodes that exist, in order of name. */
  get nodes(): readonly NodeInfo[] {
    this.#ordered ??= [...this.#nodes.values()].filter((info) => info.maybeNode).sort((a, b) => compareBytes(a.name, b.name));
    return this.#ordered;
  }

  find(name: string): NodeInfo | undefined {
    const info = this.#nodes.get(name);
    return info?.maybeNode ? info : undefined;
  }

  setNode(node: V1Node): void {
    const info = this.#infoOf(node.metadata.name);
    if (!info.maybeNode) this.#ordered = undefined;
    info.node = node;
  }

  removeNode(node: V1Node): void {
    const info = this.#nodes.get(node.metadata.name);
    if (!info) return;
    info.node = undefined;
    this.#ordered = undefined;
    if (info.podCount === 0) this.#nodes.delete(info.name);
  }

  /** Counts a Pod on a node before the API server has said so. */
  assume(pod: V1Pod, nodeName: string): void {
    this.#assumed.add(pod.metadata.uid);
    this.#place(pod, nodeName);
  }

  /** The binding failed: the Pod is nowhere again. */
  forget(pod: V1Pod): void {
    this.#assumed.delete(pod.metadata.uid);
    this.#displace(pod);
  }

  isAssumed(pod: V1Pod): boolean {
    return this.#assumed.has(pod.metadata.uid);
  }

  /** A Pod seen on its node: confirms an assumption, or corrects it. */
  setPod(pod: V1Pod): void {
    this.#assumed.delete(pod.metadata.uid);
    this.#place(pod, pod.spec.nodeName as string);
  }

  removePod(pod: V1Pod): void {
    this.forget(pod);
  }

  #place(pod: V1Pod, nodeName: string): void {
    this.#displace(pod);
    this.#places.set(pod.metadata.uid, nodeName);
    this.#infoOf(nodeName).add(podInfo(pod));
  }

  #displace(pod: V1Pod): void {
    const name = this.#places.get(pod.metadata.uid);
    if (name === undefined) return;
    this.#places.delete(pod.metadata.uid);
    const info = this.#nodes.get(name);
    info?.remove(pod);
    if (info && !info.maybeNode && info.podCount === 0) this.#nodes.delete(name);
  }

  #infoOf(name: string): NodeInfo {
    const info = this.#nodes.get(name) ?? new NodeInfo(name);
    this.#nodes.set(name, info);
    return info;
  }
}
