import type { OrreryData, Satellite } from '@/app/figures/Orrery';

/** Where each part stands on the orbit, and what it says while nothing turns. */
export const satellitesAtRest: readonly Satellite[] = [
  { id: 'you', part: 'you', name: 'You', status: 'kubectl scale web', at: -152 },
  { id: 'scheduler', part: 'sch', name: 'Scheduler', status: 'finds each Pod a node', at: -112 },
  { id: 'worker-1', part: 'klt', name: 'worker-1', status: 'runs its Pods', at: -38 },
  { id: 'worker-2', part: 'klt', name: 'worker-2', status: 'runs its Pods', at: 20 },
  { id: 'dns', part: 'dns', name: 'CoreDNS', status: 'answers names', at: 66 },
  { id: 'proxy', part: 'kpx', name: 'kube-proxy', status: 'writes the rules', at: 114 },
  { id: 'controllers', part: 'kcm', name: 'Controllers', status: 'close the gap', at: 160 },
];

export const atRest: OrreryData = { revision: undefined, satellites: satellitesAtRest, beads: [] };
