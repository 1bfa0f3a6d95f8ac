import type { Json } from '@/lib/base';
import { Session, type SessionChange, type SessionMessage } from '@/lib/labs';
import { labFolder, smallLab, testHost } from '../../support/lab-folders';

const lab = smallLab(
  `- id: web-ready
  points: 2
  assert: { apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, status: { readyReplicas: 1 } }
- id: secret
  visibility: hidden
  cel: 'true'`,
  { 'files/web.yaml': 'kind: Deployment\n' },
);

const open: Session[] = [];
afterEach(() => open.splice(0).forEach((session) => session.stop()));

/** A session, and a page that looks at its first terminal. */
class Desk {
  readonly session: Session;
  readonly changes: SessionChange[] = [];
  readonly messages: SessionMessage[] = [];
  #read = 0;
  #sequence = 0;

  constructor(make: (listener: { onChange(change: SessionChange): void; onMessage(message: SessionMessage): void }) => Session) {
    this.session = make({
      onChange: (change) => void this.changes.push(structuredClone(change)),
      onMessage: (message) => void this.messages.push(message),
    });
    open.push(this.session);
  }

  static create(source = lab, seed = '1'): Desk {
    return new Desk((listener) => Session.create({ lab: source, seed, host: testHost, listener }));
  }

  /** Types, lets `ms` of real time pass, and returns what the screen shows since. */
  async type(text: string, ms = 200): Promise<string> {
    await this.session.ask('terminal:input', { terminal: '1', sequence: ++this.#sequence, text });
    return this.pass(ms);
  }

  async pass(ms: number): Promise<string> {
    for (let passed = 0; passed <= ms; passed += 50) {
      await new Promise((resolve) => setTimeout(resolve, 4));
      this.session.advance(50);
    }
    return this.screen();
  }

  screen(): string {
    const terminal = this.session.join().terminals.find((one) => one.terminal === '1');
    const text = terminal?.text.slice(Math.max(0, this.#read - terminal.offset)) ?? '';
    this.#read = (terminal?.offset ?? 0) + (terminal?.text.length ?? 0);
    return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replace(/\r\n/g, '\n');
  }
}

function restored({ session, changes }: Desk, snapshot: Json, from: number): Desk {
  return new Desk((listener) =>
    Session.restore(
      { lab, seed: session.seed, host: testHost, listener },
      snapshot,
      JSON.parse(JSON.stringify(changes.slice(from))) as SessionChange[],
    ),
  );
}

describe('a session', () => {
  test('begins with nodes that are Ready, the lab’s files, and a prompt', async () => {
    const desk = Desk.create();
    const state = desk.session.join();
    expect(state.view.nodes.map(({ name, status }) => `${name} ${status}`)).toEqual(['cp-1 Ready', 'worker-1 Ready', 'worker-2 Ready']);
    expect(state.files).toMatchObject([{ path: 'web.yaml', size: 17 }]);
    await desk.pass(50);
    expect(desk.session.join().terminals).toMatchObject([{ terminal: '1', sequence: 0 }]);
  });

  test('lets a person work in it: kubectl talks to the cluster, the checks follow', async () => {
    const desk = Desk.create();
    await desk.pass(50);
    expect(await desk.type('kubectl create deployment web --image=nginx:1.27\r', 2000)).toContain('deployment.apps/web created\n~ $ ');
    expect(await desk.type('kubectl get deployments\r')).toMatch(/web +1\/1 +1 +1/);
    const [check] = desk.session.checks();
    expect(check).toMatchObject({ id: 'web-ready', verdict: 'pass', points: 2 });
    expect(desk.messages.some(({ name }) => name === 'checks:state')).toBe(true);
    expect(desk.messages.some(({ name }) => name === 'cluster:view')).toBe(true);
  });

  test('shows hidden checks to nobody while working, and grades them', () => {
    const { session } = Desk.create();
    expect(session.checks().map(({ id }) => id)).toEqual(['web-ready']);
    expect(session.submit('a').checks.map(({ id }) => id)).toEqual(['web-ready', 'secret']);
  });

  test('grades a key once: the same key gets the same result, whatever happened since', async () => {
    const desk = Desk.create();
    const first = desk.session.submit('first');
    expect(first).toMatchObject({ score: 1, maxScore: 3, gradable: true });
    await desk.session.run('kubectl create deployment web --image=nginx:1.27; kubectl rollout status deployment/web');
    expect(desk.session.submit('first')).toBe(first);
    expect(desk.session.submit('second').score).toBe(3);
  });

  test('is the same after its snapshot and the changes since: cluster, files, screen, clock, hints, results', async () => {
    const desk = Desk.create();
    await desk.pass(50);
    const snapshot = JSON.parse(JSON.stringify(desk.session.snapshot())) as Json;
    const from = desk.changes.length;
    await desk.type('kubectl create deployment web --image=nginx:1.27; echo note > notes.txt\r', 2000);
    await desk.type('kubectl get no');
    await desk.session.ask('clock:set', { action: 'speed', speed: 10 });
    await desk.session.ask('lab:hint', { stepId: 'only' });
    const result = desk.session.submit('a');
    const before = desk.session.join();
    desk.session.stop();

    const again = restored(desk, snapshot, from);
    const after = again.session.join();
    expect(after.terminals[0]?.text).toBe(before.terminals[0]?.text);
    expect(after.files).toEqual(before.files);
    expect(after.clock).toMatchObject({ speed: 10, isPaused: false });
    expect(after.view.pods.map(({ name }) => name)).toEqual(before.view.pods.map(({ name }) => name));
    expect(again.session.submit('a')).toEqual(result);
    expect(await again.session.ask('lab:hint', { stepId: 'only' })).toEqual({ hints: ['First hint.', 'Second hint.'] });
    again.screen();
    expect(await again.type('des\r')).toMatch(/\ncp-1 +Ready/);
  });

  test('gives a command that was running when the host died back to the prompt', async () => {
    const desk = Desk.create();
    await desk.pass(50);
    const snapshot = JSON.parse(JSON.stringify(desk.session.snapshot())) as Json;
    const from = desk.changes.length;
    await desk.type('sleep 1000\r');
    const again = restored(desk, snapshot, from);
    expect(await again.pass(50)).toMatch(/sleep 1000\n\n~ \$ $/);
    expect(await again.type('echo alive\r')).toContain('alive\n');
  });

  test('stands still while paused; steps one entry, runs for a time, and runs until idle', async () => {
    const { session } = Desk.create();
    await session.ask('clock:set', { action: 'pause' });
    const { now } = session.cluster;
    session.advance(10_000);
    expect(session.cluster.now).toBe(now);
    expect(session.nextDueMs() ?? Infinity).toBeGreaterThan(0);
    await session.ask('clock:set', { action: 'run-for', ms: 60_000 });
    expect(session.cluster.now).toBe(now + 60_000);
    session.api({ method: 'GET', url: '/healthz', headers: {} });
    await session.run('kubectl create deployment web --image=nginx:1.27');
    await session.ask('clock:set', { action: 'run-until-idle' });
    expect(session.cluster.kernel.isIdle).toBe(true);
    const { last } = await session.ask('clock:set', { action: 'step' });
    expect(last?.actor).toBeDefined();
  });

  test('lets a loop in a shell have every one of its turns however fast time runs', async () => {
    const desk = Desk.create();
    await desk.pass(50);
    await desk.type('for i in 1 2 3 4 5 6; do date +%S; sleep 10; done\r');
    await desk.session.ask('clock:set', { action: 'run-for', ms: 60_000 });
    const seconds =
      desk
        .screen()
        .match(/^\d\d$/gm)
        ?.map(Number) ?? [];
    const steps = seconds.slice(1).map((second, index) => (second - (seconds[index] as number) + 60) % 60);
    expect(new Set(steps)).toEqual(new Set([10]));
  });

  test('hands files to the page’s editor and takes them back', async () => {
    const { session } = Desk.create();
    expect(await session.ask('file:read', { path: 'web.yaml' })).toEqual({ path: 'web.yaml', text: 'kind: Deployment\n' });
    expect(await session.ask('file:write', { path: 'manifests/new.yaml', text: 'kind: Pod\n' })).toMatchObject({
      path: 'manifests/new.yaml',
      size: 10,
    });
    expect((await session.run('cat manifests/new.yaml')).stdout).toBe('kind: Pod\n');
    await session.ask('file:remove', { path: 'manifests/new.yaml' });
    await expect(session.ask('file:read', { path: 'manifests/new.yaml' })).rejects.toThrow('No such file or directory');
    await expect(session.ask('file:read', { path: '../../etc/passwd' })).rejects.toThrow('home directory');
  });

  test('opens the editor for kubectl edit and applies what is saved', async () => {
    const desk = Desk.create();
    await desk.pass(50);
    await desk.type('kubectl create deployment web --image=nginx:1.27\r', 1000);
    await desk.type('kubectl edit deployment web\r');
    const { editor } = desk.session.join();
    expect(editor?.text).toContain('replicas: 1');
    await desk.session.ask('editor:close', { id: editor?.id ?? '', text: editor?.text.replace('replicas: 1', 'replicas: 2') ?? null });
    expect(await desk.pass(1000)).toContain('deployment.apps/web edited');
    expect(
      desk.session.cluster.asAdmin('test')({ method: 'GET', url: '/apis/apps/v1/namespaces/default/deployments/web', headers: {} }).body,
    ).toMatchObject({ spec: { replicas: 2 } });
  });

  test('takes away the editor of a command that was interrupted', async () => {
    const desk = Desk.create();
    await desk.pass(50);
    await desk.type('vim web.yaml\r');
    expect(desk.session.join().editor).not.toBeNull();
    await desk.type('\x03');
    expect(desk.session.join().editor).toBeNull();
    expect(desk.messages.filter(({ name }) => name === 'editor:gone')).toHaveLength(1);
  });

  test('has two terminals that do not share a directory, and one screen for two pages', async () => {
    const { session } = Desk.create();
    await session.ask('terminal:open', { terminal: '2' });
    await session.ask('terminal:input', { terminal: '2', sequence: 1, text: 'cd /tmp\r' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [first, second] = session.join().terminals;
    expect(first?.text).not.toContain('/tmp');
    expect(second?.text).toContain('/tmp');
    expect(session.join({ '2': (second?.offset ?? 0) + (second?.text.length ?? 0) }).terminals[1]?.text).toBe('');
    await session.ask('terminal:close', { terminal: '2' });
    expect(session.join().terminals).toHaveLength(1);
  });
});

describe('an interactive shell in a container', () => {
  test('has the container’s files and network, and its exit code is kubectl’s', async () => {
    const desk = Desk.create(labFolder('first-deployment'));
    await desk.pass(50);
    expect(await desk.type('kubectl exec -it client -- sh\r')).toMatch(/\/ \$ $/);
    expect(await desk.type('hostname; grep search /etc/resolv.conf\r')).toContain(
      'client\nsearch default.svc.cluster.local svc.cluster.local cluster.local\n',
    );
    expect(await desk.type('exit 4\r')).toMatch(/command terminated with exit code 4\n~ \$ $/);
    expect(await desk.type('echo $?\r')).toContain('\n4\n');
  });

  test('ends with 137 when its container is killed', async () => {
    const desk = Desk.create(labFolder('first-deployment'));
    await desk.pass(50);
    await desk.type('kubectl exec -it client -- sh\r');
    await desk.session.run('kubectl delete pod client --now');
    expect(await desk.pass(500)).toMatch(/command terminated with exit code 137\n~ \$ $/);
  });
});

test('two sessions of one seed are the same, and of another are not', async () => {
  const podsOf = async (seed: string): Promise<string> => {
    const { session } = Desk.create(lab, seed);
    return (
      await session.run(
        'kubectl create deployment web --image=nginx:1.27 --replicas=3; kubectl rollout status deployment/web >/dev/null; kubectl get pods -o wide',
      )
    ).stdout;
  };
  const first = await podsOf('5');
  expect(await podsOf('5')).toBe(first);
  expect(await podsOf('6')).not.toBe(first);
});
