import type { V1ReplicaSet } from '@/generated/kubernetes/types';
import { newAndOld, newReplicas, scaleReplicaSet, type NewAndOld } from './replica-sets';
import { active, byCreation, maxUnavailable, replicasOf, totalAvailable, totalReplicas, type Rollout } from './rollout-state';

/** `settled`: nothing was scaled in this step. */
export interface Step extends NewAndOld {
  readonly settled: boolean;
}

/** One step of a rolling update: either the new ReplicaSet grows or old ones shrink, and the status is told (`rolling.go`). */
export function rolloutRolling(rollout: Rollout): Step {
  const { fresh, old } = newAndOld(rollout, { create: true });
  if (!fresh) return { fresh, old, settled: true };
  const grown = scaleNew(rollout, fresh, old);
  if (grown !== fresh) return { fresh: grown, old, settled: false };
  const shrunk = scaleOld(rollout, fresh, old);
  return { fresh, old: shrunk ?? old, settled: shrunk === undefined };
}

function scaleNew(rollout: Rollout, fresh: V1ReplicaSet, old: readonly V1ReplicaSet[]): V1ReplicaSet {
  const desired = replicasOf(rollout.deployment);
  if (replicasOf(fresh) === desired) return fresh;
  const target = replicasOf(fresh) > desired ? desired : newReplicas(rollout.deployment, [...old, fresh], fresh);
  return target === replicasOf(fresh) ? fresh : scaleReplicaSet(rollout, fresh, target);
}

/** Undefined when no old ReplicaSet was scaled. */
function scaleOld(rollout: Rollout, fresh: V1ReplicaSet, old: readonly V1ReplicaSet[]): V1ReplicaSet[] | undefined {
  if (totalReplicas(old) === 0) return undefined;
  const minAvailable = replicasOf(rollout.deployment) - maxUnavailable(rollout.deployment);
  const newUnavailable = replicasOf(fresh) - (fresh.status?.availableReplicas ?? 0);
  const maxScaledDown = totalReplicas([...old, fresh]) - minAvailable - newUnavailable;
  if (maxScaledDown <= 0) return undefined;
  const before = active(old);
  const cleaned = removeUnhealthy(rollout, before, maxScaledDown);
  const cleanedCount = totalReplicas(before) - totalReplicas(cleaned);
  // Statuses lag behind specs; what specs alone allow is never exceeded, whatever Pods a status still counts.
  const surplus = Math.min(totalAvailable([...cleaned, fresh]) - minAvailable, maxScaledDown - cleanedCount);
  const shrunk = shrink(rollout, cleaned, surplus, replicasOf);
  const changed = new Map(shrunk.map((one) => [one.metadata.uid, one]));
  const after = old.map((one) => changed.get(one.metadata.uid) ?? one);
  return totalReplicas(after) === totalReplicas(old) ? undefined : after;
}

/** Pods that are not available go first, without counting against availability. */
function removeUnhealthy(rollout: Rollout, old: readonly V1ReplicaSet[], max: number): V1ReplicaSet[] {
  return shrink(rollout, old, max, (one) => replicasOf(one) - (one.status?.availableReplicas ?? 0));
}

/** Takes up to `max` replicas from `old`, oldest first, at most `share` of each. */
function shrink(rollout: Rollout, old: readonly V1ReplicaSet[], max: number, share: (replicaSet: V1ReplicaSet) => number): V1ReplicaSet[] {
  let left = max;
  return [...old].sort(byCreation).map((one) => {
    const count = Math.min(left, share(one), replicasOf(one));
    if (count <= 0) return one;
    left -= count;
    return scaleReplicaSet(rollout, one, replicasOf(one) - count);
  });
}

/** All old Pods go, and only when the last is gone new ones come (`recreate.go`). */
export function rolloutRecreate(rollout: Rollout): Step {
  const { fresh, old } = newAndOld(rollout, { create: false });
  if (active(old).length > 0) {
    const scaledDown = old.map((one) => (replicasOf(one) > 0 ? scaleReplicaSet(rollout, one, 0) : one));
    return { fresh, old: scaledDown, settled: false };
  }
  if (areOldPodsRunning(rollout, fresh, old)) return { fresh, old, settled: false };
  const made = fresh ? { fresh, old } : newAndOld(rollout, { create: true });
  const grown = made.fresh && scaleReplicaSet(rollout, made.fresh, replicasOf(rollout.deployment));
  return { fresh: grown, old: made.old, settled: true };
}

function areOldPodsRunning(rollout: Rollout, fresh: V1ReplicaSet | undefined, old: readonly V1ReplicaSet[]): boolean {
  if (old.some((one) => (one.status?.replicas ?? 0) > 0)) return true;
  const others = rollout.replicaSets.filter((one) => one.metadata.uid !== fresh?.metadata.uid);
  return others.some((one) => rollout.pods(one).some((pod) => pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded'));
}
