import type { V1Container, V1PodSpec } from '@/generated/kubernetes/types';
import { Quantity } from '../api';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const computeResources = ['cpu', 'memory'] as const;

/** Who is evicted first under pressure (`pkg/apis/core/v1/helper/qos.ComputePodQOS`). */
export function qosClassOf(spec: V1PodSpec): QosClass {
  const holders = spec.resources ? [spec] : [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  if (!holders.some(asksForAnything)) return 'BestEffort';
  return holders.every(getsWhatItAsks) ? 'Guaranteed' : 'Burstable';
}

type Holder = Pick<V1Container, 'resources'>;

function asksForAnything({ resources }: Holder): boolean {
  return computeResources.some((name) => isPositive(resources?.requests?.[name]) || isPositive(resources?.limits?.[name]));
}

function getsWhatItAsks({ resources }: Holder): boolean {
  return computeResources.every((name) => {
    const limit = resources?.limits?.[name];
    const request = resources?.requests?.[name] ?? limit;
    return isPositive(limit) && Quantity.of(request).compare(Quantity.of(limit)) === 0;
  });
}

function isPositive(quantity: string | undefined): boolean {
  return Quantity.of(quantity).sign > 0;
}
