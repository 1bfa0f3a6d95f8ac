import type { V1Node, V1NodeSelector, V1NodeSelectorRequirement, V1NodeSelectorTerm, V1Pod } from '@/generated/kubernetes/types';

/** Whether a node satisfies spec.nodeSelector and the required node affinity (`component-helpers/nodeaffinity`). */
export function matchesRequiredAffinity(pod: V1Pod, node: V1Node): boolean {
  const { nodeSelector, affinity } = pod.spec;
  const labels = node.metadata.labels ?? {};
  for (const name in nodeSelector) if (labels[name] !== nodeSelector[name]) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesSelector(required, node);
}

/** Any of the terms is enough. */
export function matchesSelector({ nodeSelectorTerms }: V1NodeSelector, node: V1Node): boolean {
  return (nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}

/** A term without requirements matches nothing. */
export function matchesTerm({ matchExpressions = [], matchFields = [] }: V1NodeSelectorTerm, node: V1Node): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    matchExpressions.every((requirement) => holds(requirement, labels[requirement.key])) &&
    matchFields.every((requirement) => holds(requirement, requirement.key === 'metadata.name' ? node.metadata.name : undefined))
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
