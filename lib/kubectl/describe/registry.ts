import { configMapDescriber, namespaceDescriber, secretDescriber, serviceAccountDescriber } from './config';
import type { Describer } from './describer';
import { genericDescriber } from './generic';
import { nodeDescriber } from './node';
import { podDescriber } from './pod';
import { endpointSliceDescriber, serviceDescriber } from './service';
import { daemonSetDescriber, deploymentDescriber, replicaSetDescriber } from './workloads';

const describers: Readonly<Record<string, Describer>> = {
  '/Pod': podDescriber,
  '/Node': nodeDescriber,
  '/Service': serviceDescriber,
  '/ConfigMap': configMapDescriber,
  '/Secret': secretDescriber,
  '/Namespace': namespaceDescriber,
  '/ServiceAccount': serviceAccountDescriber,
  'apps/Deployment': deploymentDescriber,
  'apps/ReplicaSet': replicaSetDescriber,
  'apps/DaemonSet': daemonSetDescriber,
  'discovery.k8s.io/EndpointSlice': endpointSliceDescriber,
};

/** The words for a kind; what has none of its own is described field by field. */
export function describerOf({ group, kind }: { readonly group: string; readonly kind: string }): Describer {
  return describers[`${group}/${kind}`] ?? genericDescriber;
}
