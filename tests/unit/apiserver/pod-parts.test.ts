import { ApiBench } from '../../support/api-server';

const pods = '/api/v1/namespaces/default/pods';
const debug = { name: 'debug', image: 'busybox:1.37', targetContainerName: 'web' };
const cpu = (requests: string, limits = requests) => ({ requests: { cpu: requests }, limits: { cpu: limits } });

function withPod(resources: object = {}): ApiBench {
  const bench = new ApiBench();
  bench.kernel.runFor(1000);
  bench.create('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  bench.create(pods, { metadata: { name: 'web' }, spec: { containers: [{ name: 'web', image: 'nginx', resources }] } });
  return bench;
}

const addDebug = (bench: ApiBench, container: object = debug) =>
  bench.patch(`${pods}/web/ephemeralcontainers`, 'strategic', { spec: { ephemeralContainers: [container] } });
const resize = (bench: ApiBench, resources: object) =>
  bench.send('PATCH', `${pods}/web/resize`, { spec: { containers: [{ name: 'web', resources }] } }, patchType);
const patchType = { 'content-type': 'application/strategic-merge-patch+json' };
const sentence = ({ body }: { body?: unknown }) => (body as { message: string }).message;

test('a container to debug a Pod is added by its subresource alone', () => {
  const bench = withPod();
  expect(addDebug(bench)).toMatchObject({
    metadata: { generation: 2 },
    spec: { ephemeralContainers: [{ ...debug, imagePullPolicy: 'IfNotPresent', terminationMessagePolicy: 'File' }] },
  });
  const refused = bench.send('PATCH', `${pods}/web`, { spec: { ephemeralContainers: [{ ...debug, name: 'two' }] } }, patchType);
  expect(refused.status).toBe(422);
});

test('nothing else of a Pod changes by way of its ephemeral containers', () => {
  const bench = withPod();
  const { spec, metadata } = bench.patch(`${pods}/web/ephemeralcontainers`, 'merge', {
    metadata: { labels: { a: 'b' } },
    spec: { activeDeadlineSeconds: 5 },
  });
  expect(spec).not.toHaveProperty('activeDeadlineSeconds');
  expect(metadata).toMatchObject({ generation: 1 });
  expect(metadata.labels).toBeUndefined();
});

test('an ephemeral container is neither changed nor removed', () => {
  const bench = withPod();
  addDebug(bench);
  const put = (ephemeralContainers: object[]) => {
    const pod = bench.get(`${pods}/web`);
    return sentence(bench.send('PUT', `${pods}/web/ephemeralcontainers`, { ...pod, spec: { ...pod.spec, ephemeralContainers } }));
  };
  expect(put([])).toBe(
    'Pod "web" is invalid: spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n',
  );
  expect(put([{ ...debug, image: 'busybox:2' }])).toContain('existing ephemeral containers "debug" may not be changed\n@@');
});

test('a Pod’s CPU is resized in place', () => {
  const bench = withPod(cpu('100m'));
  expect(resize(bench, cpu('200m'))).toMatchObject({
    status: 200,
    body: { metadata: { generation: 2 }, spec: { containers: [{ resources: cpu('200m') }] } },
  });
});

test.each([
  [
    { requests: { cpu: '50m' }, limits: { cpu: '100m' } },
    'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
  ],
  [{ limits: { memory: '1Gi' } }, 'Pod QOS Class may not change'],
  [{ requests: { 'ephemeral-storage': '1Gi' } }, 'only cpu and memory resources are mutable\n@@'],
])('a resize of a guaranteed Pod to %j is refused', (resources, why) => {
  const bench = withPod({ requests: { cpu: '100m', memory: '1Mi' }, limits: { cpu: '100m', memory: '1Mi' } });
  const { status, body } = resize(bench, resources);
  expect([status, sentence({ body })]).toEqual([422, expect.stringContaining(why)]);
});

test('a resize does not take requests away', () => {
  const bench = withPod({ requests: { cpu: '100m' } });
  const pod = bench.get(`${pods}/web`);
  const containers = [{ ...pod.spec.containers[0], resources: { requests: { memory: '1Mi' } } }];
  const { body } = bench.send('PUT', `${pods}/web/resize`, { ...pod, spec: { ...pod.spec, containers } });
  expect(sentence({ body })).toContain('spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed');
});

test('a Pod on a node whose kubelet does not tell what containers have is not resized', () => {
  const bench = withPod(cpu('100m'));
  const containerStatuses = [{ name: 'web', image: 'nginx', imageID: '', ready: true, restartCount: 0, state: { running: {} } }];
  bench.patch(`${pods}/web/status`, 'merge', { status: { phase: 'Running', containerStatuses } });
  expect(sentence(resize(bench, cpu('200m')))).toContain('Pod running on node without support for resize');
});
