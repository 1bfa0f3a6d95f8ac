import type { V1DaemonSet, V1Node, V1NodeSelectorRequirement, V1NodeSelectorTerm } from '@/generated/kubernetes/types';
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
  if (!matchesNode(pod, node)) return { shouldRun: false, shouldContinue: false };
  const tolerations = withTolerations(pod.tolerations ?? [], daemonTolerations(pod));
  const untolerated = (node.spec?.taints ?? []).filter((taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(taint, tolerations));
  return { shouldRun: untolerated.length === 0, shouldContinue: !untolerated.some(({ effect }) => effect === 'NoExecute') };
}

function matchesNode({ nodeSelector, affinity }: NonNullable<V1DaemonSet['spec']['template']['spec']>, node: V1Node): boolean {
  const labels = node.metadata.labels ?? {};
  if (Object.entries(nodeSelector ?? {}).some(([name, value]) => labels[name] !== value)) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: V1NodeSelectorTerm, { metadata }: V1Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return matchExpressions.every((one) => holds(one, metadata.labels?.[one.key])) && matchFields.every((one) => holds(one, metadata.name));
}

function holds({ operator, values = [] }: V1NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
