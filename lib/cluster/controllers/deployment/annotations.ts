import type { V1Deployment, V1ReplicaSet } from '@/generated/kubernetes/types';
import { maxSurge, replicasOf } from './rollout-state';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
const maxAnnotation = 'deployment.kubernetes.io/max-replicas';
const historyLengthMax = 2000;

/** What a ReplicaSet does not take over from its Deployment. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
  'deprecated.deployment.rollback.to',
]);

type Annotated = { metadata: { annotations?: Record<string, string> | undefined } };

export function revisionOf(object: Annotated): number {
  return parseCount(object.metadata.annotations?.[revisionAnnotation]) ?? 0;
}

export function desiredReplicas(replicaSet: V1ReplicaSet): number | undefined {
  return parseCount(replicaSet.metadata.annotations?.[desiredAnnotation]);
}

export function maxReplicas(replicaSet: V1ReplicaSet): number | undefined {
  return parseCount(replicaSet.metadata.annotations?.[maxAnnotation]);
}

function parseCount(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** Brings the new ReplicaSet's annotations up to the Deployment's and its revision (`SetNewReplicaSetAnnotations`). Whether it changed any. */
export function setNewAnnotations(deployment: V1Deployment, replicaSet: V1ReplicaSet, revision: number, exists: boolean): boolean {
  let changed = copyAnnotations(deployment, replicaSet);
  changed = setRevision(replicaSet, revision) || changed;
  if (!exists) changed = setReplicasAnnotations(replicaSet, deployment) || changed;
  return changed;
}

function copyAnnotations(deployment: V1Deployment, replicaSet: V1ReplicaSet): boolean {
  let changed = false;
  for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(name)) changed = setAnnotation(replicaSet, name, value) || changed;
  }
  return changed;
}

/** A ReplicaSet that is rolled back to gets a new revision and remembers the ones it had. */
function setRevision(replicaSet: V1ReplicaSet, revision: number): boolean {
  const before = replicaSet.metadata.annotations?.[revisionAnnotation];
  if (revisionOf(replicaSet) >= revision) return false;
  setAnnotation(replicaSet, revisionAnnotation, String(revision));
  if (before !== undefined)
    setAnnotation(replicaSet, historyAnnotation, appendHistory(replicaSet.metadata.annotations?.[historyAnnotation], before));
  return true;
}

function appendHistory(history: string | undefined, revision: string): string {
  const revisions = history ? [...history.split(','), revision] : [revision];
  while (revisions.length > 1 && revisions.join(',').length > historyLengthMax) revisions.shift();
  return revisions.join(',');
}

/** Whether the sizes a ReplicaSet remembers are not the Deployment's any more. */
export function replicasAnnotationsDiffer(replicaSet: V1ReplicaSet, deployment: V1Deployment): boolean {
  return (
    desiredReplicas(replicaSet) !== replicasOf(deployment) || maxReplicas(replicaSet) !== replicasOf(deployment) + maxSurge(deployment)
  );
}

export function setReplicasAnnotations(replicaSet: V1ReplicaSet, deployment: V1Deployment): boolean {
  const desired = setAnnotation(replicaSet, desiredAnnotation, String(replicasOf(deployment)));
  const max = setAnnotation(replicaSet, maxAnnotation, String(replicasOf(deployment) + maxSurge(deployment)));
  return desired || max;
}

export function setAnnotation(object: Annotated, name: string, value: string): boolean {
  if (object.metadata.annotations?.[name] === value) return false;
  object.metadata.annotations = { ...object.metadata.annotations, [name]: value };
  return true;
}
