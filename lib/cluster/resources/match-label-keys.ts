import type { V1LabelSelector, V1Pod } from '@/generated/kubernetes/types';

interface KeyedTerm {
  labelSelector?: V1LabelSelector | undefined;
  matchLabelKeys?: readonly string[] | undefined;
  mismatchLabelKeys?: readonly string[] | undefined;
}

/** `matchLabelKeys` names labels of the Pod itself; their values join the selector when the Pod is created (`applyMatchLabelKeysAndMismatchLabelKeys`). */
export function mergeLabelKeys({ metadata, spec }: V1Pod): void {
  const labels = metadata.labels ?? {};
  for (const constraint of spec.topologySpreadConstraints ?? []) merge(constraint, labels);
  for (const affinity of [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity]) {
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) merge(term, labels);
    for (const { podAffinityTerm } of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) merge(podAffinityTerm, labels);
  }
}

function merge(term: KeyedTerm, labels: Readonly<Record<string, string>>): void {
  if (!term.labelSelector) return;
  const added = [...requirements(term.matchLabelKeys, 'In', labels), ...requirements(term.mismatchLabelKeys, 'NotIn', labels)];
  if (added.length > 0) term.labelSelector.matchExpressions = [...(term.labelSelector.matchExpressions ?? []), ...added];
}

function requirements(keys: readonly string[] | undefined, operator: 'In' | 'NotIn', labels: Readonly<Record<string, string>>) {
  return (keys ?? []).flatMap((key) => (labels[key] === undefined ? [] : [{ key, operator, values: [labels[key]] }]));
}
