import { EventRecorder, type EventRecorderOptions } from '@/lib/cluster/client';
import { hexNanoseconds } from '@/lib/cluster/client/event-recorder';
import { Event, Pod } from '@/lib/cluster/resources';
import { ControlPlane } from '@/tests/support/control-plane';

function recorder(options: Partial<EventRecorderOptions> = {}) {
  const cp = new ControlPlane({ controllers: ['serviceaccount-controller'], scheduler: false, kubelet: false });
  const pod = cp.createPod('web');
  const record = new EventRecorder({ kernel: cp.kernel, client: cp.client, component: 'tester', ...options });
  return { cp, subject: { resource: Pod, object: pod }, record, events: () => cp.client.list(Event, { namespace: 'default' }).items };
}

test('an Event is named after its object and the moment, and refers to the object in full', () => {
  const { record, subject, events } = recorder({ host: 'worker-1' });
  record.event(subject, 'Normal', 'Pulled', 'Container image already present on machine');
  const [event] = events();
  expect(event?.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/);
  expect(event).toMatchObject({
    involvedObject: { kind: 'Pod', apiVersion: 'v1', namespace: 'default', name: 'web', uid: subject.object.metadata.uid },
    type: 'Normal',
    reason: 'Pulled',
    count: 1,
    source: { component: 'tester', host: 'worker-1' },
    reportingComponent: 'tester',
    reportingInstance: 'worker-1',
  });
});

test('the same thing again counts up the Event that is there', () => {
  const { cp, record, subject, events } = recorder();
  record.event(subject, 'Warning', 'BackOff', 'Back-off restarting failed container');
  cp.kernel.runFor(30_000);
  record.event(subject, 'Warning', 'BackOff', 'Back-off restarting failed container');
  expect(events()).toHaveLength(1);
  expect(events()[0]).toMatchObject({ count: 2, firstTimestamp: '2026-01-05T08:00:00Z', lastTimestamp: '2026-01-05T08:00:30Z' });
});

test('an Event that was deleted meanwhile is written anew with its count', () => {
  const { cp, record, subject, events } = recorder();
  record.event(subject, 'Normal', 'A', 'a');
  cp.client.deleteCollection(Event, { namespace: 'default' });
  record.event(subject, 'Normal', 'A', 'a');
  expect(events()).toHaveLength(1);
  expect(events()[0]?.count).toBe(2);
});

test('from the tenth different message of one kind on, the rest share one Event', () => {
  const { record, subject, events } = recorder();
  for (let index = 0; index < 12; index++) record.event(subject, 'Warning', 'FailedCreate', `Error creating: ${index}`);
  const combined = events().filter(({ message }) => message?.startsWith('(combined from similar events): '));
  expect(events()).toHaveLength(10);
  expect(combined).toHaveLength(1);
  expect(combined[0]).toMatchObject({ count: 3, message: '(combined from similar events): Error creating: 11' });
});

test('of one object a source may say 25 things at once, then one in five minutes', () => {
  const { cp, record, subject, events } = recorder();
  const total = () => events().reduce((sum, { count }) => sum + (count ?? 0), 0);
  for (let index = 0; index < 40; index++) record.event(subject, 'Normal', 'A', 'a');
  expect(total()).toBe(25);
  cp.kernel.runFor(300_000);
  for (let index = 0; index < 3; index++) record.event(subject, 'Normal', 'A', 'a');
  expect(total()).toBe(26);
});

test('the newer API has one moment and an action, and a series from the second time on', () => {
  const { record, subject, events } = recorder({ style: 'events.k8s.io', instance: 'tester-cp-1' });
  const say = () => record.record(subject, { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', message: 'no' });
  say();
  expect(events()[0]).toMatchObject({ eventTime: expect.any(String), action: 'Scheduling', reportingInstance: 'tester-cp-1' });
  expect(events()[0]?.series).toBeUndefined();
  say();
  say();
  expect(events()).toHaveLength(1);
  expect(events()[0]?.series?.count).toBe(2);
});

test("an Event's name ends in nanoseconds, exactly", () => {
  for (const [ms, rest] of [
    [1_767_600_000_171, 999_999],
    [1_767_600_000_000, 0],
    [16_777_216, 1],
  ] as const) {
    expect(hexNanoseconds(ms, rest)).toBe((BigInt(ms) * 1_000_000n + BigInt(rest)).toString(16));
  }
});
