import { Session, type SessionHost } from '@/lib/labs';
import { runWorker } from '@/lib/sandbox/run-worker';

const host: SessionHost = { yield: () => new Promise((resolve) => setImmediate(resolve)), now: () => performance.now() };

/** Real clusters, with nothing done ahead: a thread that is soon killed. */
runWorker({
  create: (lab, seed, listener, turn) => Session.create({ lab, seed, listener, host: { ...host, turn }, setup: 'own' }),
  restore: (lab, seed, snapshot, changes, listener, turn) =>
    Session.restore({ lab, seed, listener, host: { ...host, turn } }, snapshot as Parameters<typeof Session.restore>[1], changes),
});
