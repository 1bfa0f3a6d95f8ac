import type { V1Deployment, V1ReplicaSet } from '@/generated/kubernetes/types';
import { Deployment, Pod, ReplicaSet } from '@/lib/cluster/resources';
import { ControlPlane } from '@/tests/support/control-plane';

const web = { namespace: 'default', name: 'web' };

function rollout(replicas: number, spec: object = {}) {
  const cp = new ControlPlane();
  cp.addNode('worker-1');
  cp.settle();
  cp.deploy('web', replicas, { spec });
  cp.settle();
  const get = (): V1Deployment => cp.client.get(Deployment, web);
  const sets = (): V1ReplicaSet[] =>
    cp.client.list(ReplicaSet, { namespace: 'default' }).items.sort((a, b) => (image(a) < image(b) ? -1 : 1));
  const setImage = (image: string) =>
    cp.client.patch(Deployment, web, { spec: { template: { spec: { containers: [{ name: 'main', image }] } } } });
  const scaled = () =>
    cp
      .said('web')
      .filter((line) => line.startsWith('ScalingReplicaSet'))
      .map((line) => line.replace(/^ScalingReplicaSet: | replica set/g, ''));
  return { cp, get, sets, setImage, scaled };
}

const image = ({ spec }: V1ReplicaSet) => spec.template?.spec?.containers[0]?.image ?? '';
const condition = ({ status }: V1Deployment, type: string) => status.conditions?.find((one) => one.type === type);
const revision = ({ metadata }: V1ReplicaSet | V1Deployment) => metadata.annotations?.['deployment.kubernetes.io/revision'];

test('a Deployment makes one ReplicaSet with its template, named and labelled by the hash of it', () => {
  const { get, sets } = rollout(3);
  const [set] = sets();
  const hash = set?.metadata.labels?.['pod-template-hash'];
  expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{6,10}$/);
  expect(set).toMatchObject({
    metadata: {
      name: `web-${hash}`,
      annotations: {
        'deployment.kubernetes.io/revision': '1',
        'deployment.kubernetes.io/desired-replicas': '3',
        'deployment.kubernetes.io/max-replicas': '4',
      },
    },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web', 'pod-template-hash': hash } } },
  });
  expect(revision(get())).toBe('1');
  expect(get().status).toMatchObject({ observedGeneration: 1, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 });
  expect(condition(get(), 'Available')).toMatchObject({
    status: 'True',
    reason: 'MinimumReplicasAvailable',
    message: 'Deployment has minimum availability.',
  });
  expect(condition(get(), 'Progressing')).toMatchObject({
    status: 'True',
    reason: 'NewReplicaSetAvailable',
    message: `ReplicaSet "web-${hash}" has successfully progressed.`,
  });
});

test('a rolling update never has fewer Pods available or more Pods in all than its strategy allows', () => {
  const { cp, setImage, sets } = rollout(6, { strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 1 } } });
  setImage('nginx:1.28');
  let fewest = Infinity;
  let most = 0;
  while (!cp.kernel.isIdle) {
    cp.kernel.step();
    const live = cp.pods().filter(({ metadata }) => !metadata.deletionTimestamp);
    fewest = Math.min(
      fewest,
      live.filter(({ status }) => status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True')).length,
    );
    most = Math.max(most, live.length);
  }
  expect(fewest).toBe(5);
  expect(most).toBe(8);
  expect(sets().map(({ spec }) => spec.replicas)).toEqual([0, 6]);
});

test('a rolling update says each step of the old and the new ReplicaSet', () => {
  const { cp, setImage, scaled, sets } = rollout(2, { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  setImage('nginx:1.28');
  cp.settle();
  const [old, fresh] = sets().map(({ metadata }) => metadata.name);
  expect(scaled()).toEqual([
    `Scaled up ${old} from 0 to 2`,
    `Scaled up ${fresh} from 0 to 1`,
    `Scaled down ${old} from 2 to 1`,
    `Scaled up ${fresh} from 1 to 2`,
    `Scaled down ${old} from 1 to 0`,
  ]);
});

test('Recreate waits until the last old Pod is gone before it makes a new one', () => {
  const { cp, setImage } = rollout(3, { strategy: { type: 'Recreate' } });
  setImage('nginx:1.28');
  while (!cp.kernel.isIdle) {
    cp.kernel.step();
    const images = new Set(cp.pods().map(({ spec }) => spec.containers[0]?.image));
    expect(images.size).toBeLessThanOrEqual(1);
  }
  expect(cp.pods().map(({ spec }) => spec.containers[0]?.image)).toEqual(['nginx:1.28', 'nginx:1.28', 'nginx:1.28']);
});

test('going back to an old template reuses its ReplicaSet under a new revision', () => {
  const { cp, setImage, sets, get } = rollout(2);
  setImage('nginx:1.28');
  cp.settle();
  setImage('nginx:1.27');
  cp.settle();
  expect(sets()).toHaveLength(2);
  expect(sets().map((set) => [revision(set), set.spec.replicas])).toEqual([
    ['3', 2],
    ['2', 0],
  ]);
  expect(sets()[0]?.metadata.annotations?.['deployment.kubernetes.io/revision-history']).toBe('1');
  expect(revision(get())).toBe('3');
});

test('only revisionHistoryLimit old ReplicaSets are kept, the newest ones', () => {
  const { cp, setImage, sets } = rollout(1, { revisionHistoryLimit: 2 });
  for (const tag of ['1.25', '1.26', '1.28', '1.29']) {
    setImage(`nginx:${tag}`);
    cp.settle();
  }
  expect(sets().map(revision).sort()).toEqual(['3', '4', '5']);
});

test('a paused Deployment scales and does not roll out; resumed, it does', () => {
  const { cp, setImage, sets, get } = rollout(2);
  cp.client.patch(Deployment, web, { spec: { paused: true } });
  setImage('nginx:1.28');
  cp.client.patch(Deployment, web, { spec: { replicas: 3 } });
  cp.settle();
  expect(sets().map(({ spec }) => spec.replicas)).toEqual([3]);
  expect(condition(get(), 'Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' });
  cp.client.patch(Deployment, web, { spec: { paused: false } });
  cp.settle();
  expect(sets().map(({ spec }) => spec.replicas)).toEqual([0, 3]);
});

test('in the middle of a rollout a new size is shared out in proportion', () => {
  const { cp, setImage, sets } = rollout(10, { strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } });
  cp.silence('worker-1');
  setImage('nginx:1.28');
  cp.kernel.runFor(500);
  expect(sets().map(({ spec }) => spec.replicas)).toEqual([8, 5]);
  cp.client.patch(Deployment, web, { spec: { replicas: 15 } });
  cp.kernel.runFor(500);
  expect(sets().map(({ spec }) => spec.replicas)).toEqual([11, 7]);
});

test('a rollout without progress is marked after the deadline, and not before', () => {
  const { cp, setImage, get, sets } = rollout(1, { progressDeadlineSeconds: 60 });
  cp.silence('worker-1');
  setImage('nginx:nope');
  cp.kernel.runFor(50_000);
  expect(condition(get(), 'Progressing')?.status).toBe('True');
  cp.kernel.runFor(15_000);
  expect(condition(get(), 'Progressing')).toMatchObject({
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: `ReplicaSet "${sets()[1]?.metadata.name}" has timed out progressing.`,
  });
});

test('with minReadySeconds a Pod counts as available only after it was ready for so long', () => {
  const { cp, get } = rollout(1);
  cp.client.patch(Deployment, web, {
    spec: { minReadySeconds: 30, template: { spec: { containers: [{ name: 'main', image: 'nginx:1.28' }] } } },
  });
  cp.kernel.runFor(10_000);
  expect(get().status.updatedReplicas).toBe(1);
  expect(condition(get(), 'Progressing')?.reason).toBe('ReplicaSetUpdated');
  cp.kernel.runFor(25_000);
  expect(condition(get(), 'Progressing')?.reason).toBe('NewReplicaSetAvailable');
});

test('a finished rollout leaves nothing to wait for', () => {
  const { cp } = rollout(3);
  expect(cp.kernel.isIdle).toBe(true);
  expect(cp.kernel.now - Date.parse('2026-01-05T08:00:00Z')).toBeLessThan(1_000);
});

test('when creating Pods is refused, the ReplicaSet and the Deployment say why', () => {
  const cp = new ControlPlane();
  cp.settle();
  cp.deploy('web', 1, { pod: { serviceAccountName: 'ghost' } });
  cp.kernel.runFor(200);
  const get = cp.client.get(Deployment, web);
  expect(condition(get, 'ReplicaFailure')).toMatchObject({ status: 'True', reason: 'FailedCreate' });
  const name = cp.client.list(ReplicaSet, { namespace: 'default' }).items[0]?.metadata.name;
  expect(cp.said('web')).toContain(
    `FailedCreate: Error creating: pods "${name}-" is forbidden: error looking up service account default/ghost: serviceaccount "ghost" not found`,
  );
  expect(cp.client.list(Pod, { namespace: 'default' }).items).toEqual([]);
});
