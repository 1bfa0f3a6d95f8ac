import { bootedCluster, Session, type SessionHost } from '@/lib/labs';
import type { SessionFactory } from './sandbox';

/** This thread's event loop, and its clock for budgets. */
const host: SessionHost = {
  yield: () => new Promise((resolve) => setImmediate(resolve)),
  now: () => performance.now(),
};

/** Labs' sessions, copied from a cluster that was booted when the worker started. */
export const labSessions: SessionFactory = {
  warm() {
    // The first copies teach the engine's compiler what is hot; nobody should have to wait for that lesson.
    const template = bootedCluster({ topology: { controlPlanes: 1, workers: 2 }, latency: 'fast' });
    for (const seed of ['first', 'second']) template.fork({ seed }).kernel.runUntilIdle({ limitMs: 60_000 });
  },
  create: (lab, seed, listener) => Session.create({ lab, seed, listener, host }),
  restore: (lab, seed, snapshot, changes, listener) =>
    Session.restore({ lab, seed, listener, host }, snapshot as Parameters<typeof Session.restore>[1], changes),
};
