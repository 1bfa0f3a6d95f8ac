import type { V1Pod, V1PodAffinityTerm, V1WeightedPodAffinityTerm } from '@/generated/kubernetes/types';
import { labelSelectorAsSelector } from '../../api';
import { Namespace } from '../../resources';
import type { NodeInfo } from '../node-info';
import { always, definePlugin, scoreMax, unresolvable, unschedulable, type Candidate, type PluginContext } from '../plugin';

/** Counts by topology pair, `key=value`. */
type Counts = Map<string, number>;
type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>>;

interface Terms {
  readonly namespaceLabels: NamespaceLabels;
  readonly affinity: readonly V1PodAffinityTerm[];
  readonly antiAffinity: readonly V1PodAffinityTerm[];
}

interface State extends Terms {
  /** Pairs where a Pod that is there refuses this one's company. */
  readonly refused: Counts;
  readonly attracted: Counts;
  readonly repelled: Counts;
}

/** Puts Pods near the Pods they want to be near, and away from those they do not. */
export const InterPodAffinity = definePlugin<State, Counts>({
  name: 'InterPodAffinity',
  preFilter({ pod }, context) {
    const { affinity, antiAffinity } = requiredTerms(pod);
    const empty: State = {
      namespaceLabels: labelsOfNamespaces(context),
      affinity,
      antiAffinity,
      refused: new Map(),
      attracted: new Map(),
      repelled: new Map(),
    };
    const state = [...relevantPods(pod, context.nodes)].reduce(
      (counted, { node, pod: other }) => count(pod, counted, node, other, 1),
      empty,
    );
    if (state.refused.size === 0 && affinity.length === 0 && antiAffinity.length === 0) return { type: 'skip' };
    return { type: 'go', state };
  },
  filter({ pod }, node, state) {
    if (!isNearWanted(pod, node, state)) return unresolvable("node(s) didn't match pod affinity rules");
    if (state.antiAffinity.some((term) => (state.repelled.get(pairOf(term, node) ?? '') ?? 0) > 0))
      return unschedulable("node(s) didn't match pod anti-affinity rules");
    for (const [pair, refusals] of state.refused) {
      if (refusals > 0 && hasPair(node, pair)) return unschedulable("node(s) didn't satisfy existing pods anti-affinity rules");
    }
    return undefined;
  },
  withPod: ({ pod }, state, node, other, sign) =>
    count(
      pod,
      { ...state, refused: new Map(state.refused), attracted: new Map(state.attracted), repelled: new Map(state.repelled) },
      node,
      other,
      sign,
    ),
  preScore(candidate, _, context) {
    const scores = preferences(candidate, context);
    return scores.size > 0 ? scores : undefined;
  },
  score(_, node, scores) {
    let sum = 0;
    for (const [pair, weight] of scores) if (hasPair(node, pair)) sum += weight;
    return sum;
  },
  normalize(scores) {
    const least = Math.min(...scores);
    const range = Math.max(...scores) - least;
    return scores.map((score) => (range > 0 ? Math.floor((scoreMax * (score - least)) / range) : 0));
  },
  events: {
    'node-add': always,
    'node-update-label': always,
    'node-update-taint': always,
    'pod-add': concerns,
    'pod-update-label': always,
    'pod-delete': concerns,
  },
});

function requiredTerms({ spec }: V1Pod): { affinity: readonly V1PodAffinityTerm[]; antiAffinity: readonly V1PodAffinityTerm[] } {
  return {
    affinity: spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
    antiAffinity: spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
  };
}

/** Adds (or takes away) what one Pod on one node means for the incoming one. Changes the state's maps in place. */
function count(pod: V1Pod, state: State, node: NodeInfo, other: V1Pod, sign: 1 | -1): State {
  const { namespaceLabels, affinity, antiAffinity } = state;
  const bump = (counts: Counts, term: V1PodAffinityTerm) => {
    const pair = pairOf(term, node);
    if (pair !== undefined) change(counts, pair, sign);
  };
  for (const term of requiredTerms(other).antiAffinity) if (matches(term, other, pod, namespaceLabels)) bump(state.refused, term);
  if (affinity.length > 0 && affinity.every((term) => matches(term, pod, other, namespaceLabels)))
    for (const term of affinity) bump(state.attracted, term);
  for (const term of antiAffinity) if (matches(term, pod, other, namespaceLabels)) bump(state.repelled, term);
  return state;
}

/** The first Pod of a group that wants its own company may go anywhere the topology is known. */
function isNearWanted(pod: V1Pod, node: NodeInfo, { affinity, attracted, namespaceLabels }: State): boolean {
  const pairs = affinity.map((term) => pairOf(term, node));
  if (pairs.some((pair) => pair === undefined)) return false;
  if (pairs.every((pair) => (attracted.get(pair as string) ?? 0) > 0)) return true;
  return attracted.size === 0 && affinity.every((term) => matches(term, pod, pod, namespaceLabels));
}

/** Weights by topology pair: what this Pod prefers of those there, and they of it. */
function preferences({ pod }: Candidate, context: PluginContext): Counts {
  const scores: Counts = new Map();
  const namespaceLabels = labelsOfNamespaces(context);
  for (const { node, pod: other } of relevantPods(pod, context.nodes)) {
    const weigh = (terms: readonly V1WeightedPodAffinityTerm[] | undefined, holder: V1Pod, subject: V1Pod, sign: 1 | -1) => {
      for (const { weight, podAffinityTerm } of terms ?? []) {
        const pair = pairOf(podAffinityTerm, node);
        if (pair !== undefined && matches(podAffinityTerm, holder, subject, namespaceLabels)) change(scores, pair, sign * weight);
      }
    };
    weigh(pod.spec.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution, pod, other, 1);
    weigh(pod.spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution, pod, other, -1);
    weigh(
      requiredTerms(other).affinity.map((podAffinityTerm) => ({ weight: 1, podAffinityTerm })),
      other,
      pod,
      1,
    );
    weigh(other.spec.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution, other, pod, 1);
    weigh(other.spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution, other, pod, -1);
  }
  return scores;
}

/** Whether `holder`'s term means `subject`. */
function matches(term: V1PodAffinityTerm, holder: V1Pod, subject: V1Pod, namespaceLabels: NamespaceLabels): boolean {
  const namespace = subject.metadata.namespace ?? '';
  const { namespaces = [], namespaceSelector, labelSelector } = term;
  const named = namespaces.length === 0 && !namespaceSelector ? [holder.metadata.namespace] : namespaces;
  const isInScope =
    named.includes(namespace) ||
    (namespaceSelector !== undefined && labelSelectorAsSelector(namespaceSelector).matches(namespaceLabels(namespace)));
  return isInScope && labelSelectorAsSelector(labelSelector).matches(subject.metadata.labels);
}

function labelsOfNamespaces({ cache }: PluginContext): NamespaceLabels {
  return (namespace) => cache(Namespace).get(namespace)?.metadata.labels ?? {};
}

/** All Pods, or for a Pod without wishes of its own those that have some. */
function* relevantPods({ spec }: V1Pod, nodes: readonly NodeInfo[]): Generator<{ node: NodeInfo; pod: V1Pod }> {
  const hasWishes = Boolean(spec.affinity?.podAffinity || spec.affinity?.podAntiAffinity);
  for (const node of nodes) for (const { pod } of hasWishes ? node.pods : node.podsWithAffinity) yield { node, pod };
}

function pairOf({ topologyKey }: V1PodAffinityTerm, node: NodeInfo): string | undefined {
  const value = node.labels[topologyKey];
  return value === undefined ? undefined : `${topologyKey}=${value}`;
}

function hasPair(node: NodeInfo, pair: string): boolean {
  const equals = pair.indexOf('=');
  return node.labels[pair.slice(0, equals)] === pair.slice(equals + 1);
}

function change(counts: Counts, pair: string, by: number): void {
  const next = (counts.get(pair) ?? 0) + by;
  if (next === 0) counts.delete(pair);
  else counts.set(pair, next);
}

/** Another Pod matters if either refers to the other's labels at all; namespaces are looked at when the Pod is tried. */
function concerns(pod: V1Pod, { pod: other }: { pod: V1Pod }): boolean {
  const all = [...requiredTerms(pod).affinity, ...requiredTerms(pod).antiAffinity];
  return (
    all.some((term) => labelSelectorAsSelector(term.labelSelector).matches(other.metadata.labels)) ||
    requiredTerms(other).antiAffinity.length > 0
  );
}
