import type { Plugin } from './plugin';
import { ImageLocality } from './plugins/image-locality';
import { InterPodAffinity } from './plugins/inter-pod-affinity';
import { NodeAffinity } from './plugins/node-affinity';
import { NodeName } from './plugins/node-name';
import { NodePorts } from './plugins/node-ports';
import { NodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation';
import { NodeResourcesFit } from './plugins/node-resources-fit';
import { NodeUnschedulable } from './plugins/node-unschedulable';
import { PodTopologySpread } from './plugins/pod-topology-spread';
import { SchedulingGates } from './plugins/scheduling-gates';
import { TaintToleration } from './plugins/taint-toleration';

export interface RegisteredPlugin {
  readonly plugin: Plugin;
  /** How much its scores count. */
  readonly weight: number;
}

/** The plugins of the default profile, in the order they are asked (`apis/config/v1/default_plugins.go`). */
export const plugins: readonly RegisteredPlugin[] = [
  { plugin: SchedulingGates, weight: 0 },
  { plugin: NodeUnschedulable, weight: 0 },
  { plugin: NodeName, weight: 0 },
  { plugin: TaintToleration, weight: 3 },
  { plugin: NodeAffinity, weight: 2 },
  { plugin: NodePorts, weight: 0 },
  { plugin: NodeResourcesFit, weight: 1 },
  { plugin: PodTopologySpread, weight: 2 },
  { plugin: InterPodAffinity, weight: 2 },
  { plugin: NodeResourcesBalancedAllocation, weight: 1 },
  { plugin: ImageLocality, weight: 1 },
];
