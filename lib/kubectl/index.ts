export { complete, type Completion } from './complete';
export { flag, FlagError, parseArguments, type FlagDefinition, type Flags } from './flags';
export type { FileKind, KubectlFiles, KubectlIo, Signal } from './io';
export { kubectl } from './run';
