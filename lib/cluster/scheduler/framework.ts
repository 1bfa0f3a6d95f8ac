import type { V1Pod } from '@/generated/kubernetes/types';
import type { NodeInfo } from './node-info';
import type { Candidate, Plugin, PluginContext, Rejection } from './plugin';
import { plugins, type RegisteredPlugin } from './registry';
import { nonZeroRequests, podRequests } from './resources';

export function candidateOf(pod: V1Pod): Candidate {
  return { pod, requests: podRequests(pod), nonZero: nonZeroRequests(pod) };
}

/** A filter with the state its plugin made for this Pod. */
interface ReadyFilter {
  readonly plugin: Plugin;
  readonly state: unknown;
}

/** The filters that have something to say about one Pod. */
export interface Filters {
  readonly ready: readonly ReadyFilter[];
  /** Only these nodes need to be looked at; absent means all. */
  readonly nodes?: ReadonlySet<string>;
}

export type Prepared =
  | { readonly type: 'filters'; readonly filters: Filters }
  | { readonly type: 'rejected'; readonly plugin: string; readonly rejection: Rejection };

/** Why a Pod must not even be queued, if so. */
export function preEnqueue(pod: V1Pod): string | undefined {
  for (const { plugin } of plugins) {
    const reason = plugin.preEnqueue?.(pod);
    if (reason) return reason;
  }
  return undefined;
}

export function preFilter(candidate: Candidate, context: PluginContext): Prepared {
  const ready: ReadyFilter[] = [];
  let nodes: ReadonlySet<string> | undefined;
  for (const { plugin } of plugins) {
    const result = plugin.preFilter?.(candidate, context) ?? { type: 'go', state: undefined };
    if (result.type === 'reject') return { type: 'rejected', plugin: plugin.name, rejection: result.rejection };
    if (result.type === 'skip') continue;
    if (plugin.filter) ready.push({ plugin, state: result.state });
    if (result.nodes) nodes = intersection(nodes, result.nodes);
  }
  return { type: 'filters', filters: { ready, ...(nodes ? { nodes } : {}) } };
}

function intersection(a: ReadonlySet<string> | undefined, b: ReadonlySet<string>): ReadonlySet<string> {
  return a ? new Set([...a].filter((name) => b.has(name))) : b;
}

/** The first plugin that refuses the node, and why. */
export function filter(candidate: Candidate, node: NodeInfo, { ready }: Filters): { plugin: string; rejection: Rejection } | undefined {
  for (const { plugin, state } of ready) {
    const rejection = plugin.filter?.(candidate, node, state);
    if (rejection) return { plugin: plugin.name, rejection };
  }
  return undefined;
}

/** The filters as they would be had `other` come to or gone from `node`. */
export function withPod(candidate: Candidate, filters: Filters, node: NodeInfo, other: V1Pod, sign: 1 | -1): Filters {
  return {
    ...filters,
    ready: filters.ready.map(({ plugin, state }) => ({
      plugin,
      state: plugin.withPod ? plugin.withPod(candidate, state, node, other, sign) : state,
    })),
  };
}

/** The weighted sum of every plugin's scores, for each feasible node. */
export function score(candidate: Candidate, feasible: readonly NodeInfo[], context: PluginContext): number[] {
  const totals = feasible.map(() => 0);
  for (const { plugin, weight } of plugins) {
    pluginScores({ plugin, weight }, candidate, feasible, context)?.forEach(
      (one, index) => (totals[index] = (totals[index] as number) + one * weight),
    );
  }
  return totals;
}

function pluginScores(
  { plugin }: RegisteredPlugin,
  candidate: Candidate,
  feasible: readonly NodeInfo[],
  context: PluginContext,
): number[] | undefined {
  if (!plugin.score) return undefined;
  const state = plugin.preScore?.(candidate, feasible, context);
  if (state === undefined) return undefined;
  const scores = feasible.map((node) => plugin.score?.(candidate, node, state, context) ?? 0);
  return plugin.normalize ? plugin.normalize(scores, feasible, state) : scores;
}
