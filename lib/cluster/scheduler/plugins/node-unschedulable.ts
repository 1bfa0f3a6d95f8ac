import type { V1Node, V1Pod, V1Taint } from '@/generated/kubernetes/types';
import { definePlugin, unresolvable } from '../plugin';
import { tolerates } from '../tolerations';

const taint: V1Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** Keeps Pods off cordoned nodes. */
export const NodeUnschedulable = definePlugin({
  name: 'NodeUnschedulable',
  filter: ({ pod }, { node }) => (isAllowed(pod, node) ? undefined : unresolvable('node(s) were unschedulable')),
  events: {
    'node-add': (pod, { node }) => isAllowed(pod, node.node),
    'node-update-taint': (pod, { node }) => isAllowed(pod, node.node),
  },
});

function isAllowed(pod: V1Pod, node: V1Node): boolean {
  return !node.spec?.unschedulable || (pod.spec.tolerations ?? []).some((toleration) => tolerates(toleration, taint));
}
