export { createKubeControllerManager, kubeControllerManager } from './daemon';
export { startControllerManager, type ControllerManagerOptions } from './manager';
export { defaultManagerOptions, type ManagerOptions } from './options';
export { controllers } from './registry';
