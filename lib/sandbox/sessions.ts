import { library } from '@/lib/content';
import { Session, type LabSource, type SessionHost } from '@/lib/labs';
import type { SessionFactory } from './sandbox';

/** This thread's event loop, and its clock for budgets. */
const host: SessionHost = {
  yield: () => new Promise((resolve) => setImmediate(resolve)),
  now: () => performance.now(),
};

/** What a new worker plays through before anybody comes: the first times are slow, until the engine's compiler has learnt what is hot. */
const rehearsal = {
  slug: 'rehearsal',
  files: {
    'lab.yaml': `title: Rehearsal
summary: Played by nobody
revision: 1
minutes: 1
cluster: { topology: { controlPlanes: 1, workers: 2 }, latency: fast }
steps:
  - id: only
    checks:
      - { id: web, title: web is there, points: 1, assert: { apiVersion: apps/v1, kind: Deployment, metadata: { name: web, namespace: default } } }
`,
    'instructions.md': '## Only {#only}\n',
    'setup/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: nginx }] } }
`,
  },
};

function rehearse(lab: LabSource, seed: string): void {
  const session = Session.create({ lab, seed, host });
  session.join();
  session.snapshot();
  session.stop();
}

/** Plays every lab's setup once, in the pauses, so that who starts it first waits no longer than who comes after. */
async function prepareLabs(): Promise<void> {
  for (const lab of (await library()).labFolders.values()) {
    await host.yield();
    try {
      rehearse(lab, 'first');
    } catch {
      // A lab that cannot be played says so to whoever starts it.
    }
  }
}

/** Labs' sessions, copied from a cluster that was booted when the worker started. */
export const labSessions: SessionFactory = {
  warm: () => {
    for (const seed of ['first', 'second', 'third']) rehearse(rehearsal, seed);
    void prepareLabs().catch(() => undefined);
  },
  create: (lab, seed, listener, turn) => Session.create({ lab, seed, listener, host: { ...host, turn } }),
  restore: (lab, seed, snapshot, changes, listener, turn) =>
    Session.restore({ lab, seed, listener, host: { ...host, turn } }, snapshot as Parameters<typeof Session.restore>[1], changes),
};
