import type { Random } from '@/lib/base';

/** How long the stages of a container's life take, in whole simulated milliseconds. */
export interface RuntimeLatency {
  /** Resolving a reference at the registry. */
  resolveMs(random: Random): number;
  /** Fetching and unpacking the layers that are not there yet. */
  fetchMs(sizeBytes: number, random: Random): number;
  sandboxMs(random: Random): number;
  createMs(random: Random): number;
  startMs(random: Random): number;
  /** What even a process with nothing to do takes to end, and be waited for. */
  exitMs: number;
  /** The kubelet's pod lifecycle event generator looks at the runtime this often. */
  relistMs: number;
  /** Unmounting a terminated Pod's volumes. */
  unmountMs: number;
}

/** For labs: the order of things without the waiting. */
const fast: RuntimeLatency = {
  resolveMs: () => 50,
  fetchMs: () => 250,
  sandboxMs: () => 20,
  createMs: () => 10,
  startMs: () => 20,
  exitMs: 20,
  relistMs: 100,
  unmountMs: 50,
};

/** As measured on a quiet two-core node with containerd 2.1 and a 30 MB/s link to the registry. */
const realistic: RuntimeLatency = {
  resolveMs: (random) => random.between(400, 900),
  fetchMs: (sizeBytes, random) => Math.round(sizeBytes / 30_000) + random.between(300, 700),
  sandboxMs: (random) => random.between(110, 190),
  createMs: (random) => random.between(10, 25),
  startMs: (random) => random.between(45, 70),
  exitMs: 80,
  relistMs: 1_000,
  unmountMs: 400,
};

export const runtimeLatencies = { fast, realistic } as const;
