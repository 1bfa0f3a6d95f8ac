import type { V1Pod } from '@/generated/kubernetes/types';
import type { KubeObject } from '../api';
import type { Lister, ResourceRef } from '../client';
import type { NodeInfo } from './node-info';
import type { Resources } from './resources';

/** Why a node, or every node, will not do. `unresolvable` means that preempting Pods there would not help. */
export interface Rejection {
  readonly unresolvable: boolean;
  readonly reasons: readonly string[];
}

export function unschedulable(...reasons: string[]): Rejection {
  return { unresolvable: false, reasons };
}

export function unresolvable(...reasons: string[]): Rejection {
  return { unresolvable: true, reasons };
}

/** The Pod to place, with what several plugins need of it. */
export interface Candidate {
  readonly pod: V1Pod;
  readonly requests: Resources;
  readonly nonZero: Resources;
}

/** What a plugin may look at besides the node it is asked about. */
export interface PluginContext {
  readonly nodes: readonly NodeInfo[];
  cache<T extends KubeObject>(resource: ResourceRef<T>): Lister<T>;
}

/** Something that may make a rejected Pod schedulable (`framework.ClusterEvent`). */
export type ClusterEvent =
  | {
      readonly type: 'node-add' | 'node-update-allocatable' | 'node-update-label' | 'node-update-taint' | 'node-delete';
      readonly node: NodeInfo;
    }
  | { readonly type: 'pod-add' | 'pod-update-label' | 'pod-delete'; readonly pod: V1Pod };

export type PreFilterResult<State> =
  | { readonly type: 'skip' }
  | { readonly type: 'reject'; readonly rejection: Rejection }
  /** `nodes` narrows the search to these. */
  | { readonly type: 'go'; readonly state: State; readonly nodes?: ReadonlySet<string> };

/**
 * One scheduling plugin. Every extension point is optional; those that share work share a `State` that `preFilter` or `preScore` makes
 * anew for each Pod. Upstream: `pkg/scheduler/framework/interface.go`.
 */
export interface Plugin<State = any, ScoreState = any> {
  readonly name: string;
  /** Keeps a Pod out of the queue; the answer is why. */
  preEnqueue?(pod: V1Pod): string | undefined;
  preFilter?(candidate: Candidate, context: PluginContext): PreFilterResult<State>;
  /** Undefined means the node will do. */
  filter?(candidate: Candidate, node: NodeInfo, state: State): Rejection | undefined;
  /** The state after a Pod on `node` came or went, for trying out preemptions. Absent means the filter reads the node alone. */
  withPod?(candidate: Candidate, state: State, node: NodeInfo, other: V1Pod, sign: 1 | -1): State;
  /** Undefined means there is nothing to score for this Pod. */
  preScore?(candidate: Candidate, feasible: readonly NodeInfo[], context: PluginContext): ScoreState | undefined;
  score?(candidate: Candidate, node: NodeInfo, state: ScoreState, context: PluginContext): number;
  /** Brings scores to 0…100; absent means they are already. */
  normalize?(scores: number[], feasible: readonly NodeInfo[], state: ScoreState): number[];
  /** The events after which a Pod this plugin rejected is worth another try; the hint looks closer. */
  readonly events?: Readonly<Partial<Record<ClusterEvent['type'], (pod: V1Pod, event: any) => boolean>>>;
}

export function definePlugin<State = undefined, ScoreState = undefined>(plugin: Plugin<State, ScoreState>): Plugin<State, ScoreState> {
  return plugin;
}

export const scoreMax = 100;

/** Scales so that the highest score is 100; `reverse` then turns the scale over (`helper.DefaultNormalizeScore`). */
export function defaultNormalize(scores: readonly number[], { reverse = false } = {}): number[] {
  const highest = Math.max(0, ...scores);
  if (highest === 0) return scores.map(() => (reverse ? scoreMax : 0));
  return scores.map((score) => {
    const scaled = Math.floor((scoreMax * score) / highest);
    return reverse ? scoreMax - scaled : scaled;
  });
}

export const always = (): boolean => true;
