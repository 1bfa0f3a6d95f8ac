import { Session } from '@/lib/labs';
import type { SessionState } from '@/lib/labs/hosted-session';
import type { FromWorker, SandboxRecipe, SandboxRequest } from '@/lib/sandbox/protocol';
import { Sandbox, type SessionFactory } from '@/lib/sandbox/sandbox';
import { keptOf } from '../../support/kept';
import { smallLab, testHost } from '../../support/lab-folders';

const lab = smallLab(`- id: yes\n  cel: 'true'`);
const factory: SessionFactory = {
  create: (source, seed, listener) => Session.create({ lab: source, seed, listener, host: testHost, etcdBytes: 2 << 20 }),
  restore: (source, seed, snapshot, changes, listener) =>
    Session.restore({ lab: source, seed, listener, host: testHost }, snapshot as Parameters<typeof Session.restore>[1], changes),
};

/** A sandbox with a real cluster, on this thread, whose time passes when the test says so. */
async function open(recipe: SandboxRecipe) {
  const messages: FromWorker[] = [];
  const post = (message: FromWorker) => {
    messages.push(message);
    // A database that keeps everything at once.
    const bytes = message.type === 'cut' ? message.content.length : message.type === 'batch' ? (message.changes?.length ?? 0) : 0;
    setImmediate(() => sandbox.kept(bytes));
  };
  const sandbox: Sandbox = await Sandbox.open({ id: 'one', recipe, factory, post, clock: () => 0 });
  let id = 0;
  const told = () => messages.flatMap((message) => (message.type === 'batch' ? [...message.durable, ...message.volatile] : []));
  const ask = async <T>(request: SandboxRequest): Promise<T> => {
    const wanted = ++id;
    sandbox.request(wanted, request);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const one of told()) if (one.type === 'answer' && one.id === wanted) return one.value as T;
    }
  };
  const run = (ms: number) => ask({ type: 'ask', name: 'clock:set', request: { action: 'run-for', ms } });
  const screen = async () => {
    const { state } = await ask<{ state: SessionState }>({ type: 'join', terminals: {} });
    return (state.terminals[0]?.text ?? '').replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
  };
  let typed = 0;
  return {
    sandbox,
    messages,
    run,
    notices: () => told().flatMap((one) => (one.type === 'message' && one.message.name === 'sandbox:notice' ? [one.message.payload] : [])),
    /** Types a command, and answers what it printed. */
    async type(command: string): Promise<string> {
      const before = (await screen()).length;
      await ask({
        type: 'ask',
        name: 'terminal:input',
        request: { terminal: '1', page: `${recipe.head}`, sequence: ++typed, text: `${command}\r` },
      });
      await run(8_000);
      return (await screen()).slice(before + command.length);
    },
    pods: async () => {
      const { body } = await ask<{ body: string }>({
        type: 'api',
        request: { method: 'GET', url: '/api/v1/namespaces/default/pods', headers: {} },
      });
      return (JSON.parse(body) as { items: unknown[] }).items.length;
    },
  };
}

const fresh: SandboxRecipe = { lab, seed: '7', rows: [], head: 0, damagedSnapshots: 0 };

const kept = (messages: readonly FromWorker[]) => keptOf(fresh, messages);

const etcdctl =
  'kubectl exec -n kube-system etcd-cp-1 -- etcdctl --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key';

test('a Deployment of a million Pods fills etcd and nothing else: the sandbox answers, sleeps and wakes, and can be cleaned up', async () => {
  const first = await open(fresh);
  await first.type('kubectl create deployment web --image=nginx --replicas=1000000');
  await first.run(10_000);
  expect(first.notices()).toEqual([{ level: 'warning', text: expect.stringMatching(/^The cluster’s etcd is full/) }]);
  expect(await first.type('kubectl create configmap a')).toContain(
    'error: failed to create configmap: Internal error occurred: etcdserver: mvcc: database space exceeded',
  );
  const pods = await first.pods();
  expect(pods).toBeGreaterThan(100);
  await first.sandbox.close(true);

  const { type, run, sandbox, pods: podsLeft } = await open(kept(first.messages));
  expect(await type(`${etcdctl} alarm list`)).toMatch(/memberID:\d+ alarm:NOSPACE/);
  expect(await podsLeft()).toBe(pods);
  expect(await type('kubectl delete deployment web')).toContain('deployment.apps "web" deleted');
  await type('kubectl delete replicasets --all --wait=false');
  expect(await type(`${etcdctl} del --prefix /registry/pods/default/`)).toContain(`${pods}`);
  expect(await podsLeft()).toBe(0);
  const revision = /"Revision" : (\d+)/.exec(await type(`${etcdctl} endpoint status -w fields`))?.[1];
  expect(await type(`${etcdctl} compaction ${revision}`)).toContain(`compacted revision ${revision}`);
  expect(await type(`${etcdctl} defrag`)).toContain('Finished defragmenting');
  expect(await type(`${etcdctl} alarm disarm`)).toMatch(/memberID:\d+ alarm:NOSPACE/);
  await run(300_000);
  expect(await podsLeft()).toBe(0);
  expect(await type('kubectl create configmap a')).toContain('configmap/a created');
  expect(await type(`${etcdctl} alarm list`)).not.toContain('NOSPACE');
  await sandbox.close(false);
}, 120_000);
