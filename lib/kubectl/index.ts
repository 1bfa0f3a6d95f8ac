export { complete, type Completion } from './complete';
export type { FileKind, KubectlFiles, KubectlIo, Signal } from './io';
export { kubectl } from './run';
