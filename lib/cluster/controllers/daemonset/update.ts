import type { V1DaemonSet, V1Node, V1Pod } from '@/generated/kubernetes/types';
import type { Instant } from '../../kernel';
import type { PodsByNode } from '../daemonset';
import { scaled } from '../deployment/rollout-state';
import { isAvailable } from '../pod-state';
import { nodeShouldRun } from './eligibility';
import { hashLabel } from './pods';

export interface Plan {
  /** Nodes that get a new Pod beside the old one. */
  readonly create: readonly string[];
  readonly remove: readonly V1Pod[];
}

/** What one node has of each revision; undefined when it has two of one and must settle first. */
interface OnNode {
  readonly name: string;
  readonly fresh: V1Pod | undefined;
  readonly old: V1Pod | undefined;
}

/** The next step of a rolling update (`update.go`): old Pods go one by one, or with a surge, new ones come first. */
export function planRollingUpdate(daemonSet: V1DaemonSet, nodes: readonly V1Node[], byNode: PodsByNode, hash: string, now: Instant): Plan {
  const desired = nodes.filter((node) => nodeShouldRun(daemonSet, node).shouldRun).length;
  const { maxSurge, maxUnavailable } = daemonSet.spec.updateStrategy?.rollingUpdate ?? {};
  const surge = scaled(maxSurge, desired, Math.ceil);
  const unavailable = scaled(maxUnavailable, desired, Math.ceil);
  const isUp = (pod: V1Pod) => isAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, now);
  const places = [...byNode].map(([name, pods]) => place(name, pods, hash));
  const settled = places.filter((one) => one !== undefined);
  if (surge > 0) return surgePlan(settled, surge, isUp);
  return replacePlan(settled, places.length - settled.length, Math.max(unavailable, surge === 0 && unavailable === 0 ? 1 : 0), isUp);
}

function place(name: string, pods: readonly V1Pod[], hash: string): OnNode | undefined {
  const fresh = pods.filter(({ metadata }) => metadata.labels?.[hashLabel] === hash);
  const old = pods.filter(({ metadata }) => metadata.labels?.[hashLabel] !== hash);
  return fresh.length > 1 || old.length > 1 ? undefined : { name, fresh: fresh[0], old: old[0] };
}

/** Old Pods that are down anyway are replaced at once; of the others as many as availability allows. */
function replacePlan(places: readonly OnNode[], unsettled: number, maxUnavailable: number, isUp: (pod: V1Pod) => boolean): Plan {
  let unavailable = unsettled;
  const free: V1Pod[] = [];
  const candidates: V1Pod[] = [];
  for (const { fresh, old } of places) {
    if (!fresh && !old) unavailable++;
    else if (fresh) unavailable += isUp(fresh) ? 0 : 1;
    else if (old && isUp(old) && !old.metadata.deletionTimestamp) candidates.push(old);
    else if (old) {
      unavailable++;
      if (!old.metadata.deletionTimestamp) free.push(old);
    }
  }
  return { create: [], remove: [...free, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))] };
}

/** A new Pod beside the old one; the old one goes when the new one is available. */
function surgePlan(places: readonly OnNode[], maxSurge: number, isUp: (pod: V1Pod) => boolean): Plan {
  let surging = 0;
  const urgent: string[] = [];
  const candidates: string[] = [];
  const remove: V1Pod[] = [];
  for (const { name, fresh, old } of places) {
    if (!old) continue;
    if (fresh) {
      if (isUp(fresh)) remove.push(old);
      else surging++;
    } else if (isUp(old) && !old.metadata.deletionTimestamp) candidates.push(name);
    else urgent.push(name);
  }
  return {
    create: [...urgent, ...candidates.slice(0, Math.max(0, maxSurge - surging))],
    remove: remove.filter((pod) => !pod.metadata.deletionTimestamp),
  };
}
