import type { V1Node, V1NodeSelector, V1NodeSelectorRequirement, V1NodeSelectorTerm, V1PodSpec } from '@/generated/kubernetes/types';

/** Whether a node is one that the Pod asks for, by labels and by required affinity (`component-helpers/nodeaffinity`). */
export function matchesRequiredAffinity({ nodeSelector, affinity }: Pick<V1PodSpec, 'nodeSelector' | 'affinity'>, node: V1Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const name in nodeSelector) if (labels[name] !== nodeSelector[name]) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

/** Any of the terms is enough. */
export function matchesNodeSelector({ nodeSelectorTerms }: V1NodeSelector, node: V1Node): boolean {
  return (nodeSelectorTerms ?? []).some((term) => matchesNodeSelectorTerm(term, node));
}

/** All of a term's requirements hold; a term without any matches nothing. */
export function matchesNodeSelectorTerm({ matchExpressions = [], matchFields = [] }: V1NodeSelectorTerm, { metadata }: V1Node): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const labels = metadata.labels ?? {};
  return (
    matchExpressions.every((requirement) => holds(requirement, labels[requirement.key])) &&
    matchFields.every((requirement) => holds(requirement, requirement.key === 'metadata.name' ? metadata.name : undefined))
  );
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
      return isInteger(value) && isInteger(values[0]) && BigInt(value) > BigInt(values[0]);
    case 'Lt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) < BigInt(values[0]);
    default:
      return false;
  }
}

function isInteger(text: string | undefined): text is string {
  return text !== undefined && /^[-+]?\d{1,19}$/.test(text);
}
