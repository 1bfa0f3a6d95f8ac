import { WorkQueue, requeueAfter, type Outcome } from '@/lib/cluster/client';
import { instant, Kernel } from '@/lib/cluster/kernel';

function queue(reconcile: (key: string, at: number) => Outcome | void, options: { startsClosed?: boolean } = {}) {
  const kernel = new Kernel({ seed: 1, now: instant(0) });
  const runs: string[] = [];
  const work = new WorkQueue({
    kernel,
    actor: 'controller',
    ...options,
    reconcile(key) {
      runs.push(`${key}@${kernel.now}`);
      return reconcile(key, kernel.now);
    },
  });
  return { kernel, runs, work };
}

test('a key added twice before it is reconciled is reconciled once', () => {
  const { kernel, runs, work } = queue(() => undefined);
  work.add('a');
  work.add('b');
  work.add('a');
  kernel.runUntilIdle();
  expect(runs).toEqual(['a@0', 'b@0']);
});

test('each reconcile is an entry of its own, so it can be stepped', () => {
  const { kernel, runs, work } = queue(() => undefined);
  work.add('a');
  work.add('b');
  kernel.step();
  expect(runs).toEqual(['a@0']);
});

test('a key added while it is reconciled is reconciled again', () => {
  let times = 0;
  const { kernel, runs, work } = queue((key) => (times++ === 0 ? work.add(key) : undefined));
  work.add('a');
  kernel.runUntilIdle();
  expect(runs).toEqual(['a@0', 'a@0']);
});

test('failures are retried after 5 ms, doubling, until one succeeds', () => {
  let failures = 4;
  const { kernel, runs, work } = queue(() => {
    if (failures-- > 0) throw new Error('conflict');
  });
  work.add('a');
  kernel.runUntilIdle();
  expect(runs).toEqual(['a@0', 'a@5', 'a@15', 'a@35', 'a@75']);
});

test('the back-off of a key that failed for long is at most 1000 s', () => {
  const { kernel, runs, work } = queue(() => {
    throw new Error('conflict');
  });
  work.add('a');
  kernel.runFor(10_000_000);
  const at = runs.map((run) => Number(run.split('@')[1]));
  expect((at.at(-1) as number) - (at.at(-2) as number)).toBe(1_000_000);
});

test('an outcome replaces the delay the key still had', () => {
  const outcomes = [requeueAfter(500), undefined];
  const { kernel, runs, work } = queue(() => outcomes.shift());
  work.add('a');
  kernel.runFor(100);
  work.add('a');
  kernel.runUntilIdle();
  expect(runs).toEqual(['a@0', 'a@100']);
});

test('a wait in the background does not keep the cluster from being idle', () => {
  const { kernel, runs, work } = queue(() => requeueAfter(500, { background: true }));
  work.add('a');
  kernel.runUntilIdle();
  expect(runs).toEqual(['a@0']);
  kernel.runFor(500);
  expect(runs).toEqual(['a@0', 'a@500']);
});

test('a foreground addition turns a background one into foreground', () => {
  const { kernel, runs, work } = queue(() => undefined);
  work.add('a', { background: true });
  expect(kernel.isIdle).toBe(true);
  work.add('a', { background: false });
  expect(kernel.isIdle).toBe(false);
  kernel.runFor(10);
  expect(runs).toEqual(['a@0']);
});

test('a stopped queue reconciles nothing more', () => {
  const { kernel, runs, work } = queue(() => undefined);
  work.add('a');
  work.addAfter('b', 10);
  work.stop();
  kernel.runUntilIdle();
  expect(runs).toEqual([]);
});

test('a closed queue reconciles nothing before it is opened, then each key once and in order', () => {
  const { kernel, runs, work } = queue(() => undefined, { startsClosed: true });
  work.add('b');
  work.add('a');
  work.add('b');
  kernel.runUntilIdle();
  expect([runs, work.length]).toEqual([[], 2]);
  work.open();
  kernel.runUntilIdle();
  expect(runs).toEqual(['b@0', 'a@0']);
});

test('what fails or waits in one queue is none of another', () => {
  const failing = queue((_, at) => {
    if (at === 0) throw new Error('not yet');
  });
  const other = queue(() => undefined);
  failing.work.add('a');
  failing.work.addAfter('b', 10);
  failing.kernel.runUntilIdle();
  other.work.addAfter('a', 1);
  other.kernel.runUntilIdle();
  expect(failing.runs).toEqual(['a@0', 'a@5', 'b@10']);
  expect(other.runs).toEqual(['a@1']);
});
