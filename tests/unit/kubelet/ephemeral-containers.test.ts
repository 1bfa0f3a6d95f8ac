import type { CoreV1Event, V1ContainerStatus } from '@/generated/kubernetes/types';
import type { ApiConnection } from '@/lib/cluster';
import { freshCluster } from '../../support/template';
import { PodLab } from '../../support/pods';

const web = '/api/v1/namespaces/default/pods/web';

function debug(pods: PodLab, containers: readonly object[]): void {
  const body = JSON.stringify({ spec: { ephemeralContainers: containers } });
  const headers = { 'content-type': 'application/strategic-merge-patch+json' };
  const { status, body: answer } = pods.admin.transport({ method: 'PATCH', url: `${web}/ephemeralcontainers`, headers, body });
  if (status !== 200) throw new Error(JSON.stringify(answer));
}

function running(): PodLab {
  return new PodLab(freshCluster()).create('web', { containers: [{ image: 'nginx:1.27' }] }).run(20_000);
}

const statuses = (pods: PodLab): V1ContainerStatus[] => pods.get('web').status.ephemeralContainerStatuses ?? [];

test('an ephemeral container is started in a Pod that runs, without disturbing the others', () => {
  const pods = running();
  const before = pods.status('web').containerID;
  debug(pods, [
    { name: 'debugger', image: 'busybox:1.36', command: ['sh', '-c', 'hostname; wget -qO- localhost | head -n 4; sleep 3600'] },
  ]);
  pods.run(10_000);
  expect(statuses(pods)).toMatchObject([{ name: 'debugger', ready: false, restartCount: 0, state: { running: { startedAt: expect.any(String) } } }]); // prettier-ignore
  expect(pods.status('web')).toMatchObject({ containerID: before, restartCount: 0, ready: true });
  expect(pods.get('web').status.phase).toBe('Running');
  expect(pods.logs('web', '?container=debugger')).toBe('web\n<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n');
  const { items } = pods.admin.get('/api/v1/namespaces/default/events') as unknown as { items: CoreV1Event[] };
  const about = items.filter(({ involvedObject }) => involvedObject.fieldPath === 'spec.ephemeralContainers{debugger}');
  expect(about.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['Pulling', 'Pulled', 'Created', 'Started']));
});

test('one that has ended stays ended, and another may be added beside it', () => {
  const pods = running();
  debug(pods, [{ name: 'one', image: 'busybox:1.36', command: ['sh', '-c', 'exit 3'] }]);
  pods.run(60_000);
  expect(statuses(pods)).toMatchObject([{ name: 'one', restartCount: 0, state: { terminated: { exitCode: 3, reason: 'Error' } } }]);
  debug(pods, [{ name: 'two', image: 'busybox:1.36', command: ['sleep', '3600'] }]);
  pods.run(10_000);
  expect(
    statuses(pods)
      .map(({ name, state }) => [name, ...Object.keys(state ?? {})])
      .sort(),
  ).toEqual([
    ['one', 'terminated'],
    ['two', 'running'],
  ]);
});

test('an image that cannot be had is told as for any container, and the Pod stays as it is', () => {
  const pods = running();
  debug(pods, [{ name: 'debugger', image: 'nosuch:1' }]);
  pods.run(20_000);
  expect(statuses(pods)).toMatchObject([{ state: { waiting: { reason: expect.stringMatching(/ErrImagePull|ImagePullBackOff/) } } }]);
  expect(pods.get('web').status.phase).toBe('Running');
});

test('commands run in it, and it is stopped with its Pod', () => {
  const pods = running();
  debug(pods, [{ name: 'debugger', image: 'busybox:1.36', command: ['sleep', '3600'] }]);
  pods.run(10_000);
  const { connect } = pods.admin.transport({
    method: 'POST',
    url: `${web}/exec?container=debugger&command=hostname&stdout=true`,
    headers: {},
  });
  let output = '';
  (connect as ApiConnection).start({ stdout: (text) => void (output += text), stderr: () => {}, exit: () => {} });
  pods.run(10);
  expect(output).toBe('web\n');
  const { uid } = pods.get('web').metadata;
  pods.admin.transport({ method: 'DELETE', url: web, headers: {} });
  pods.run(60_000);
  expect(
    pods.cluster
      .runtimeOf('worker-1')
      .listContainers(uid)
      .filter(({ state }) => state === 'running'),
  ).toEqual([]);
});
