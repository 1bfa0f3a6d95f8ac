import type { V1Pod } from '@/generated/kubernetes/types';
import { parseInstant } from '../kernel';
import { filter, withPod, type Filters } from './framework';
import { fitMessage } from './messages';
import { podInfo, type NodeInfo } from './node-info';
import { unresolvable, type Candidate, type Rejection } from './plugin';

export type Preemption =
  | { readonly type: 'nominated'; readonly node: NodeInfo; readonly victims: readonly V1Pod[] }
  | { readonly type: 'none'; readonly message: string };

const notHelpful = unresolvable('Preemption is not helpful for scheduling');
const noVictims = unresolvable('No preemption victims found for incoming pod');

/**
 * Looks for a node where Pods of lower priority could make way (`DefaultPreemption`). Disruption budgets are not known here
 * (docs/fidelity.md); of several nodes the one whose victims matter least is taken.
 */
export function findPreemption(
  candidate: Candidate,
  filters: Filters,
  nodes: readonly NodeInfo[],
  rejections: ReadonlyMap<string, Rejection>,
): Preemption {
  const { spec } = candidate.pod;
  if (spec.preemptionPolicy === 'Never') return none('not eligible due to preemptionPolicy=Never.');
  if (isWaitingForVictims(candidate.pod, nodes)) return none('not eligible due to a terminating pod on the nominated node.');
  const failures: Rejection[] = [];
  const choices: { node: NodeInfo; victims: V1Pod[] }[] = [];
  for (const node of nodes) {
    const rejection = rejections.get(node.name);
    const outcome = !rejection || rejection.unresolvable ? notHelpful : victimsOn(candidate, filters, node);
    if (Array.isArray(outcome)) choices.push({ node, victims: outcome });
    else failures.push(outcome);
  }
  if (choices.length === 0) return none(fitMessage(nodes.length, failures));
  const best = choices.sort(byDamage)[0] as (typeof choices)[number];
  return { type: 'nominated', node: best.node, victims: best.victims };
}

function none(message: string): Preemption {
  return { type: 'none', message };
}

/** An earlier preemption for this Pod is still under way. */
function isWaitingForVictims({ spec, status }: V1Pod, nodes: readonly NodeInfo[]): boolean {
  const nominated = nodes.find(({ name }) => name === status?.nominatedNodeName);
  if (!nominated) return false;
  return [...nominated.pods].some(
    ({ pod }) => pod.metadata.deletionTimestamp && priorityOf(pod) < (spec.priority ?? 0) && isPreempted(pod),
  );
}

function isPreempted({ status }: V1Pod): boolean {
  return (
    status?.conditions?.some(
      ({ type, status: value, reason }) => type === 'DisruptionTarget' && value === 'True' && reason === 'PreemptionByScheduler',
    ) ?? false
  );
}

/** Takes all lower Pods off a copy of the node, then puts back as many as fit, the most important first. */
function victimsOn(candidate: Candidate, filters: Filters, node: NodeInfo): V1Pod[] | Rejection {
  const lower = [...node.pods].map(({ pod }) => pod).filter((pod) => priorityOf(pod) < (candidate.pod.spec.priority ?? 0));
  if (lower.length === 0) return noVictims;
  const trial = node.clone();
  let state = filters;
  for (const pod of lower) {
    trial.remove(pod);
    state = withPod(candidate, state, node, pod, -1);
  }
  const refusal = filter(candidate, trial, state);
  if (refusal) return refusal.rejection;
  const victims: V1Pod[] = [];
  for (const pod of lower.sort(byImportance)) {
    trial.add(podInfo(pod));
    const restored = withPod(candidate, state, node, pod, 1);
    if (!filter(candidate, trial, restored)) {
      state = restored;
      continue;
    }
    trial.remove(pod);
    victims.push(pod);
  }
  return victims;
}

function priorityOf({ spec }: V1Pod): number {
  return spec.priority ?? 0;
}

function startedAt({ status, metadata }: V1Pod): number {
  return parseInstant(status?.startTime ?? metadata.creationTimestamp);
}

function byImportance(a: V1Pod, b: V1Pod): number {
  return priorityOf(b) - priorityOf(a) || startedAt(a) - startedAt(b);
}

/** Lowest highest priority, then lowest sum, fewest victims, and the latest start of the most important one. */
function byDamage(a: { victims: V1Pod[] }, b: { victims: V1Pod[] }): number {
  const highest = (victims: V1Pod[]) => Math.max(...victims.map(priorityOf));
  const sum = (victims: V1Pod[]) => victims.reduce((total, pod) => total + priorityOf(pod) + 2 ** 31, 0);
  const earliestOfHighest = (victims: V1Pod[]) => Math.min(...victims.filter((pod) => priorityOf(pod) === highest(victims)).map(startedAt));
  return (
    highest(a.victims) - highest(b.victims) ||
    sum(a.victims) - sum(b.victims) ||
    a.victims.length - b.victims.length ||
    earliestOfHighest(b.victims) - earliestOfHighest(a.victims)
  );
}
