import type { V1Deployment, V1Pod, V1ReplicaSet } from '@/generated/kubernetes/types';
import { assert, deepCopy } from '@/lib/base';
import { Deployment } from '../../resources';
import type { ReconcileContext } from '../controller';

/** One reconcile of one Deployment. `deployment` is replaced by what the server answered whenever its status is written. */
export interface Rollout {
  readonly context: ReconcileContext<V1Deployment>;
  deployment: V1Deployment;
  readonly replicaSets: readonly V1ReplicaSet[];
  pods(this: Rollout, replicaSet: V1ReplicaSet): V1Pod[];
}

/** Writes status and annotations together, as the controller does (`UpdateStatus`). */
export function writeStatus(rollout: Rollout): void {
  rollout.deployment = deepCopy(rollout.context.client.updateStatus(Deployment, rollout.deployment));
}

export function replicasOf(object: { spec?: { replicas?: number | undefined } | undefined }): number {
  return object.spec?.replicas ?? 0;
}

export function totalReplicas(replicaSets: readonly V1ReplicaSet[]): number {
  return replicaSets.reduce((sum, one) => sum + replicasOf(one), 0);
}

export function totalAvailable(replicaSets: readonly V1ReplicaSet[]): number {
  return replicaSets.reduce((sum, one) => sum + (one.status?.availableReplicas ?? 0), 0);
}

export function active(replicaSets: readonly (V1ReplicaSet | undefined)[]): V1ReplicaSet[] {
  return replicaSets.filter((one) => one !== undefined).filter((one) => replicasOf(one) > 0);
}

export function isRolling({ spec }: V1Deployment): boolean {
  return spec.strategy?.type === 'RollingUpdate';
}

/** `deploymentutil.ResolveFenceposts`: surge rounds up, unavailable down, and both cannot be zero. */
export function fenceposts({ spec }: V1Deployment): { surge: number; unavailable: number } {
  const { maxSurge, maxUnavailable } = spec.strategy?.rollingUpdate ?? {};
  const replicas = spec.replicas ?? 0;
  const surge = scaled(maxSurge, replicas, Math.ceil);
  const unavailable = scaled(maxUnavailable, replicas, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export function maxSurge(deployment: V1Deployment): number {
  return isRolling(deployment) ? fenceposts(deployment).surge : 0;
}

export function maxUnavailable(deployment: V1Deployment): number {
  const replicas = replicasOf(deployment);
  if (!isRolling(deployment) || replicas === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, replicas);
}

/** `intstr.GetScaledValueFromIntOrPercent`. */
export function scaled(value: number | string | undefined, total: number, round: (value: number) => number): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value);
  assert(percent, `a validated int-or-percent: ${value}`);
  return round((Number(percent[1]) * total) / 100);
}

/** Older first, ties by name, as `ReplicaSetsByCreationTimestamp`. */
export function byCreation(a: V1ReplicaSet, b: V1ReplicaSet): number {
  const left = a.metadata.creationTimestamp;
  const right = b.metadata.creationTimestamp;
  if (left !== right) return left < right ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
