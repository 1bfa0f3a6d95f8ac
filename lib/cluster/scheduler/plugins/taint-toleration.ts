import type { V1Pod, V1Toleration } from '@/generated/kubernetes/types';
import type { NodeInfo } from '../node-info';
import { defaultNormalize, definePlugin, unresolvable } from '../plugin';
import { findUntolerated, hardEffects, tolerates } from '../tolerations';

/** Keeps Pods off nodes whose taints they do not tolerate, and away from those they would rather not be on. */
export const TaintToleration = definePlugin<undefined, readonly V1Toleration[]>({
  name: 'TaintToleration',
  filter: ({ pod }, node) => (isTolerated(pod, node) ? undefined : unresolvable('node(s) had untolerated taint(s)')),
  preScore: ({ pod }) => (pod.spec.tolerations ?? []).filter(({ effect }) => !effect || effect === 'PreferNoSchedule'),
  score: (_, { node }, tolerations) =>
    (node.spec?.taints ?? []).filter(
      (taint) => taint.effect === 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)),
    ).length,
  normalize: (scores) => defaultNormalize(scores, { reverse: true }),
  events: {
    'node-add': (pod, { node }) => isTolerated(pod, node),
    'node-update-taint': (pod, { node }) => isTolerated(pod, node),
  },
});

function isTolerated(pod: V1Pod, { node }: NodeInfo): boolean {
  return findUntolerated(node.spec?.taints, pod.spec.tolerations, hardEffects) === undefined;
}
