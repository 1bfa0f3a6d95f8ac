import type { V1Pod, V1ReplicaSet, V1TopologySpreadConstraint } from '@/generated/kubernetes/types';
import { labelSelectorAsSelector, matchesRequiredAffinity, selectorOf, selectorOfLabels, type Selector } from '../../api';
import { ReplicaSet, Service } from '../../resources';
import type { NodeInfo } from '../node-info';
import { definePlugin, scoreMax, unresolvable, unschedulable, type Candidate, type PluginContext } from '../plugin';
import { naturalLogarithm } from '../logarithm';
import { findUntolerated, hardEffects } from '../tolerations';

const hostname = 'kubernetes.io/hostname';

interface Constraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly selector: Selector;
  readonly minDomains: number;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

/** How many matching Pods each domain of each constraint has. */
interface Spread {
  readonly constraints: readonly Constraint[];
  readonly counts: readonly ReadonlyMap<string, number>[];
}

interface ScoreState extends Spread {
  readonly ignored: ReadonlySet<string>;
  readonly weights: readonly number[];
}

/** What holds for Pods without constraints of their own: rather spread over hosts, and over zones. */
const systemDefaults: readonly V1TopologySpreadConstraint[] = [
  { topologyKey: hostname, whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
];

/** Keeps the Pods of a kind even over hosts, zones or whatever label a constraint names. */
export const PodTopologySpread = definePlugin<Spread, ScoreState>({
  name: 'PodTopologySpread',
  preFilter({ pod }, { nodes }) {
    const constraints = constraintsOf(pod, pod.spec.topologySpreadConstraints ?? [], 'DoNotSchedule');
    if (constraints.length === 0) return { type: 'skip' };
    return { type: 'go', state: countDomains(pod, constraints, nodes) };
  },
  filter({ pod }, node, { constraints, counts }) {
    for (const [index, constraint] of constraints.entries()) {
      const value = node.labels[constraint.topologyKey];
      if (value === undefined) return unresolvable("node(s) didn't match pod topology spread constraints (missing required label)");
      const own = constraint.selector.matches(pod.metadata.labels) ? 1 : 0;
      const domains = counts[index] as ReadonlyMap<string, number>;
      const least = domains.size < constraint.minDomains ? 0 : Math.min(...domains.values());
      if ((domains.get(value) ?? 0) + own - least > constraint.maxSkew)
        return unschedulable("node(s) didn't match pod topology spread constraints");
    }
    return undefined;
  },
  withPod: ({ pod }, state, node, other, sign) => recount(pod, state, node, other, sign),
  preScore: scoreState,
  score({ pod }, node, { constraints, counts, ignored, weights }) {
    if (ignored.has(node.name)) return 0;
    let score = 0;
    for (const [index, constraint] of constraints.entries()) {
      const value = node.labels[constraint.topologyKey];
      if (value === undefined) continue;
      const count =
        constraint.topologyKey === hostname
          ? matching(node, constraint.selector, pod.metadata.namespace)
          : (counts[index]?.get(value) ?? 0);
      score += count * (weights[index] as number) + (constraint.maxSkew - 1);
    }
    return Math.round(score);
  },
  normalize(scores, feasible, { ignored }) {
    const valid = scores.filter((_, index) => !ignored.has((feasible[index] as NodeInfo).name));
    const least = Math.min(...valid);
    const most = Math.max(0, ...valid);
    return scores.map((score, index) => {
      if (ignored.has((feasible[index] as NodeInfo).name)) return 0;
      return most === 0 ? scoreMax : Math.floor((scoreMax * (most + least - score)) / most);
    });
  },
  events: {
    'node-add': (pod, { node }) => hasKeys(pod, node),
    'node-delete': (pod, { node }) => hasKeys(pod, node),
    'node-update-label': (pod, { node }) => hasKeys(pod, node),
    'node-update-taint': (pod, { node }) => hasKeys(pod, node),
    'pod-add': (pod, { pod: other }) => isCounted(pod, other),
    'pod-update-label': (pod, { pod: other }) => other.metadata.namespace === pod.metadata.namespace,
    'pod-delete': (pod, { pod: other }) => isCounted(pod, other),
  },
});

function constraintsOf(pod: V1Pod, constraints: readonly V1TopologySpreadConstraint[], action: string): Constraint[] {
  return constraints
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action)
    .map((constraint) => ({
      maxSkew: constraint.maxSkew,
      topologyKey: constraint.topologyKey,
      selector: selectorFor(pod, constraint),
      minDomains: constraint.minDomains ?? 1,
      honorsAffinity: (constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor',
      honorsTaints: constraint.nodeTaintsPolicy === 'Honor',
    }));
}

function selectorFor(pod: V1Pod, { labelSelector, matchLabelKeys = [] }: V1TopologySpreadConstraint): Selector {
  const selector = labelSelectorAsSelector(labelSelector);
  const labels = pod.metadata.labels ?? {};
  const extra = matchLabelKeys
    .filter((key) => Object.hasOwn(labels, key))
    .map((key) => ({ key, operator: 'in' as const, values: [labels[key] as string] }));
  return extra.length > 0 ? selectorOf([...selector.requirements, ...extra]) : selector;
}

function countDomains(pod: V1Pod, constraints: readonly Constraint[], nodes: readonly NodeInfo[]): Spread {
  const counts = constraints.map(() => new Map<string, number>());
  for (const node of nodes) {
    if (!constraints.every(({ topologyKey }) => topologyKey in node.labels)) continue;
    constraints.forEach((constraint, index) => {
      if (!isIncluded(pod, constraint, node)) return;
      const value = node.labels[constraint.topologyKey] as string;
      const domain = counts[index] as Map<string, number>;
      domain.set(value, (domain.get(value) ?? 0) + matching(node, constraint.selector, pod.metadata.namespace));
    });
  }
  return { constraints, counts };
}

function recount(pod: V1Pod, state: Spread, node: NodeInfo, other: V1Pod, sign: 1 | -1): Spread {
  if (other.metadata.namespace !== pod.metadata.namespace) return state;
  const counts = state.constraints.map((constraint, index) => {
    const domain = state.counts[index] as ReadonlyMap<string, number>;
    const value = node.labels[constraint.topologyKey];
    if (value === undefined || !domain.has(value) || !constraint.selector.matches(other.metadata.labels)) return domain;
    return new Map(domain).set(value, (domain.get(value) as number) + sign);
  });
  return { ...state, counts };
}

/** Whether a node's Pods count at all, by the constraint's node inclusion policies. */
function isIncluded(pod: V1Pod, { honorsAffinity, honorsTaints }: Constraint, { node }: NodeInfo): boolean {
  if (honorsAffinity && !matchesRequiredAffinity(pod.spec, node)) return false;
  return !honorsTaints || findUntolerated(node.spec?.taints, pod.spec.tolerations, hardEffects) === undefined;
}

function matching(node: NodeInfo, selector: Selector, namespace: string | undefined): number {
  let count = 0;
  for (const { pod } of node.pods) {
    if (!pod.metadata.deletionTimestamp && pod.metadata.namespace === namespace && selector.matches(pod.metadata.labels)) count++;
  }
  return count;
}

function scoreState({ pod }: Candidate, feasible: readonly NodeInfo[], context: PluginContext): ScoreState | undefined {
  const own = pod.spec.topologySpreadConstraints ?? [];
  const constraints = own.length > 0 ? constraintsOf(pod, own, 'ScheduleAnyway') : defaultConstraints(pod, context);
  if (constraints.length === 0) return undefined;
  const needsAllKeys = own.length > 0;
  const hasAllKeys = (node: NodeInfo) => constraints.every(({ topologyKey }) => topologyKey in node.labels);
  const ignored = new Set(needsAllKeys ? feasible.filter((node) => !hasAllKeys(node)).map(({ name }) => name) : []);
  const counts = constraints.map(({ topologyKey }) => domainsOf(topologyKey, feasible, ignored));
  for (const node of context.nodes) {
    if (needsAllKeys && !hasAllKeys(node)) continue;
    constraints.forEach((constraint, index) => {
      const value = node.labels[constraint.topologyKey] ?? '';
      const domain = counts[index] as Map<string, number>;
      if (domain.has(value) && isIncluded(pod, constraint, node))
        domain.set(value, (domain.get(value) as number) + matching(node, constraint.selector, pod.metadata.namespace));
    });
  }
  const sizes = constraints.map(({ topologyKey }, index) =>
    topologyKey === hostname ? feasible.length - ignored.size : (counts[index] as Map<string, number>).size,
  );
  return { constraints, counts, ignored, weights: sizes.map((size) => naturalLogarithm(size + 2)) };
}

/** Hosts are counted one by one when they are scored. */
function domainsOf(topologyKey: string, feasible: readonly NodeInfo[], ignored: ReadonlySet<string>): Map<string, number> {
  if (topologyKey === hostname) return new Map();
  return new Map(feasible.filter(({ name }) => !ignored.has(name)).map((node) => [node.labels[topologyKey] ?? '', 0]));
}

const selectors = new WeakMap<V1ReplicaSet, Selector>();

/** Fifty Pods of one set ask for the same selector. */
function selectorOfSet(replicaSet: V1ReplicaSet): Selector {
  const selector = selectors.get(replicaSet) ?? labelSelectorAsSelector(replicaSet.spec?.selector);
  selectors.set(replicaSet, selector);
  return selector;
}

/** The system's defaults, for Pods that a Service or a ReplicaSet selects (`helper.DefaultSelector`). */
function defaultConstraints(pod: V1Pod, { cache }: PluginContext): Constraint[] {
  const { namespace, labels } = pod.metadata;
  const services = cache(Service)
    .list(namespace)
    .filter(({ spec }) => spec.selector && selectorOfLabels(spec.selector).matches(labels));
  const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller && reference.kind === 'ReplicaSet');
  const replicaSet = owner && cache(ReplicaSet).get(`${namespace}/${owner.name}`);
  const owned = replicaSet ? selectorOfSet(replicaSet) : undefined;
  const selector =
    services.length === 0
      ? owned
      : selectorOf([...services.flatMap(({ spec }) => selectorOfLabels(spec.selector ?? {}).requirements), ...(owned?.requirements ?? [])]);
  if (!selector || selector.isEmpty) return [];
  return constraintsOf(pod, systemDefaults, 'ScheduleAnyway').map((constraint) => ({ ...constraint, selector }));
}

function hasKeys(pod: V1Pod, node: NodeInfo): boolean {
  return (pod.spec.topologySpreadConstraints ?? []).every(({ topologyKey }) => topologyKey in node.labels);
}

function isCounted(pod: V1Pod, other: V1Pod): boolean {
  if (other.metadata.namespace !== pod.metadata.namespace) return false;
  return constraintsOf(pod, pod.spec.topologySpreadConstraints ?? [], 'DoNotSchedule').some(({ selector }) =>
    selector.matches(other.metadata.labels),
  );
}
