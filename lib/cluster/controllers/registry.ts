import { clusterRoleAggregationController } from './clusterrole-aggregation';
import type { Controller } from './controller';
import { daemonSetController } from './daemonset';
import { deploymentController } from './deployment';
import { disruptionController } from './disruption';
import { endpointsController } from './endpoints';
import { endpointSliceController } from './endpointslice';
import { garbageCollectorController } from './garbage-collector';
import { namespaceController } from './namespace';
import { nodeIpamController } from './node-ipam';
import { nodeLifecycleController } from './node-lifecycle';
import { podGarbageCollectorController } from './pod-garbage-collector';
import { replicaSetController } from './replicaset';
import { resourceQuotaController } from './resourcequota';
import { rootCaCertificatePublisherController } from './root-ca-certificate-publisher';
import { serviceAccountController } from './serviceaccount';
import { serviceAccountTokenController } from './serviceaccount-token';
import { taintEvictionController } from './taint-eviction';
import { ttlController } from './ttl';
import { validatingAdmissionPolicyStatusController } from './validatingadmissionpolicy-status';
import { claimProtectionController, volumeProtectionController } from './volume-protection';

/** Every controller of kube-controller-manager, in the order they start. */
export const controllers: readonly Controller[] = [
  clusterRoleAggregationController,
  daemonSetController,
  deploymentController,
  disruptionController,
  endpointsController,
  endpointSliceController,
  garbageCollectorController,
  namespaceController,
  nodeIpamController,
  nodeLifecycleController,
  podGarbageCollectorController,
  replicaSetController,
  resourceQuotaController,
  rootCaCertificatePublisherController,
  serviceAccountController,
  serviceAccountTokenController,
  taintEvictionController,
  ttlController,
  validatingAdmissionPolicyStatusController,
  claimProtectionController,
  volumeProtectionController,
];
