import type { Json } from '@/lib/base';
import type { ContainerStats } from './cri';
import type { Footprint } from './program';

interface Used {
  readonly footprint: Footprint | undefined;
  readonly runsForMs: number;
  /** The program's process; a component of Kubernetes has none. */
  readonly process: { readonly calls: number; readonly state: Json } | undefined;
}

/** A program that is called (to start, for a request, a timer, a signal) works for a millisecond. */
const nanosecondsPerCall = 1_000_000;
const idle: Footprint = { milliCpu: 0, memoryBytes: 2 * 1024 * 1024 };
const pageBytes = 4096;

/** The model of what a container uses, for nothing here really computes: its program's footprint, and what it was seen to do and to keep. */
export function statsOf({ footprint = idle, runsForMs, process }: Used): ContainerStats {
  const bytes = footprint.memoryBytes + (process ? JSON.stringify(process.state).length : 0);
  return {
    cpuNanoseconds: footprint.milliCpu * runsForMs * 1000 + (process?.calls ?? 0) * nanosecondsPerCall,
    workingSetBytes: Math.ceil(bytes / pageBytes) * pageBytes,
  };
}
