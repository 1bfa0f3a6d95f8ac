export { createKubeScheduler, kubeScheduler } from './daemon';
export { definePlugin, type Plugin } from './plugin';
export { plugins } from './registry';
export { startScheduler, type SchedulerOptions } from './scheduler';
