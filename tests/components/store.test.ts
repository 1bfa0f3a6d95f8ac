import { WorkspaceStore } from '@/app/workspace/store';
import type { SandboxLink } from '@/app/workspace/link';
import type { JoinResult, PastView } from '@/lib/realtime/events';
import { checks, fixtureLink } from '../support/screens/fixture-link';
import { clusterView, start } from '../support/screens/cluster-view';

let now = 0;
beforeEach(() => {
  now = 1000;
});

function joined(more: Partial<JoinResult> = {}): JoinResult {
  return {
    sandboxId: 's',
    incarnation: 1,
    isReadOnly: false,
    status: { type: 'running' },
    clock: { now: start, isPaused: false, speed: 10 },
    view: clusterView,
    terminals: [],
    files: [],
    checks,
    editor: null,
    submissions: [],
    ...more,
  };
}

function open(): WorkspaceStore {
  const store = new WorkspaceStore(fixtureLink(), () => now);
  store.onJoin(joined({ terminals: [{ terminal: 't', title: 'workstation', offset: 0, text: 'hello ', sequence: 0 }] }));
  return store;
}

function seenBy(store: WorkspaceStore): string[] {
  const seen: string[] = [];
  store.onTerminal('t', (event) => seen.push(event.type === 'state' ? `=${event.text}` : event.text));
  return seen;
}

test("simulated time goes on between messages at the clock's speed, and stands while paused or held", () => {
  const store = open();
  now += 500;
  expect(store.simulatedNow()).toBe(start + 5000);
  store.onMessage({ name: 'clock:state', payload: { now: start + 7000, isPaused: true, speed: 10 } });
  now += 500;
  expect(store.simulatedNow()).toBe(start + 7000);
  store.onMessage({ name: 'clock:state', payload: { now: start + 8000, isPaused: false, isHeld: true, speed: 10 } });
  now += 500;
  expect(store.simulatedNow()).toBe(start + 8000);
});

test('a terminal shows every character once, also when a reconnect sends some again', () => {
  const store = open();
  const seen = seenBy(store);
  store.onMessage({ name: 'terminal:output', payload: { terminal: 't', offset: 6, text: 'wor' } });
  store.onMessage({ name: 'terminal:output', payload: { terminal: 't', offset: 6, text: 'world' } });
  store.onJoin(joined({ terminals: [{ terminal: 't', title: 'workstation', offset: 11, text: '!', sequence: 0 }] }));
  expect(seen).toEqual(['=hello ', 'wor', 'ld', '!']);
});

test('a terminal opened late shows what was printed before', () => {
  const store = open();
  store.onMessage({ name: 'terminal:output', payload: { terminal: 't', offset: 6, text: 'world' } });
  expect(seenBy(store)).toEqual(['=hello world']);
});

test('after a reset the terminals begin anew', () => {
  const store = open();
  const seen = seenBy(store);
  store.onJoin(joined({ incarnation: 2, terminals: [{ terminal: 't', title: 'workstation', offset: 6, text: '$ ', sequence: 0 }] }));
  expect(seen).toEqual(['=hello ', '=$ ']);
});

test('a check that turns is marked on the timeline when it turns', () => {
  const store = open();
  store.onMessage({ name: 'checks:state', payload: checks.map((check) => ({ ...check, verdict: 'pass' })) });
  expect(store.state.marks.filter((mark) => mark.kind === 'check').map(({ isGood }) => isGood)).toEqual([true, true]);
});

test('an editor request answered in another tab goes away here', () => {
  const store = open();
  store.onMessage({ name: 'editor:open', payload: { id: '1', title: 'deployment/web', text: '' } });
  store.onMessage({ name: 'editor:gone', payload: { id: '2' } });
  expect(store.state.editor?.id).toBe('1');
  store.onMessage({ name: 'editor:gone', payload: { id: '1' } });
  expect(store.state.editor).toBeUndefined();
});

test('closing the workspace stops listening', () => {
  let listeners = 0;
  const link: SandboxLink = {
    ...fixtureLink(),
    listen: () => {
      listeners++;
      return () => {
        listeners--;
      };
    },
  };
  const close = new WorkspaceStore(link).open();
  expect(listeners).toBe(1);
  close();
  expect(listeners).toBe(0);
});

test('who looks back sees how it was, at the last instant asked for, while now goes on', async () => {
  const asked: number[] = [];
  const answers: ((seen: PastView) => void)[] = [];
  const ask = (_: string, { at }: { at: number }) => (asked.push(at), new Promise<PastView>((answer) => void answers.push(answer)));
  const store = new WorkspaceStore({ ...fixtureLink(), ask: ask as never }, () => now);
  store.onJoin(joined({ history: { from: start - 60_000 } }));
  for (const ago of [1_000, 2_000, 99_000]) store.lookBack(start - ago);
  expect(store.state.past).toEqual({ at: start - 60_000, seen: undefined });
  const then = { view: { ...clusterView, revision: 7 }, changes: [] };
  answers[0]?.(then);
  await Promise.resolve();
  await Promise.resolve();
  expect(asked).toEqual([start - 1_000, start - 60_000]);
  expect(store.state.past?.seen).toBe(then);
  expect(store.state.view).toBe(clusterView);
  store.lookBack(start + 1e6);
  expect(store.state.past).toBeUndefined();
});

test('looking back where nothing is kept any more says so and returns to now', async () => {
  const ask = () => Promise.reject(new Error('history before 08:12:31 was trimmed (8 MiB budget)'));
  const store = new WorkspaceStore({ ...fixtureLink(), ask }, () => now);
  store.onJoin(joined({ history: { from: start - 60_000 } }));
  store.lookBack(start - 10_000);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(store.state.past).toBeUndefined();
  expect(store.state.notices.map(({ text }) => text)).toEqual(['history before 08:12:31 was trimmed (8 MiB budget)']);
});
