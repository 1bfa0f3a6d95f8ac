import type { V1DaemonSet, V1Node } from '@/generated/kubernetes/types';
import { matchesRequiredAffinity } from '../../api';
import { isTolerated } from '../taints';
import { daemonTolerations, withTolerations } from './pods';

export interface Eligibility {
  readonly shouldRun: boolean;
  /** A Pod that is there already may stay: a NoSchedule taint does not chase it away. */
  readonly shouldContinue: boolean;
}

/** Whether a DaemonSet's Pod belongs on a node (`NodeShouldRunDaemonPod`). */
export function nodeShouldRun({ spec }: V1DaemonSet, node: V1Node): Eligibility {
  const pod = spec.template.spec ?? { containers: [] };
  if (pod.nodeName && pod.nodeName !== node.metadata.name) return { shouldRun: false, shouldContinue: false };
  if (!matchesRequiredAffinity(pod, node)) return { shouldRun: false, shouldContinue: false };
  const tolerations = withTolerations(pod.tolerations ?? [], daemonTolerations(pod));
  const untolerated = (node.spec?.taints ?? []).filter((taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(taint, tolerations));
  return { shouldRun: untolerated.length === 0, shouldContinue: !untolerated.some(({ effect }) => effect === 'NoExecute') };
}
