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

const faultyLab = {
  ...lab,
  files: {
    ...lab.files,
    'lab.yaml': `${lab.files['lab.yaml']}cluster: { faults: [{ at: 30s, crash: { node: worker-1 } }, { at: 1m, boot: { node: worker-1 } }] }\n`,
  },
};

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

  /** Lets time pass until the screen ends like this. A busy host gives a shell few turns in a simulated second: time alone says nothing. */
  async shows(ending: RegExp): Promise<void> {
    for (let turn = 0; turn < 1_000 && !ending.test(this.#text()); turn++) await this.pass(50);
    expect(this.#text()).toMatch(ending);
    this.screen();
  }

  #text(): string {
    return plain(this.session.join().terminals.find((one) => one.terminal === '1')?.text ?? '');
  }

  screen(): string {
    const terminal = this.session.join().terminals.find((one) => one.terminal === '1');
    const text = terminal?.text.slice(Math.max(0, this.#read - terminal.offset)) ?? '';
    this.#read = (terminal?.offset ?? 0) + (terminal?.text.length ?? 0);
    return plain(text);
  }
}

function plain(text: string): string {
  return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replace(/\r\n/g, '\n');
}

function restored({ session, changes }: Pick<Desk, 'session' | 'changes'>, snapshot: Json, from: number): Desk {
  return new Desk((listener) =>
    Session.restore(
      { lab: { slug: session.lab.slug, files: session.lab.files }, seed: session.seed, host: testHost, listener },
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

  test('shows hidden checks to nobody while working, and grades them', async () => {
    const { session } = Desk.create();
    expect(session.checks().map(({ id }) => id)).toEqual(['web-ready']);
    expect((await session.submit('a')).checks.map(({ id }) => id)).toEqual(['web-ready', 'secret']);
  });

  test('grades a key once: the same key gets the same result, whatever happened since', async () => {
    const desk = Desk.create();
    const first = await desk.session.submit('first');
    expect(first).toMatchObject({ score: 1, maxScore: 3, gradable: true });
    await desk.session.run('kubectl create deployment web --image=nginx:1.27; kubectl rollout status deployment/web');
    expect(await desk.session.submit('first')).toBe(first);
    expect((await desk.session.submit('second')).score).toBe(3);
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
    const result = await desk.session.submit('a');
    const before = desk.session.join();
    desk.session.stop();

    const again = restored(desk, snapshot, from);
    const after = again.session.join();
    expect(after.terminals[0]?.text).toBe(before.terminals[0]?.text);
    expect(after.files).toEqual(before.files);
    expect(after.clock).toMatchObject({ speed: 10, isPaused: false });
    expect(after.view.pods.map(({ name }) => name)).toEqual(before.view.pods.map(({ name }) => name));
    expect(await again.session.submit('a')).toEqual(result);
    expect(await again.session.ask('lab:hint', { stepId: 'only' })).toEqual({ hints: ['First hint.', 'Second hint.'] });
    again.screen();
    expect(await again.type('des\r')).toMatch(/\ncp-1 +Ready/);
  });

  test('goes back to the prompt where a command was running when the host died, and says so', async () => {
    const desk = Desk.create();
    await desk.pass(50);
    const snapshot = JSON.parse(JSON.stringify(desk.session.snapshot())) as Json;
    const from = desk.changes.length;
    await desk.type('sleep 1000\r');
    const again = restored(desk, snapshot, from);
    expect(await again.pass(50)).toMatch(/sleep 1000\n\n\[interrupted: the sandbox was stopped here\]\n~ \$ $/);
    const [{ text = '', interruptedAt = 0 } = {}] = again.session.join().terminals;
    expect(text.slice(interruptedAt)).toMatch(/^\s*\[interrupted/);
    expect(await again.type('echo alive\r')).toContain('alive\n');
  });

  test('watches again after a restore what was being watched, and runs nothing else a second time', async () => {
    const desk = Desk.create();
    await desk.pass(50);
    const snapshot = JSON.parse(JSON.stringify(desk.session.snapshot())) as Json;
    const from = desk.changes.length;
    await desk.type('kubectl get deployments -w\r');
    await desk.session.run('kubectl create deployment web --image=nginx:1.27');
    await desk.shows(/web +1\/1 +1 +1 +\d+s\n$/);
    const asleep = JSON.parse(JSON.stringify(desk.session.snapshot())) as Json;
    for (const again of [restored(desk, snapshot, from), restored(desk, asleep, desk.changes.length)]) {
      await again.shows(/1\/1 .*\nNAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +1\/1 .*\n$/);
      await again.session.run('kubectl scale deployment web --replicas=2');
      await again.shows(/web +2\/2 +2 +2 +\d+s\n$/);
      await again.type('\x03');
      await again.shows(/\^C\n~ \$ $/);
    }
  });

  test('follows a log again after a restore', async () => {
    const desk = Desk.create(labFolder('first-deployment'));
    await desk.session.run(
      'kubectl run box --image=busybox:1.36 -- sh -c "while true; do date; sleep 1; done"; kubectl wait --for=condition=Ready pod/box',
    );
    await desk.pass(50);
    await desk.type('kubectl logs -f box --tail=1\r');
    await desk.shows(/( UTC \d+\n[^\n]*){2}$/);
    const again = restored(desk, JSON.parse(JSON.stringify(desk.session.snapshot())) as Json, desk.changes.length);
    again.screen();
    await again.shows(/( UTC \d+\n[^\n]*){4}$/);
  });

  test('goes on after a restore as the shell that was there: directory, variables, functions, arrays, aliases and the last status', async () => {
    const desk = Desk.create();
    await desk.pass(50);
    const snapshot = JSON.parse(JSON.stringify(desk.session.snapshot())) as Json;
    const from = desk.changes.length;
    await desk.type('mkdir -p work && cd work; pod=client; greet() { echo "hello $1"; }; names=(a b); alias g=greet\r');
    await desk.type('(exit 3)\r');
    const rows = JSON.parse(JSON.stringify(desk.changes)) as SessionChange[];
    for (const again of [restored(desk, snapshot, from), restored({ session: desk.session, changes: rows }, snapshot, from)]) {
      await again.pass(50);
      expect(await again.type('echo $? $pod ${names[1]}; greet you; g me; pwd\r')).toContain(
        '3 client b\nhello you\nhello me\n/home/learner/work\n~/work $ ',
      );
      const later = restored(again, JSON.parse(JSON.stringify(again.session.snapshot())) as Json, again.changes.length);
      later.screen();
      expect(await later.type('greet again\r')).toContain('hello again\n~/work $ ');
    }
  });

  test('has the faults that its lab plans once each and on time, however often it is restored before, between and after them', async () => {
    const desk = Desk.create(faultyLab);
    const began = desk.session.cluster.now;
    const isUp = (one: Desk) => one.session.cluster.machine('worker-1').isUp;
    const runTo = (one: Desk, ms: number) => one.session.cluster.kernel.runUntil((began + ms) as typeof began);
    const again = (one: Desk) => restored(one, JSON.parse(JSON.stringify(one.session.snapshot())) as Json, one.changes.length);
    runTo(desk, 20_000);
    const before = again(desk);
    runTo(before, 29_000);
    expect(isUp(before)).toBe(true);
    runTo(before, 31_000);
    expect(isUp(before)).toBe(false);
    const between = again(before);
    runTo(between, 59_000);
    expect(isUp(between)).toBe(false);
    runTo(between, 61_000);
    expect(isUp(between)).toBe(true);
    between.session.cluster.crash('worker-1');
    const after = again(between);
    runTo(after, 200_000);
    expect(isUp(after)).toBe(false);
  });

  test('has a planned fault once when it was restored from the journal just after it, and a fork has it too', async () => {
    const desk = Desk.create(faultyLab);
    const snapshot = JSON.parse(JSON.stringify(desk.session.snapshot())) as Json;
    const from = desk.changes.length;
    const fork = desk.session.fork();
    for (const session of [desk.session, fork]) session.cluster.kernel.runFor(31_000);
    expect(fork.cluster.machine('worker-1').isUp).toBe(false);
    desk.session.cluster.bootMachine('worker-1');
    const again = restored(desk, snapshot, from);
    again.session.cluster.kernel.runFor(10_000);
    expect(again.session.cluster.machine('worker-1').isUp).toBe(true);
    fork.stop();
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
    await session.api({ method: 'GET', url: '/healthz', headers: {} });
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
    await desk.shows(/\n\/ [#$] $/);
    await desk.session.run('kubectl delete pod client --now');
    await desk.shows(/command terminated with exit code 137\n~ \$ $/);
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

test('while a session is held neither its clock nor its shells nor a jump in time go on, and then all of them do', async () => {
  const { session, messages } = Desk.create();
  const { now: start } = session.cluster;
  const jump = session.ask('clock:set', { action: 'run-for', ms: 3_600_000 });
  const typing = session.ask('terminal:input', {
    terminal: '1',
    sequence: 1,
    text: 'for n in 1 2 3; do sleep 5; kubectl create ns a$n; done\r',
  });
  session.hold(true);
  session.tellClock();
  expect(messages.at(-1)).toMatchObject({ name: 'clock:state', payload: { isHeld: true } });
  await pause(30);
  const { now } = session.cluster;
  const { revision } = session.join().view;
  expect(now).toBeLessThan(start + 3_600_000);
  session.advance(1_000);
  expect(session.nextDueMs() ?? Infinity).toBeGreaterThan(0);
  await pause(50);
  expect([session.cluster.now, session.join().view.revision]).toEqual([now, revision]);
  session.hold(false);
  await jump;
  await typing;
  expect(session.cluster.now).toBe(start + 3_600_000);
  expect(session.join()).toMatchObject({ clock: expect.not.objectContaining({ isHeld: true }) });
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a turn is over with the first thing that happens after its time is up, however few there were', () => {
  const host = { ms: 0 };
  const session = Session.create({ lab, seed: '1', host: { ...testHost, now: () => host.ms } });
  open.push(session);
  session.advance(0, 25);
  let ran = 0;
  for (let index = 0; index < 10; index++)
    session.cluster.kernel.schedule({ delayMs: 1, actor: 'test', what: 'a long step', run: () => void (ran++, (host.ms += 20)) });
  session.advance(10, 25);
  expect(ran).toBe(2);
  session.advance(1, 25);
  expect(ran).toBe(4);
});

test('what pages see has a turn of its own where time used up this one, and no time is lost by it', () => {
  const host = { ms: 0 };
  const desk = new Desk((listener) => Session.create({ lab, seed: '1', listener, host: { ...testHost, now: () => host.ms } }));
  const { session } = desk;
  const views = () => desk.messages.filter(({ name }) => name === 'cluster:view').length;
  const ran: string[] = [];
  const step = (what: string) => {
    ran.push(what);
    session.cluster.crash(what);
    host.ms += 30;
  };
  session.advance(200, 25);
  const before = views();
  for (const what of ['worker-1', 'worker-2']) session.cluster.kernel.schedule({ delayMs: 1, actor: 'test', what, run: () => step(what) });
  session.advance(200, 25);
  expect([ran, views() - before, session.nextDueMs()]).toEqual([['worker-1'], 0, 0]);
  session.advance(5, 25);
  expect([ran, views() - before]).toEqual([['worker-1'], 1]);
  const { now } = session.cluster;
  session.advance(5, 25);
  expect(ran).toEqual(['worker-1', 'worker-2']);
  for (let turn = 0; turn < 20; turn++) session.advance(0, 25);
  expect(session.cluster.now).toBeGreaterThan(now + 200);
});
