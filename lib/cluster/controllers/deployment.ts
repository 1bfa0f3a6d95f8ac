import type { V1Deployment, V1Pod, V1ReplicaSet } from '@/generated/kubernetes/types';
import { deepCopy } from '@/lib/base';
import { keyOf, labelSelectorAsSelector } from '../api';
import { done, requeueAfter, type Outcome } from '../client';
import { Deployment, Pod, ReplicaSet } from '../resources';
import { claimObjects } from './claim';
import { controllerKey, controllerOf, defineController } from './controller';
import { checkPaused, isComplete, syncRolloutStatus, syncStatus, untilDeadline } from './deployment/progress';
import { cleanUpHistory, newAndOld } from './deployment/replica-sets';
import { rolloutRecreate, rolloutRolling } from './deployment/rollout';
import { isScaling, scale } from './deployment/scale';
import type { Rollout } from './deployment/rollout-state';

/** Rolls a Deployment's template out over ReplicaSets, one for each template it ever had (`pkg/controller/deployment`). */
export const deploymentController = defineController<V1Deployment>({
  name: 'deployment-controller',
  for: Deployment,
  owns: [ReplicaSet],
  adopts: (deployment) => deployment.spec?.selector,
  watches: [{ resource: Pod, keys: recreatedBy, matters: () => false }],
  reconcile(context) {
    if (!context.object) return done;
    const deployment = deepCopy(context.object);
    if (selectsEverything(deployment)) {
      context.record(deployment, 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.');
      return done;
    }
    const rollout: Rollout = { context, deployment, replicaSets: claimReplicaSets(context, deployment), pods: podsOf };
    return sync(rollout);
  },
});

function sync(rollout: Rollout): Outcome {
  const { deployment } = rollout;
  if (deployment.metadata.deletionTimestamp) {
    const { fresh, old } = newAndOld(rollout, { create: false });
    return syncStatus(rollout, fresh, old);
  }
  checkPaused(rollout);
  if (deployment.spec.paused || isScaling(rollout)) return syncScale(rollout);
  const result = deployment.spec.strategy?.type === 'Recreate' ? rolloutRecreate(rollout) : rolloutRolling(rollout);
  if (result.settled && isComplete(deployment, deployment.status)) cleanUpHistory(rollout, result.old);
  syncRolloutStatus(rollout, result.fresh, result.old);
  const waitMs = untilDeadline(rollout);
  return waitMs === undefined ? done : requeueAfter(waitMs);
}

/** Paused or being scaled: sizes and status follow, templates wait. */
function syncScale(rollout: Rollout): Outcome {
  const { fresh, old } = newAndOld(rollout, { create: false });
  scale(rollout, fresh, old);
  if (rollout.deployment.spec.paused) cleanUpHistory(rollout, old);
  return syncStatus(rollout, fresh, old);
}

function claimReplicaSets(context: Rollout['context'], deployment: V1Deployment): V1ReplicaSet[] {
  const all = [
    ...context.cache(ReplicaSet).controlledBy(deployment.metadata.uid),
    ...context.cache(ReplicaSet).orphans(deployment.metadata.namespace),
  ];
  const selector = labelSelectorAsSelector(deployment.spec.selector);
  return claimObjects({ client: context.client, resource: ReplicaSet, owner: { resource: Deployment, object: deployment }, selector }, all);
}

function podsOf(this: Rollout, replicaSet: V1ReplicaSet): V1Pod[] {
  return this.context.cache(Pod).controlledBy(replicaSet.metadata.uid);
}

function selectsEverything({ spec }: V1Deployment): boolean {
  return Object.keys(spec.selector?.matchLabels ?? {}).length === 0 && (spec.selector?.matchExpressions ?? []).length === 0;
}

/** A Recreate rollout waits for the last old Pod: its going wakes the Deployment. */
function recreatedBy(pod: V1Pod, cache: Rollout['context']['cache']): string[] {
  const setKey = controllerKey(ReplicaSet, cache(ReplicaSet), pod);
  const replicaSet = setKey === undefined ? undefined : cache(ReplicaSet).get(setKey);
  if (!replicaSet || !controllerOf(replicaSet)) return [];
  const key = controllerKey(Deployment, cache(Deployment), replicaSet);
  const deployment = key === undefined ? undefined : cache(Deployment).get(key);
  return deployment?.spec.strategy?.type === 'Recreate' ? [keyOf(deployment)] : [];
}
