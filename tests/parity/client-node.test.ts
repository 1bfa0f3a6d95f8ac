import { PassThrough } from 'node:stream';
import {
  AppsV1Api,
  CoreV1Api,
  Exec,
  type KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  PortForward,
  setHeaderOptions,
  Watch,
  type V1ConfigMap,
  type V1Deployment,
  type V1Status,
} from '@kubernetes/client-node';
import { serveToClient, type ClientCluster } from '../support/client-node';

/** The client library that operators in TypeScript are written with, against our API over HTTP. */
let http: ClientCluster;
let config: KubeConfig;
let core: CoreV1Api;
let apps: AppsV1Api;

beforeAll(async () => {
  http = await serveToClient();
  config = http.config;
  core = config.makeApiClient(CoreV1Api);
  apps = config.makeApiClient(AppsV1Api);
});

afterAll(() => http.close());

const namespace = 'default';
const labels = { app: 'web' };
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'nginx', image: 'nginx:1.27' }] } },
  },
};

test('it applies an object, reads it, and finds the Pods that came of it', async () => {
  const applied = await KubernetesObjectApi.makeApiClient(config).patch<V1Deployment>(
    deployment as V1Deployment,
    undefined,
    undefined,
    'operator',
    true,
    PatchStrategy.ServerSideApply,
  );
  expect(applied.metadata?.managedFields?.some(({ manager, operation }) => manager === 'operator' && operation === 'Apply')).toBe(true);
  await core.listNamespacedPod({ namespace });
  const read = await apps.readNamespacedDeployment({ name: 'web', namespace });
  expect(read.status?.readyReplicas).toBe(2);
  const pods = await core.listNamespacedPod({ namespace, labelSelector: 'app=web' });
  expect(pods.items.map(({ status }) => status?.phase)).toEqual(['Running', 'Running']);
});

test("it patches, and is told in Kubernetes' words what it may not do", async () => {
  const options = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);
  const patched = await apps.patchNamespacedDeployment({ name: 'web', namespace, body: { spec: { replicas: 3 } } }, options);
  expect(patched.spec?.replicas).toBe(3);
  await expect(apps.patchNamespacedDeployment({ name: 'web', namespace, body: { spec: { replicas: -1 } } }, options)).rejects.toMatchObject(
    { code: 422, body: expect.stringContaining('must be greater than or equal to 0') },
  );
  await expect(core.readNamespacedPod({ name: 'nosuch', namespace })).rejects.toMatchObject({
    code: 404,
    body: expect.stringContaining('pods \\"nosuch\\" not found'),
  });
});

test('a watch tells what changes, in order', async () => {
  const seen: string[] = [];
  let changed: () => void = () => {};
  const all = new Promise<void>((resolve) => (changed = () => seen.length === 3 && resolve()));
  const { metadata } = await core.listNamespacedConfigMap({ namespace });
  const request = await new Watch(config).watch(
    `/api/v1/namespaces/${namespace}/configmaps`,
    { resourceVersion: metadata?.resourceVersion ?? '' },
    (phase: string, object: V1ConfigMap) => {
      seen.push(`${phase} ${object.metadata?.name} ${object.data?.['a'] ?? ''}`);
      changed();
    },
    () => {},
  );
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'watched' }, data: { a: '1' } } });
  await core.replaceNamespacedConfigMap({ name: 'watched', namespace, body: { metadata: { name: 'watched' }, data: { a: '2' } } });
  await core.deleteNamespacedConfigMap({ name: 'watched', namespace });
  await all;
  request.abort();
  expect(seen).toEqual(['ADDED watched 1', 'MODIFIED watched 2', 'DELETED watched 2']);
});

test('an informer keeps a cache up', async () => {
  const informer = makeInformer(config, '/api/v1/namespaces/default/configmaps', () => core.listNamespacedConfigMap({ namespace }));
  const added = new Promise<string>((resolve) =>
    informer.on('add', (object) => object.metadata?.name === 'cached' && resolve(object.metadata.name)),
  );
  await informer.start();
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'cached' } } });
  expect(await added).toBe('cached');
  expect(informer.get('cached', namespace)?.metadata?.name).toBe('cached');
  await informer.stop();
});

test('it reads logs, follows them, and runs a command in a container', async () => {
  const [pod] = (await core.listNamespacedPod({ namespace, labelSelector: 'app=web' })).items;
  const name = pod?.metadata?.name ?? '';
  expect(await core.readNamespacedPodLog({ name, namespace })).toContain('start worker processes');
  const talker = {
    metadata: { name: 'talker' },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', 'echo one; sleep 1; echo two'] }],
    },
  };
  await core.createNamespacedPod({ namespace, body: talker });
  await core.listNamespacedPod({ namespace });
  const followed = new PassThrough();
  await new Log(config).log(namespace, 'talker', 'main', followed, { follow: true });
  const text: string[] = [];
  for await (const chunk of followed) text.push(String(chunk));
  expect(text.join('')).toBe('one\ntwo\n');
  const stdout = new PassThrough();
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config)
      .exec(namespace, name, 'nginx', ['cat', '/usr/share/nginx/html/index.html'], stdout, null, null, false, resolve)
      .catch(reject);
  });
  expect(status.status).toBe('Success');
  expect(String(stdout.read())).toContain('Welcome to nginx!');
});

test('it forwards a port of a Pod', async () => {
  const name = (await core.listNamespacedPod({ namespace, labelSelector: 'app=web' })).items[0]?.metadata?.name as string;
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const websocket = await new PortForward(config).portForward(namespace, name, [80], output, errors, input);
  input.write('GET / HTTP/1.0\r\n\r\n');
  let text = '';
  for await (const part of output) {
    text += String(part);
    if (text.includes('</html>')) break;
  }
  expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
  if (websocket && !(websocket instanceof Function)) websocket.close();
});

test('it deletes, and what was owned goes too', async () => {
  await apps.deleteNamespacedDeployment({ name: 'web', namespace });
  await core.listNamespacedPod({ namespace });
  await core.listNamespacedPod({ namespace });
  expect((await core.listNamespacedPod({ namespace, labelSelector: 'app=web' })).items).toEqual([]);
});
