import { jest } from '@jest/globals';
import { instant, Kernel, Trace } from '@/lib/cluster/kernel';

const start = instant(1_000_000);
const newKernel = (seed = 1) => new Kernel({ seed, now: start });

test('entries run in order of time, and of scheduling within one instant', () => {
  const kernel = newKernel();
  const ran: string[] = [];
  const plan = (what: string, delayMs: number) => kernel.schedule({ delayMs, actor: 'a', what, run: () => ran.push(what) });
  plan('late', 20);
  plan('first', 5);
  plan('second', 5);
  plan('now', 0);
  kernel.runFor(20);
  expect(ran).toEqual(['now', 'first', 'second', 'late']);
  expect(kernel.now).toBe(start + 20);
});

test('a cancelled entry never runs and says whether it was still to come', () => {
  const kernel = newKernel();
  const run = jest.fn();
  const entry = kernel.schedule({ delayMs: 1, actor: 'a', what: 'x', run });
  expect([entry.cancel(), entry.cancel()]).toEqual([true, false]);
  kernel.runFor(10);
  expect(run).not.toHaveBeenCalled();
  expect(kernel.isIdle).toBe(true);
});

test('heartbeats do not keep a cluster from being idle, and what they schedule is background too', () => {
  const kernel = newKernel();
  const beat = () => void kernel.schedule({ delayMs: 10_000, actor: 'kubelet', what: 'renew lease', background: true, run: beat });
  beat();
  kernel.schedule({ delayMs: 300, actor: 'kubelet', what: 'sync pod', run: () => {} });
  expect(kernel.runUntilIdle()).toBe(true);
  expect(kernel.now).toBe(start + 300);
  kernel.step();
  expect(kernel.peek()?.isBackground).toBe(true);
});

test('running until a condition stops at the entry that makes it true, or at the limit', () => {
  const kernel = newKernel();
  let count = 0;
  const tick = () => void kernel.schedule({ delayMs: 7, actor: 'a', what: 'tick', run: () => (count++, tick()) });
  tick();
  expect(kernel.runUntilCondition(() => count === 3)).toBe(true);
  expect(kernel.now).toBe(start + 21);
  expect(kernel.runUntilCondition(() => false, { limitMs: 100 })).toBe(false);
  expect(kernel.now).toBe(start + 121);
});

test('the trace knows which entry caused which', () => {
  const kernel = newKernel();
  kernel.schedule({
    delayMs: 1,
    actor: 'scheduler',
    what: 'bind',
    run: () => {
      kernel.record('request', 'scheduler', 'POST binding', { object: 'Pod/default/web' });
      kernel.schedule({ delayMs: 1, actor: 'kubelet', what: 'sync', run: () => kernel.record('cri', 'kubelet', 'RunPodSandbox') });
    },
  });
  kernel.runFor(5);
  const [last] = kernel.trace.since(kernel.trace.lastId - 1);
  expect(kernel.trace.causes(last?.id ?? 0).map((entry) => entry.what)).toEqual(['RunPodSandbox', 'sync', 'bind']);
  expect(kernel.trace.about('Pod/default/web').map((entry) => entry.what)).toEqual(['POST binding']);
});

/** A workload whose next delay depends on chance and on what ran before. */
function wander(kernel: Kernel, steps: number): void {
  const random = kernel.random.fork('wander');
  const go = (left: number) => {
    if (left > 0) kernel.schedule({ delayMs: random.int(50), actor: 'w', what: random.suffix(5), run: () => go(left - 1) });
  };
  go(steps);
  go(steps);
}

test('the same seed gives the same trace, also with another cluster run in between', () => {
  const alone = newKernel(7);
  wander(alone, 200);
  alone.runUntilIdle();
  const [one, other] = [newKernel(7), newKernel(8)];
  wander(one, 200);
  wander(other, 200);
  while (!one.isIdle || !other.isIdle) {
    one.step();
    other.step();
  }
  expect(one.trace.hash).toBe(alone.trace.hash);
  expect(other.trace.hash).not.toBe(alone.trace.hash);
});

test('a later generation of the same seed draws other numbers', () => {
  const draw = (generation: number) => new Kernel({ seed: 1, now: start, generation }).random.fork('names').suffix(10);
  expect(draw(0)).toBe(draw(0));
  expect(draw(0)).not.toBe(draw(1));
});

test('a trace keeps the newest entries, with what they were about, and forgets the oldest', () => {
  const kernel = new Kernel({ seed: 1, now: instant(0), traceCapacity: 100 });
  for (let count = 1; count <= 250; count++) kernel.record('request', 'you', `GET ${count}`, { object: `Pod/${count}`, revision: count });
  expect(kernel.trace.since(0).map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => index + 151));
  expect([kernel.trace.find(150), kernel.trace.find(251)]).toEqual([undefined, undefined]);
  expect(kernel.trace.find(250)).toEqual({
    id: 250,
    at: 0,
    kind: 'request',
    actor: 'you',
    what: 'GET 250',
    object: 'Pod/250',
    revision: 250,
    cause: undefined,
  });
  expect(kernel.trace.about('Pod/151')).toHaveLength(1);
});

test('what came of an entry is found from it as what caused it is, by object and by time too', () => {
  const kernel = new Kernel({ seed: 1, now: instant(0) });
  const post = kernel.record('request', 'you', 'POST pods', { object: 'Pod/default/web' });
  kernel.causedBy(post, () =>
    kernel.schedule({
      delayMs: 5,
      actor: 'kubelet',
      what: 'sync',
      kind: 'reconcile',
      about: { object: 'Pod/default/web' },
      run: () => void kernel.record('cri', 'containerd', 'RunPodSandbox'),
    }),
  );
  kernel.schedule({ delayMs: 7, actor: 'kube-proxy', what: 'sync rules', run: () => undefined });
  kernel.runUntilIdle();
  const { trace } = kernel;
  expect(trace.effects(post).map(({ what }) => what)).toEqual(['POST pods', 'sync', 'RunPodSandbox']);
  expect(trace.about('Pod/default/web').map(({ kind }) => kind)).toEqual(['request', 'reconcile']);
  expect(trace.between(instant(5), instant(6)).map(({ what }) => what)).toEqual(['sync', 'RunPodSandbox']);
  expect(trace.nearest('request', trace.lastId - 1)?.id).toBe(post);
  expect(trace.nearest('fault', trace.lastId)).toBeUndefined();
});

test('what an entry was about may be said afterwards, as long as it is kept', () => {
  const kernel = new Kernel({ seed: 1, now: instant(0), traceCapacity: 2 });
  const ids = ['a', 'b', 'c'].map((what) => kernel.record('request', 'you', what));
  for (const id of ids) kernel.trace.note(id, { object: `Pod/${id}`, revision: id });
  expect(kernel.trace.since(0).map(({ object, revision }) => [object, revision])).toEqual([
    ['Pod/2', 2],
    ['Pod/3', 3],
  ]);
});

test('who looks on from outside leaves no trace', () => {
  const kernel = new Kernel({ seed: 1, now: instant(0) });
  const { hash } = kernel.trace;
  kernel.aside(() => kernel.record('request', 'view', 'GET pods'));
  expect([kernel.trace.hash, kernel.trace.lastId]).toEqual([hash, 0]);
});

test('a trace keeps its words however many others there are, and its hash tells any of them from another', () => {
  const traceOf = (words: readonly string[]) => {
    const trace = new Trace();
    for (const what of words) trace.record({ at: instant(1), cause: undefined, kind: 'entry', actor: 'a', what, object: `Pod/${what}` });
    return trace;
  };
  const words = Array.from({ length: 1_500 }, (_, index) => `word ${index % 1_300}`);
  const trace = traceOf(words);
  expect(trace.since(0).map(({ what, object }) => [what, object])).toEqual(words.map((word) => [word, `Pod/${word}`]));
  expect(traceOf(words).hash).toBe(trace.hash);
  for (const index of [0, 700, 1_499]) expect(traceOf(words.with(index, 'other')).hash).not.toBe(trace.hash);
});

test('what a trace says is short, however long what was done is called', () => {
  const trace = new Trace();
  const what = `GET /${'x'.repeat(1_000_000)}`;
  const id = trace.record({ at: instant(1), cause: undefined, kind: 'request', actor: 'you', what, object: what });
  const entry = trace.find(id);
  for (const text of [entry?.what, entry?.object]) expect(text).toMatch(/^GET \/x{506}…$/);
  const other = new Trace();
  other.record({ at: instant(1), cause: undefined, kind: 'request', actor: 'you', what: `${what}y` });
  expect(other.hash).not.toBe(trace.hash);
});
