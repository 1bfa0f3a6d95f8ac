import type { V1Deployment, V1DeploymentCondition, V1DeploymentStatus, V1ReplicaSet } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { done, type Outcome } from '../../client';
import { parseInstant, rfc3339, type Instant } from '../../kernel';
import { findCondition, withCondition, withoutCondition } from '../conditions';
import { nonZero } from '../replicaset';
import { maxUnavailable, replicasOf, totalAvailable, totalReplicas, writeStatus, type Rollout } from './rollout-state';

const noDeadline = 2 ** 31 - 1;

export function hasDeadline({ spec }: V1Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== noDeadline;
}

export function isComplete({ spec, metadata }: V1Deployment, status: V1DeploymentStatus | undefined): boolean {
  const replicas = spec.replicas ?? 0;
  return (
    (status?.updatedReplicas ?? 0) === replicas &&
    (status?.replicas ?? 0) === replicas &&
    (status?.availableReplicas ?? 0) === replicas &&
    (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  );
}

/** Marks a rollout that is paused or resumed, so that the pause does not count as being stuck. */
export function checkPaused(rollout: Rollout): void {
  const { deployment, context } = rollout;
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  if (!hasDeadline(deployment) || current?.reason === 'ProgressDeadlineExceeded') return;
  const isMarked = current?.reason === 'DeploymentPaused';
  if (Boolean(deployment.spec.paused) === isMarked) return;
  const [reason, message] = isMarked ? ['DeploymentResumed', 'Deployment is resumed'] : ['DeploymentPaused', 'Deployment is paused'];
  const conditions = withCondition(deployment.status?.conditions, progressing('Unknown', reason as string, message as string, context.now));
  deployment.status = { ...deployment.status, conditions };
  writeStatus(rollout);
}

/** Counts and availability only. */
export function syncStatus(rollout: Rollout, fresh: V1ReplicaSet | undefined, old: readonly V1ReplicaSet[]): Outcome {
  maybeWrite(rollout, calculateStatus(rollout, fresh, old));
  return done;
}

/** Counts, availability and progress (`progress.go`, `syncRolloutStatus`). */
export function syncRolloutStatus(rollout: Rollout, fresh: V1ReplicaSet | undefined, old: readonly V1ReplicaSet[]): void {
  const { deployment, context } = rollout;
  const status = calculateStatus(rollout, fresh, old);
  if (!hasDeadline(deployment)) status.conditions = withoutCondition(status.conditions, 'Progressing');
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  const wasComplete = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable';
  if (hasDeadline(deployment) && !wasComplete) status.conditions = progressConditions(deployment, status, current, fresh, context.now);
  const failure = findFailure(fresh, old);
  status.conditions = failure ? withCondition(status.conditions, failure) : withoutCondition(status.conditions, 'ReplicaFailure');
  maybeWrite(rollout, status);
}

function progressConditions(
  deployment: V1Deployment,
  status: V1DeploymentStatus,
  current: V1DeploymentCondition | undefined,
  fresh: V1ReplicaSet | undefined,
  now: Instant,
): V1DeploymentCondition[] {
  const subject = fresh ? `ReplicaSet ${JSON.stringify(fresh.metadata.name)}` : `Deployment ${JSON.stringify(deployment.metadata.name)}`;
  if (isComplete(deployment, status)) {
    return withCondition(status.conditions, progressing('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`, now));
  }
  if (hasProgressed(deployment.status, status)) {
    const condition = progressing('True', 'ReplicaSetUpdated', `${subject} is progressing.`, now);
    if (current?.status === 'True') condition.lastTransitionTime = current.lastTransitionTime;
    return [...withoutCondition(status.conditions, 'Progressing'), condition];
  }
  if (hasTimedOut(deployment, status, now)) {
    return withCondition(status.conditions, progressing('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`, now));
  }
  return status.conditions ?? [];
}

function progressing(status: string, reason: string, message: string, now: Instant): V1DeploymentCondition {
  return { type: 'Progressing', status, lastUpdateTime: rfc3339(now), lastTransitionTime: rfc3339(now), reason, message };
}

/** More updated, ready or available Pods than before, or fewer old ones. */
function hasProgressed(before: V1DeploymentStatus | undefined, after: V1DeploymentStatus): boolean {
  const count = (status: V1DeploymentStatus | undefined, field: 'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas') =>
    status?.[field] ?? 0;
  const old = (status: V1DeploymentStatus | undefined) => count(status, 'replicas') - count(status, 'updatedReplicas');
  return (
    count(after, 'updatedReplicas') > count(before, 'updatedReplicas') ||
    old(after) < old(before) ||
    count(after, 'readyReplicas') > count(before, 'readyReplicas') ||
    count(after, 'availableReplicas') > count(before, 'availableReplicas')
  );
}

function hasTimedOut(deployment: V1Deployment, status: V1DeploymentStatus, now: Instant): boolean {
  const condition = findCondition(status.conditions, 'Progressing');
  if (!condition || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return deadlineOf(deployment, condition) < now;
}

function deadlineOf({ spec }: V1Deployment, condition: V1DeploymentCondition): number {
  return parseInstant(condition.lastUpdateTime ?? '') + (spec.progressDeadlineSeconds ?? 0) * 1000;
}

/** Milliseconds until a rollout under way is past its deadline; undefined when there is nothing to wait for. */
export function untilDeadline({ deployment, context }: Rollout): number | undefined {
  const condition = findCondition(deployment.status?.conditions, 'Progressing');
  if (!hasDeadline(deployment) || !condition || condition.reason === 'ProgressDeadlineExceeded') return undefined;
  if (isComplete(deployment, deployment.status)) return undefined;
  return Math.max(1000, deadlineOf(deployment, condition) - context.now + 1000);
}

function calculateStatus(
  { deployment, context }: Rollout,
  fresh: V1ReplicaSet | undefined,
  old: readonly V1ReplicaSet[],
): V1DeploymentStatus {
  const all = fresh ? [...old, fresh] : [...old];
  const actual = (replicaSets: readonly V1ReplicaSet[]) => replicaSets.reduce((sum, one) => sum + (one.status?.replicas ?? 0), 0);
  const available = totalAvailable(all);
  const { status } = deployment;
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...nonZero('replicas', actual(all)),
    ...nonZero('updatedReplicas', fresh ? actual([fresh]) : 0),
    ...nonZero(
      'readyReplicas',
      all.reduce((sum, one) => sum + (one.status?.readyReplicas ?? 0), 0),
    ),
    ...nonZero('availableReplicas', available),
    ...nonZero('unavailableReplicas', Math.max(0, totalReplicas(all) - available)),
    ...terminatingReplicas(all),
    ...(status?.collisionCount === undefined ? {} : { collisionCount: status.collisionCount }),
    conditions: withCondition(status?.conditions, availability(deployment, available, context.now)),
  };
}

function terminatingReplicas(all: readonly V1ReplicaSet[]): { terminatingReplicas?: number } {
  let sum = 0;
  for (const { status } of all) {
    if (status?.terminatingReplicas === undefined && (status?.observedGeneration ?? 0) > 0) return {};
    sum += status?.terminatingReplicas ?? 0;
  }
  return { terminatingReplicas: sum };
}

function availability(deployment: V1Deployment, available: number, now: Instant): V1DeploymentCondition {
  const isEnough = available >= replicasOf(deployment) - maxUnavailable(deployment);
  const times = { lastUpdateTime: rfc3339(now), lastTransitionTime: rfc3339(now) };
  return isEnough
    ? { type: 'Available', status: 'True', ...times, reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        type: 'Available',
        status: 'False',
        ...times,
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

/** The new ReplicaSet's failure, else any old one's, as a condition of the Deployment. */
function findFailure(fresh: V1ReplicaSet | undefined, old: readonly V1ReplicaSet[]): V1DeploymentCondition | undefined {
  for (const one of fresh ? [fresh, ...old] : old) {
    const condition = findCondition(one.status?.conditions, 'ReplicaFailure');
    if (condition) return { ...condition, lastUpdateTime: condition.lastTransitionTime };
  }
  return undefined;
}

function maybeWrite(rollout: Rollout, status: V1DeploymentStatus): void {
  if (deepEqual(rollout.deployment.status, status)) return;
  rollout.deployment = { ...rollout.deployment, status };
  writeStatus(rollout);
}
