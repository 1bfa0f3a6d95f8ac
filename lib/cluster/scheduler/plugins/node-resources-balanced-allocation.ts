import type { NodeInfo } from '../node-info';
import { definePlugin, scoreMax, type Candidate } from '../plugin';

const balanced = ['cpu', 'memory'] as const;

/** Prefers nodes where cpu and memory would be used to a like degree. Pods that request neither are not scored. */
export const NodeResourcesBalancedAllocation = definePlugin<undefined, true>({
  name: 'NodeResourcesBalancedAllocation',
  preScore: ({ requests }) => (balanced.some((name) => requests[name]) ? true : undefined),
  score: balance,
});

/** One less the standard deviation of the two fractions in use, of 100. */
function balance({ requests }: Candidate, node: NodeInfo): number {
  const fractions: number[] = [];
  for (const name of balanced) {
    const capacity = node.allocatable[name] ?? 0;
    if (capacity > 0) fractions.push(Math.min(1, ((node.requested[name] ?? 0) + (requests[name] ?? 0)) / capacity));
  }
  const deviation = fractions.length === 2 ? Math.abs(((fractions[0] as number) - (fractions[1] as number)) / 2) : 0;
  return Math.floor((1 - deviation) * scoreMax);
}
