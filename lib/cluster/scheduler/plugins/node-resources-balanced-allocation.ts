import type { NodeInfo } from '../node-info';
import { definePlugin, scoreMax } from '../plugin';
import { add, type Resources } from '../resources';

const balanced = ['cpu', 'memory'] as const;

/** Prefers nodes where a Pod brings the use of cpu and memory closer together. Pods that request neither are not scored. */
export const NodeResourcesBalancedAllocation = definePlugin<undefined, true>({
  name: 'NodeResourcesBalancedAllocation',
  preScore: ({ requests }) => (balanced.some((name) => requests[name]) ? true : undefined),
  score({ requests }, node) {
    const change = balance(node, add(node.requested, requests)) - balance(node, node.requested);
    return scoreMax / 2 + Math.floor((scoreMax / 2 + change) / 2);
  },
});

/** One less the standard deviation of the fractions in use, of 100. */
function balance({ allocatable }: NodeInfo, requested: Resources): number {
  const fractions: number[] = [];
  for (const name of balanced) {
    const capacity = allocatable[name] ?? 0;
    if (capacity > 0) fractions.push(Math.min(1, (requested[name] ?? 0) / capacity));
  }
  const deviation = fractions.length === 2 ? Math.abs(((fractions[0] as number) - (fractions[1] as number)) / 2) : 0;
  return Math.floor((1 - deviation) * scoreMax);
}
