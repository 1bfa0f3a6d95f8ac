import type { PastView } from '@/lib/realtime/events';
import { Session, type SessionMessage } from '@/lib/labs';
import { smallLab, testHost } from '../../support/lab-folders';

const lab = smallLab(`- id: nothing\n  cel: 'true'`);
const small = { ...lab, files: { ...lab.files, 'lab.yaml': `${lab.files['lab.yaml']}cluster: { historyBytes: 65536 }\n` } };

const open: Session[] = [];
afterEach(() => open.splice(0).forEach((session) => session.stop()));

function start(source = lab): { session: Session; messages: SessionMessage[] } {
  const messages: SessionMessage[] = [];
  const listener = { onChange: () => undefined, onMessage: (message: SessionMessage) => void messages.push(message) };
  const session = Session.create({ lab: source, seed: '1', host: testHost, listener });
  open.push(session);
  return { session, messages };
}

test('a page looks back at the cluster as it was, with what led up to it and who did it', async () => {
  const { session } = start();
  await session.run('kubectl create deployment web --image=nginx --replicas=2');
  session.cluster.kernel.runUntilIdle();
  const [then, shown] = [session.cluster.now, session.join().view];
  session.cluster.kernel.runFor(1_000);
  await session.run('kubectl delete deployment web');
  session.cluster.kernel.runFor(60_000);
  const past = (await session.ask('history:look', { at: then })) as PastView;
  expect({ ...past.view, now: 0 }).toEqual({ ...shown, now: 0 });
  expect(past.changes[0]?.at).toBeLessThanOrEqual(then);
  expect(past.changes).toContainEqual(expect.objectContaining({ operation: 'create', object: 'Deployment/default/web', actor: 'you' }));
  expect(past.changes).toContainEqual(
    expect.objectContaining({ operation: 'update', actor: 'kube-scheduler', what: expect.stringMatching(/\/binding$/) }),
  );
  expect(session.join().view.workloads.filter(({ name }) => name === 'web')).toEqual([]);
});

test('a page that looks back before the beginning or beyond now sees the beginning or now', async () => {
  const { session } = start();
  const { history } = session.join();
  expect(history).toEqual({ from: session.cluster.startedAt });
  expect(((await session.ask('history:look', { at: 0 })) as PastView).view).toMatchObject({ pods: [], nodes: [] });
  expect(((await session.ask('history:look', { at: 1e15 })) as PastView).view.now).toBe(session.cluster.now);
});

test('a lab may keep little of the past: pages are told once, and whoever joins later sees from when on', () => {
  const { session, messages } = start(small);
  session.cluster.kernel.runFor(3_600_000);
  const notices = messages.filter(({ name }) => name === 'sandbox:notice');
  expect(notices).toEqual([
    {
      name: 'sandbox:notice',
      payload: {
        level: 'note',
        text: expect.stringMatching(/^From now on, history before \d\d:\d\d:\d\d was trimmed \(64 KiB budget\)\.$/),
      },
    },
  ]);
  const last = messages.findLast(({ name }) => name === 'history:state');
  expect(session.join().history).toEqual(last?.payload);
  expect(session.join().history?.trimmed).toMatch(/^history before \d\d:\d\d:\d\d was trimmed \(64 KiB budget\)$/);
  expect(session.join().history?.from).toBeGreaterThan(session.cluster.startedAt);
});
