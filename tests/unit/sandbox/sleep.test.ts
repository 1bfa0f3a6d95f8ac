import { Session } from '@/lib/labs';
import type { SessionState } from '@/lib/labs/hosted-session';
import type { FromWorker, SandboxRecipe, SandboxRequest } from '@/lib/sandbox/protocol';
import { Sandbox, type SessionFactory } from '@/lib/sandbox/sandbox';
import { keptOf } from '../../support/kept';
import { smallLab, testHost } from '../../support/lab-folders';

const lab = smallLab(`- id: yes\n  cel: 'true'`, { 'files/web.yaml': 'kind: Deployment\n' });
const factory: SessionFactory = {
  create: (source, seed, listener) => Session.create({ lab: source, seed, listener, host: testHost }),
  restore: (source, seed, snapshot, changes, listener) =>
    Session.restore({ lab: source, seed, listener, host: testHost }, snapshot as Parameters<typeof Session.restore>[1], changes),
};

/** A sandbox with a real cluster, on this thread; the test moves its host's clock. */
async function open(recipe: SandboxRecipe, host: { ms: number }) {
  const messages: FromWorker[] = [];
  const sandbox = await Sandbox.open({ id: 'one', recipe, factory, post: (message) => void messages.push(message), clock: () => host.ms });
  let id = 0;
  const ask = async <T>(request: SandboxRequest): Promise<T> => {
    const wanted = ++id;
    sandbox.request(wanted, request);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const message of messages)
        if (message.type === 'batch')
          for (const one of [...message.durable, ...message.volatile]) {
            if (one.type === 'answer' && one.id === wanted) return one.value as T;
            if (one.type === 'error' && one.id === wanted) throw new Error(one.error);
          }
    }
  };
  let typed = 0;
  return {
    sandbox,
    messages,
    join: async () => (await ask<{ state: SessionState }>({ type: 'join', terminals: {} })).state,
    type: (text: string) =>
      ask({ type: 'ask', name: 'terminal:input', request: { terminal: '1', page: `${host.ms}`, sequence: ++typed, text } }),
    /** Lets so much time pass, a little at a time. */
    pass: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 50) {
        host.ms += 50;
        await ask({ type: 'join', terminals: {} });
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
  };
}

const fresh: SandboxRecipe = { lab, seed: '7', rows: [], head: 0, damagedSnapshots: 0 };

const kept = (messages: readonly FromWorker[]) => keptOf(fresh, messages);

test('a night’s sleep is invisible: the same screen, files, Pods, checks and time', async () => {
  const host = { ms: 0 };
  const evening = await open(fresh, host);
  await evening.pass(100);
  await evening.type('kubectl create deployment web --image=nginx:1.27 --replicas=2; mkdir notes; cd notes; echo hi > a.txt\r');
  await evening.pass(6_000);
  await evening.type('kubectl get po');
  await evening.pass(100);
  const before = await evening.join();
  await evening.sandbox.close(true);
  expect(kept(evening.messages).rows).toEqual([]);

  host.ms += 8 * 3_600_000;
  const morning = await open(kept(evening.messages), host);
  expect(morning.messages).toContainEqual({ type: 'opened', sandboxId: 'one' });
  const after = await morning.join();
  expect(after.terminals).toEqual(before.terminals);
  expect(after.files).toEqual(before.files);
  expect(after.view.pods).toEqual(before.view.pods);
  expect(after.view.nodes).toEqual(before.view.nodes);
  expect(after.checks.map(({ id, verdict }) => [id, verdict])).toEqual(before.checks.map(({ id, verdict }) => [id, verdict]));
  expect(after.clock.now).toBe(before.clock.now);
  await morning.pass(10_000);
  const later = await morning.join();
  expect(later.clock.now - before.clock.now).toBeLessThan(11_500);
  expect(later.view.pods.map(({ name, restarts, status }) => [name, restarts, status])).toEqual(
    before.view.pods.map(({ name, restarts, status }) => [name, restarts, status]),
  );
  await morning.type('ds; pwd; cat a.txt\r');
  await morning.pass(500);
  const shown = (await morning.join()).terminals[0]?.text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '') ?? '';
  expect(shown).toMatch(/web-\w+-\w+ +1\/1 +Running +0 .*\r\n\/home\/learner\/notes\r\nhi\r\n/);
  await morning.sandbox.close(false);
});
