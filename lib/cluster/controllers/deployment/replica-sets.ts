import type { V1Deployment, V1LabelSelector, V1ReplicaSet } from '@/generated/kubernetes/types';
import { deepCopy } from '@/lib/base';
import { StatusError, type Draft } from '../../api';
import { rfc3339 } from '../../kernel';
import { Deployment, ReplicaSet } from '../../resources';
import { findCondition, withCondition } from '../conditions';
import { controllerOf } from '../controller';
import { isNamespaceTerminating } from '../pod-control';
import { controllerReference } from '../pod-state';
import { isSameTemplate, podTemplateHashLabel, templateHash } from '../template-hash';
import {
  replicasAnnotationsDiffer,
  revisionAnnotation,
  revisionOf,
  setAnnotation,
  setNewAnnotations,
  setReplicasAnnotations,
} from './annotations';
import { hasDeadline } from './progress';
import { byCreation, isRolling, maxSurge, replicasOf, totalReplicas, writeStatus, type Rollout } from './rollout-state';

export interface NewAndOld {
  /** The ReplicaSet of the Deployment's template; undefined when there is none yet and none was to be made. */
  readonly fresh: V1ReplicaSet | undefined;
  /** All others, with or without Pods. */
  readonly old: V1ReplicaSet[];
}

/** Finds, and where asked to makes, the ReplicaSet of the current template, and keeps revisions in step (`getAllReplicaSetsAndSyncRevision`). */
export function newAndOld(rollout: Rollout, { create }: { create: boolean }): NewAndOld {
  const known = findNewReplicaSet(rollout.deployment, rollout.replicaSets);
  const old = rollout.replicaSets.filter((one) => one.metadata.uid !== known?.metadata.uid);
  const revision = Math.max(0, ...old.map(revisionOf)) + 1;
  if (known) return { fresh: refresh(rollout, known, revision), old };
  return { fresh: create ? createReplicaSet(rollout, old, revision) : undefined, old };
}

/** The oldest ReplicaSet with the Deployment's template. */
export function findNewReplicaSet(deployment: V1Deployment, replicaSets: readonly V1ReplicaSet[]): V1ReplicaSet | undefined {
  const { template } = deployment.spec;
  return [...replicaSets].sort(byCreation).find((one) => one.spec?.template && isSameTemplate(one.spec.template, template));
}

function refresh(rollout: Rollout, known: V1ReplicaSet, revision: number): V1ReplicaSet {
  const { context, deployment } = rollout;
  const replicaSet = deepCopy(known);
  const changed = setNewAnnotations(deployment, replicaSet, revision, true);
  if (changed || (known.spec?.minReadySeconds ?? 0) !== (deployment.spec.minReadySeconds ?? 0)) {
    setMinReadySeconds(replicaSet, deployment);
    return context.client.update(ReplicaSet, replicaSet);
  }
  let isDirty = setDeploymentRevision(deployment, revisionOf(replicaSet));
  if (hasDeadline(deployment) && !findCondition(deployment.status?.conditions, 'Progressing')) {
    addProgressing(rollout, 'True', 'FoundNewReplicaSet', `Found new replica set ${JSON.stringify(known.metadata.name)}`);
    isDirty = true;
  }
  if (isDirty) writeStatus(rollout);
  return replicaSet;
}

function setMinReadySeconds(replicaSet: V1ReplicaSet, deployment: V1Deployment): void {
  const { minReadySeconds } = deployment.spec;
  if (minReadySeconds) replicaSet.spec.minReadySeconds = minReadySeconds;
  else delete replicaSet.spec.minReadySeconds;
}

function createReplicaSet(rollout: Rollout, old: readonly V1ReplicaSet[], revision: number): V1ReplicaSet {
  const { context, deployment } = rollout;
  const draft = draftReplicaSet(deployment, old, revision);
  const { created, existed } = createOrAdoptExisting(rollout, draft);
  const count = replicasOf(created);
  if (!existed && count > 0)
    context.record(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${created.metadata.name} from 0 to ${count}`);
  let isDirty = setDeploymentRevision(deployment, revision);
  if (!existed && hasDeadline(deployment)) {
    addProgressing(rollout, 'True', 'NewReplicaSetCreated', `Created new replica set ${JSON.stringify(created.metadata.name)}`);
    isDirty = true;
  }
  if (isDirty) writeStatus(rollout);
  return created;
}

function draftReplicaSet(deployment: V1Deployment, old: readonly V1ReplicaSet[], revision: number): V1ReplicaSet {
  const hash = templateHash(deployment.spec.template, deployment.status?.collisionCount);
  const template = deepCopy(deployment.spec.template);
  template.metadata = {
    ...template.metadata,
    labels: { ...template.metadata?.labels, [podTemplateHashLabel]: hash },
  } as typeof template.metadata;
  const replicaSet = {
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels: template.metadata?.labels,
      ownerReferences: [controllerReference(Deployment, deployment)],
    },
    spec: { replicas: 0, selector: withHash(deployment.spec.selector, hash), template },
  } as V1ReplicaSet;
  setMinReadySeconds(replicaSet, deployment);
  replicaSet.spec.replicas = newReplicas(deployment, [...old, replicaSet], replicaSet);
  setNewAnnotations(deployment, replicaSet, revision, false);
  return replicaSet;
}

function withHash(selector: V1LabelSelector, hash: string): V1LabelSelector {
  return { ...deepCopy(selector), matchLabels: { ...selector.matchLabels, [podTemplateHashLabel]: hash } };
}

/** A ReplicaSet of that name with another template is a hash collision: counted in the status, so that the next try makes another name. */
function createOrAdoptExisting(rollout: Rollout, draft: V1ReplicaSet): { created: V1ReplicaSet; existed: boolean } {
  const { context, deployment } = rollout;
  try {
    return { created: context.client.create(ReplicaSet, draft as Draft<V1ReplicaSet>), existed: false };
  } catch (error) {
    if (isNamespaceTerminating(error)) throw error;
    if (!StatusError.is(error, 'AlreadyExists')) throw reportFailure(rollout, draft, error as Error);
    const existing = context.client.get(ReplicaSet, draft.metadata);
    const isOurs =
      controllerOf(existing)?.uid === deployment.metadata.uid && isSameTemplate(existing.spec.template as never, deployment.spec.template);
    if (isOurs) return { created: existing, existed: true };
    deployment.status = { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 };
    writeStatus(rollout);
    throw error;
  }
}

function reportFailure(rollout: Rollout, draft: V1ReplicaSet, error: Error): Error {
  const { context, deployment } = rollout;
  const message = `Failed to create new replica set ${JSON.stringify(draft.metadata.name)}: ${error.message}`;
  if (hasDeadline(deployment)) {
    addProgressing(rollout, 'False', 'ReplicaSetCreateError', message);
    writeStatus(rollout);
  }
  context.record(deployment, 'Warning', 'ReplicaSetCreateError', message);
  return error;
}

function addProgressing({ context, deployment }: Rollout, status: 'True' | 'False', reason: string, message: string): void {
  const now = rfc3339(context.now);
  const conditions = withCondition(deployment.status?.conditions, {
    type: 'Progressing',
    status,
    lastUpdateTime: now,
    lastTransitionTime: now,
    reason,
    message,
  });
  deployment.status = { ...deployment.status, conditions };
}

function setDeploymentRevision(deployment: V1Deployment, revision: number): boolean {
  return setAnnotation(deployment, revisionAnnotation, String(revision));
}

/** How large the new ReplicaSet may be now (`NewRSNewReplicas`). */
export function newReplicas(deployment: V1Deployment, all: readonly V1ReplicaSet[], fresh: V1ReplicaSet): number {
  if (!isRolling(deployment)) return replicasOf(deployment);
  const room = replicasOf(deployment) + maxSurge(deployment) - totalReplicas(all);
  if (room <= 0) return replicasOf(fresh);
  return replicasOf(fresh) + Math.min(room, replicasOf(deployment) - replicasOf(fresh));
}

/** Scales a ReplicaSet and says so. Returns it as it is afterwards. */
export function scaleReplicaSet({ context, deployment }: Rollout, replicaSet: V1ReplicaSet, replicas: number): V1ReplicaSet {
  const before = replicasOf(replicaSet);
  if (before === replicas && !replicasAnnotationsDiffer(replicaSet, deployment)) return replicaSet;
  const draft = deepCopy(replicaSet);
  draft.spec.replicas = replicas;
  setReplicasAnnotations(draft, deployment);
  const updated = context.client.update(ReplicaSet, draft);
  const direction = replicas > before ? 'up' : 'down';
  if (before !== replicas)
    context.record(
      deployment,
      'Normal',
      'ScalingReplicaSet',
      `Scaled ${direction} replica set ${updated.metadata.name} from ${before} to ${replicas}`,
    );
  return updated;
}

/** Deletes the oldest ReplicaSets without Pods beyond revisionHistoryLimit. */
export function cleanUpHistory({ context, deployment }: Rollout, old: readonly V1ReplicaSet[]): void {
  const limit = deployment.spec.revisionHistoryLimit;
  if (limit === undefined || limit === 2 ** 31 - 1) return;
  const alive = old.filter((one) => !one.metadata.deletionTimestamp);
  const excess = alive.length - limit;
  if (excess <= 0) return;
  const oldestFirst = [...alive].sort((a, b) => revisionOf(a) - revisionOf(b) || byCreation(a, b));
  for (const one of oldestFirst.slice(0, excess)) {
    const isUnused =
      (one.status?.replicas ?? 0) === 0 && replicasOf(one) === 0 && (one.metadata.generation ?? 0) <= (one.status?.observedGeneration ?? 0);
    if (isUnused) deleteReplicaSet(context, one);
  }
}

function deleteReplicaSet({ client }: Rollout['context'], replicaSet: V1ReplicaSet): void {
  try {
    client.delete(ReplicaSet, replicaSet.metadata);
  } catch (error) {
    if (!StatusError.is(error, 'NotFound')) throw error;
  }
}
