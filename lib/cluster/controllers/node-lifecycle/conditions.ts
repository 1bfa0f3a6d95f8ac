import type { V1Node, V1NodeCondition, V1Taint } from '@/generated/kubernetes/types';
import { rfc3339, type Instant } from '../../kernel';
import { findCondition } from '../conditions';
import { taintKeys } from '../taints';

/** Conditions that nobody can know once a kubelet is silent. */
const observed = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;

export function readyStatus(node: V1Node): string {
  return findCondition(node.status?.conditions, 'Ready')?.status ?? 'Unknown';
}

/** The conditions of a node that has been silent for too long. */
export function unknownConditions(node: V1Node, now: Instant): V1NodeCondition[] {
  const at = rfc3339(now);
  const known = (node.status?.conditions ?? []).map((condition) =>
    (observed as readonly string[]).includes(condition.type) && condition.status !== 'Unknown'
      ? {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: at,
        }
      : condition,
  );
  const never = observed
    .filter((type) => !findCondition(known, type))
    .map((type) => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: node.metadata.creationTimestamp,
      lastTransitionTime: at,
    }));
  return [...known, ...never];
}

const pressureTaints: Readonly<Record<string, string>> = {
  MemoryPressure: taintKeys.memoryPressure,
  DiskPressure: taintKeys.diskPressure,
  PIDPressure: taintKeys.pidPressure,
  NetworkUnavailable: taintKeys.networkUnavailable,
};

/** Every taint that this controller puts on nodes because of a condition. */
export const conditionTaintKeys: ReadonlySet<string> = new Set([
  ...Object.values(pressureTaints),
  taintKeys.notReady,
  taintKeys.unreachable,
  taintKeys.unschedulable,
]);

/** The NoSchedule taints that a node's conditions and `spec.unschedulable` ask for. */
export function wantedNoScheduleTaints(node: V1Node): V1Taint[] {
  const taints: V1Taint[] = [];
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = pressureTaints[type];
    if (key && status === 'True') taints.push({ key, effect: 'NoSchedule' });
    if (type === 'Ready' && status === 'False') taints.push({ key: taintKeys.notReady, effect: 'NoSchedule' });
    if (type === 'Ready' && status === 'Unknown') taints.push({ key: taintKeys.unreachable, effect: 'NoSchedule' });
  }
  if (node.spec?.unschedulable) taints.push({ key: taintKeys.unschedulable, effect: 'NoSchedule' });
  return taints;
}
