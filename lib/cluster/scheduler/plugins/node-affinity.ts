import type { V1Pod, V1PreferredSchedulingTerm } from '@/generated/kubernetes/types';
import { matchesNodeSelectorTerm, matchesRequiredAffinity } from '../../api';
import { defaultNormalize, definePlugin, unresolvable, type PreFilterResult } from '../plugin';

const reason = "node(s) didn't match Pod's node affinity/selector";

/** nodeSelector and node affinity, required and preferred. */
export const NodeAffinity = definePlugin<undefined, readonly V1PreferredSchedulingTerm[]>({
  name: 'NodeAffinity',
  preFilter({ pod }) {
    const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    return !required && !pod.spec.nodeSelector ? { type: 'skip' } : narrowed(pod);
  },
  filter: ({ pod }, { node }) => (matchesRequiredAffinity(pod.spec, node) ? undefined : unresolvable(reason)),
  preScore({ pod }) {
    const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred.length > 0 ? preferred : undefined;
  },
  score: (_, { node }, preferred) =>
    preferred.reduce((sum, { weight, preference }) => sum + (matchesNodeSelectorTerm(preference, node) ? weight : 0), 0),
  normalize: (scores) => defaultNormalize(scores),
  events: {
    'node-add': (pod, { node }) => matchesRequiredAffinity(pod.spec, node.node),
    'node-update-label': (pod, { node }) => matchesRequiredAffinity(pod.spec, node.node),
  },
});

/** When every term names nodes by metadata.name, as a DaemonSet's Pods do, only those are looked at. */
function narrowed(pod: V1Pod): PreFilterResult<undefined> {
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const names = new Set<string>();
  if (terms.length === 0) return { type: 'go', state: undefined };
  for (const { matchFields = [] } of terms) {
    const named = matchFields.filter(({ key, operator }) => key === 'metadata.name' && operator === 'In').map(({ values }) => values ?? []);
    if (named.length === 0) return { type: 'go', state: undefined };
    const common = (named[0] as string[]).filter((name) => named.every((values) => values.includes(name)));
    common.forEach((name) => names.add(name));
  }
  if (names.size === 0) return { type: 'reject', rejection: unresolvable('pod affinity terms conflict') };
  return { type: 'go', state: undefined, nodes: names };
}
