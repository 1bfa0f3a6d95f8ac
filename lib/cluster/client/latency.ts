import type { Random } from '@/lib/base';

/** Milliseconds until a watch event that the API server sent reaches a component's cache. */
export type WatchLatency = (random: Random) => number;

/** For labs: caches lag, but only just. */
export const fastWatchLatency: WatchLatency = (random) => random.between(1, 3);

/** As measured between an API server and its clients on one LAN. */
export const realisticWatchLatency: WatchLatency = (random) => random.between(2, 15);
