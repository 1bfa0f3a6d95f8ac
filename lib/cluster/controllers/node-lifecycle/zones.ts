import type { V1Node } from '@/generated/kubernetes/types';
import type { Instant } from '../../kernel';
import type { ManagerOptions } from '../options';
import { readyStatus } from './conditions';

export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

/** Nodes fail together where they share a zone (`node.GetZoneKey`). */
export function zoneOf({ metadata }: V1Node): string {
  const { labels } = metadata;
  return `${labels?.['topology.kubernetes.io/region'] ?? ''}:\0:${labels?.['topology.kubernetes.io/zone'] ?? ''}`;
}

/** How bad things are in each zone. When most nodes look dead at once, it is more likely that the view is wrong (`ComputeZoneState`). */
export function zoneStates(nodes: readonly V1Node[], { unhealthyZoneThreshold }: ManagerOptions): Map<string, ZoneState> {
  const zones = new Map<string, { ready: number; notReady: number }>();
  for (const node of nodes) {
    const zone = zones.get(zoneOf(node)) ?? { ready: 0, notReady: 0 };
    if (readyStatus(node) === 'True') zone.ready++;
    else zone.notReady++;
    zones.set(zoneOf(node), zone);
  }
  const stateOf = ({ ready, notReady }: { ready: number; notReady: number }): ZoneState => {
    if (ready === 0 && notReady > 0) return 'FullDisruption';
    return notReady > 2 && notReady / (notReady + ready) >= unhealthyZoneThreshold ? 'PartialDisruption' : 'Normal';
  };
  return new Map([...zones].map(([name, zone]) => [name, stateOf(zone)]));
}

/** How many nodes of a zone may be given up in a second. */
export function evictionRate(state: ZoneState, zoneSize: number, options: ManagerOptions): number {
  if (state !== 'PartialDisruption') return options.nodeEvictionRate;
  return zoneSize > options.largeClusterSizeThreshold ? options.secondaryNodeEvictionRate : 0;
}

/** Lets one through every `1 / rate` seconds; a rate of 0 lets none through. */
export class RateLimiter {
  #nextAt = 0;
  rate: number;

  constructor(rate: number) {
    this.rate = rate;
  }

  /** Whether one may go now; then it has. */
  maybeSpend(now: Instant): boolean {
    if (this.rate === 0 || now < this.#nextAt) return false;
    this.#nextAt = now + 1000 / this.rate;
    return true;
  }
}
