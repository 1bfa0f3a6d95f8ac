import type { V1Deployment, V1ReplicaSet } from '@/generated/kubernetes/types';
import { desiredReplicas, maxReplicas } from './annotations';
import { scaleReplicaSet, newAndOld } from './replica-sets';
import { active, byCreation, isRolling, maxSurge, replicasOf, totalReplicas, type Rollout } from './rollout-state';

/** Whether spec.replicas changed since the ReplicaSets were last told. */
export function isScaling(rollout: Rollout): boolean {
  const { fresh, old } = newAndOld(rollout, { create: false });
  return active([fresh, ...old]).some((one) => {
    const desired = desiredReplicas(one);
    return desired !== undefined && desired !== replicasOf(rollout.deployment);
  });
}

/** Brings the ReplicaSets to the Deployment's size; in the middle of a rollout each in proportion (`sync.go`, `scale`). */
export function scale(rollout: Rollout, fresh: V1ReplicaSet | undefined, old: readonly V1ReplicaSet[]): void {
  const only = findActiveOrLatest(fresh, old);
  if (only) {
    if (replicasOf(only) !== replicasOf(rollout.deployment)) scaleReplicaSet(rollout, only, replicasOf(rollout.deployment));
  } else if (isSaturated(rollout.deployment, fresh)) {
    for (const one of active(old)) scaleReplicaSet(rollout, one, 0);
  } else if (isRolling(rollout.deployment)) {
    scaleProportionally(rollout, active([...old, fresh]));
  }
}

function findActiveOrLatest(fresh: V1ReplicaSet | undefined, old: readonly V1ReplicaSet[]): V1ReplicaSet | undefined {
  const all = active([...old, fresh]);
  if (all.length > 1) return undefined;
  return all[0] ?? fresh ?? [...old].sort(byCreation).at(-1);
}

function isSaturated(deployment: V1Deployment, fresh: V1ReplicaSet | undefined): boolean {
  if (!fresh) return false;
  const desired = replicasOf(deployment);
  return replicasOf(fresh) === desired && desiredReplicas(fresh) === desired && (fresh.status?.availableReplicas ?? 0) === desired;
}

function scaleProportionally(rollout: Rollout, all: readonly V1ReplicaSet[]): void {
  const { deployment } = rollout;
  const allowed = replicasOf(deployment) > 0 ? replicasOf(deployment) + maxSurge(deployment) : 0;
  const toAdd = allowed - totalReplicas(all);
  const ordered = [...all].sort((a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? byCreation(b, a) : byCreation(a, b)));
  let added = 0;
  const sizes = ordered.map((one) => {
    const share = toAdd === 0 ? 0 : proportion(deployment, one, toAdd, added);
    added += share;
    return replicasOf(one) + share;
  });
  ordered.forEach((one, index) => {
    const leftover = index === 0 && toAdd !== 0 ? toAdd - added : 0;
    scaleReplicaSet(rollout, one, Math.max(0, (sizes[index] as number) + leftover));
  });
}

function proportion(deployment: V1Deployment, replicaSet: V1ReplicaSet, toAdd: number, added: number): number {
  if (replicasOf(replicaSet) === 0 || toAdd === added) return 0;
  const share = fraction(deployment, replicaSet);
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
}

/** By how much a ReplicaSet changes to keep its share of the Deployment's old maximum. */
function fraction(deployment: V1Deployment, replicaSet: V1ReplicaSet): number {
  if (replicasOf(deployment) === 0) return -replicasOf(replicaSet);
  const before = maxReplicas(replicaSet) || deployment.status?.replicas || 0;
  if (before === 0) return 0;
  const size = (replicasOf(replicaSet) * (replicasOf(deployment) + maxSurge(deployment))) / before;
  return Math.round(size) - replicasOf(replicaSet);
}
