import type { Controller } from './controller';
import { deploymentController } from './deployment';
import { replicaSetController } from './replicaset';

/** Every controller of kube-controller-manager, in the order they start. */
export const controllers: readonly Controller[] = [
  deploymentController,
  replicaSetController,
];
