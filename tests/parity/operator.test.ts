import {
  ApiextensionsV1Api,
  AppsV1Api,
  CustomObjectsApi,
  type KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type Informer,
  type KubernetesObject,
  type ObjectCache,
  type V1Deployment,
} from '@kubernetes/client-node';
import { serveToClient, type ClientCluster } from '../support/client-node';

// An operator as they are written with the real client library: an informer of a custom kind, and what it makes of each object.

const group = 'example.com';
const version = 'v1';
const plural = 'websites';
const namespace = 'default';

interface Website extends KubernetesObject {
  readonly spec: { readonly image: string; readonly replicas?: number };
  readonly status?: { readonly readyReplicas?: number };
}

let http: ClientCluster;
let config: KubeConfig;
let apps: AppsV1Api;
let objects: CustomObjectsApi;
let informer: (Informer<Website> & ObjectCache<Website>) | undefined;
let owned: Informer<V1Deployment> | undefined;

beforeAll(async () => {
  http = await serveToClient();
  config = http.config;
  apps = config.makeApiClient(AppsV1Api);
  objects = config.makeApiClient(CustomObjectsApi);
});

afterAll(async () => {
  await informer?.stop();
  await owned?.stop();
  http.close();
});

/** The client library has `default` under a name that is not a keyword. */
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural, kind: 'Website' },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              spec: {
                type: 'object',
                required: ['image'],
                properties: { image: { type: 'string' }, replicas: { type: 'integer', minimum: 0, _default: 2 } },
              },
              status: { type: 'object', properties: { readyReplicas: { type: 'integer' } } },
            },
          },
        },
      },
    ],
  },
};

/** Makes of a Website the Deployment that serves it. */
async function reconcile({ metadata, spec }: Website): Promise<void> {
  const name = metadata?.name as string;
  const labels = { website: name };
  const body = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      ownerReferences: [{ apiVersion: `${group}/${version}`, kind: 'Website', name, uid: metadata?.uid as string, controller: true }],
    },
    spec: {
      replicas: spec.replicas as number,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'site', image: spec.image }] } },
    },
  };
  await apps.patchNamespacedDeployment(
    { name, namespace, body, fieldManager: 'website-operator', force: true },
    setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
  );
}

/** Tells in the status of a Website how far its Deployment is. */
async function report({ metadata, status }: V1Deployment): Promise<void> {
  const name = metadata?.name as string;
  await objects.patchNamespacedCustomObjectStatus(
    { group, version, namespace, plural, name, body: { status: { readyReplicas: status?.readyReplicas ?? 0 } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
}

/** Resolves when the informer's cache holds a Website that passes. */
function seen(passes: (website: Website) => boolean): Promise<Website> {
  return new Promise((resolve) => {
    const look = (website: Website) => void (passes(website) && resolve(website));
    informer?.on('add', look);
    informer?.on('update', look);
    informer?.list(namespace).forEach(look);
  });
}

test('an operator serves a custom kind: it is told of objects, makes what they ask for, and writes their status', async () => {
  await config.makeApiClient(ApiextensionsV1Api).createCustomResourceDefinition({ body: definition as never });
  informer = makeInformer<Website>(
    config,
    `/apis/${group}/${version}/namespaces/${namespace}/${plural}`,
    () => objects.listNamespacedCustomObject({ group, version, namespace, plural }) as never,
  );
  informer.on('add', (website) => void reconcile(website));
  informer.on('update', (website) => void reconcile(website));
  owned = makeInformer<V1Deployment>(config, `/apis/apps/v1/namespaces/${namespace}/deployments`, () =>
    apps.listNamespacedDeployment({ namespace }),
  );
  owned.on('add', (deployment) => void report(deployment));
  owned.on('update', (deployment) => void report(deployment));
  await informer.start();
  await owned.start();
  const body = { apiVersion: `${group}/${version}`, kind: 'Website', metadata: { name: 'blog' }, spec: { image: 'nginx:1.27' } };
  await objects.createNamespacedCustomObject({ group, version, namespace, plural, body });
  await seen(({ status }) => status?.readyReplicas === 2);
  const deployment = await apps.readNamespacedDeployment({ name: 'blog', namespace });
  expect(deployment.spec?.replicas).toBe(2);
});

test('a change of the object reaches the operator, and a refusal is in the words of its schema', async () => {
  const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
  const patch = (spec: object) =>
    objects.patchNamespacedCustomObject({ group, version, namespace, plural, name: 'blog', body: { spec } }, options);
  await expect(patch({ replicas: -1 })).rejects.toMatchObject({
    code: 422,
    body: expect.stringContaining('spec.replicas in body should be greater than or equal to 0'),
  });
  await patch({ replicas: 3 });
  await seen(({ status }) => status?.readyReplicas === 3);
});

test('what the operator made goes when its object does, for the garbage collector knows the custom kind', async () => {
  await objects.deleteNamespacedCustomObject({ group, version, namespace, plural, name: 'blog' });
  await informer?.stop();
  await owned?.stop();
  let left = 1;
  for (let attempt = 0; attempt < 20 && left > 0; attempt++) left = (await apps.listNamespacedDeployment({ namespace })).items.length;
  expect(left).toBe(0);
});
