import type { NodeInfo } from '../node-info';
import { definePlugin, scoreMax, type Candidate, type Rejection } from '../plugin';
import { podRequests, type Resources } from '../resources';

/** A node must have room for what a Pod requests; of those that do, the emptiest is best (LeastAllocated). */
export const NodeResourcesFit = definePlugin<undefined, true>({
  name: 'NodeResourcesFit',
  filter: ({ requests }, node) => shortage(requests, node),
  preScore: () => true,
  score: leastAllocated,
  events: {
    'node-add': (pod, { node }) => !shortage(podRequests(pod), node),
    'node-update-allocatable': (pod, { node }) => !shortage(podRequests(pod), node),
    'pod-delete': (_, { pod }) => Boolean(pod.spec.nodeName),
  },
});

/** What there is too little of (`fitsRequest`). More than the whole node has is unresolvable. */
function shortage(requests: Resources, node: NodeInfo): Rejection | undefined {
  const { allocatable, requested } = node;
  const reasons: string[] = [];
  let isBeyond = false;
  if (node.podCount + 1 > (allocatable['pods'] ?? 0)) reasons.push('Too many pods');
  for (const name in requests) {
    const wanted = requests[name] as number;
    const total = allocatable[name] ?? 0;
    if (wanted === 0 || wanted <= total - (requested[name] ?? 0)) continue;
    reasons.push(`Insufficient ${name}`);
    isBeyond ||= wanted > total;
  }
  return reasons.length > 0 ? { unresolvable: isBeyond, reasons } : undefined;
}

/** The mean over cpu and memory of the share that would be left, 0 to 100. */
function leastAllocated({ nonZero }: Candidate, node: NodeInfo): number {
  let sum = 0;
  let weights = 0;
  for (const name of ['cpu', 'memory']) {
    const capacity = node.allocatable[name] ?? 0;
    if (capacity === 0) continue;
    const wanted = (node.nonZeroRequested[name] ?? 0) + (nonZero[name] ?? 0);
    sum += wanted > capacity ? 0 : Math.floor(((capacity - wanted) * scoreMax) / capacity);
    weights++;
  }
  return weights === 0 ? 0 : Math.floor(sum / weights);
}
