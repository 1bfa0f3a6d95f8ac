export { Disk, type DiskChange } from './disk';
export { instant, parseInstant, rfc3339, rfc3339Micro, type Instant } from './instant';
export { Kernel, type Entry, type KernelOptions, type ScheduleOptions } from './kernel';
export { objectName, nameOfMetadata } from './object-name';
export { Trace, type About, type TraceEntry, type TraceKind } from './trace';
