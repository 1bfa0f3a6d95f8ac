import * as library from '@kubernetes/client-node';
import {
  type KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  Watch,
  type KubernetesListObject,
  type KubernetesObject,
} from '@kubernetes/client-node';
import { serveToClient, type ClientCluster } from '../support/client-node';

// The typed client of every group, with every kind that discovery lists and every verb it lists for it.

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
  readonly verbs: readonly string[];
}

const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
const jobTemplate = { spec: { ...template.spec, restartPolicy: 'Never' } };
const selector = { matchLabels: { app: 'x' } };
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' };
const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }];
const webhooks = [
  { name: 'a.example.com', clientConfig: { url: 'https://example.com' }, rules: [], sideEffects: 'None', admissionReviewVersions: ['v1'] },
];
const signingRequest =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUhRd0l3SUJBREFNTVFvd0NBWURWUVFEREFGaE1Db3dCUVlESzJWd0F5RUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBCkFBQUFBQUFBQUFBQUFBQUFBQUNnQURBRkJnTXJaWEFEUVFBPQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K';
const devices = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'x' } }] } };

/** The least that makes an object of a kind; kinds that need nothing are left out. */
const least: Readonly<Record<string, object>> = {
  APIService: {
    spec: {
      group: 'x.example',
      version: 'v1',
      groupPriorityMinimum: 100,
      versionPriority: 10,
      service: { name: 'x', namespace: 'default' },
      insecureSkipTLSVerify: true,
    },
  },
  CertificateSigningRequest: { spec: { request: signingRequest, signerName: 'example.com/x', usages: ['client auth'] } },
  ClusterRoleBinding: { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' } },
  ControllerRevision: { revision: 1, data: { a: 1 } },
  CronJob: { spec: { schedule: '* * * * *', suspend: true, jobTemplate: { spec: { template: jobTemplate } } } },
  CSIDriver: { spec: {} },
  CSINode: { spec: { drivers: [] } },
  CSIStorageCapacity: { storageClassName: 'x' },
  CustomResourceDefinition: {
    spec: {
      group: 'x.example',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  },
  DaemonSet: { spec: { selector, template } },
  Deployment: { spec: { replicas: 0, selector, template } },
  DeviceClass: { spec: {} },
  Endpoints: { subsets: [] },
  EndpointSlice: { addressType: 'IPv4', endpoints: [] },
  Event: { involvedObject: { namespace: 'default', kind: 'Pod', name: 'x' }, type: 'Normal', reason: 'X' },
  FlowSchema: { spec: { priorityLevelConfiguration: { name: 'global-default' } } },
  HorizontalPodAutoscaler: { spec: { scaleTargetRef: target, maxReplicas: 2 } },
  Ingress: { spec: { defaultBackend: { service: { name: 'x', port: { number: 80 } } } } },
  IngressClass: { spec: { controller: 'example.com/x' } },
  IPAddress: { metadata: { name: '10.99.0.1' }, spec: { parentRef: { resource: 'services', namespace: 'default', name: 'x' } } },
  Job: { spec: { suspend: true, template: jobTemplate } },
  LimitRange: { spec: { limits: [{ type: 'Container' }] } },
  MutatingAdmissionPolicy: {
    spec: {
      matchConstraints: { resourceRules: rules },
      reinvocationPolicy: 'Never',
      failurePolicy: 'Ignore',
      matchConditions: [{ name: 'never', expression: 'false' }],
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{}' } }],
    },
  },
  MutatingAdmissionPolicyBinding: { spec: { policyName: 'x' } },
  MutatingWebhookConfiguration: { webhooks },
  NetworkPolicy: { spec: { podSelector: {} } },
  PersistentVolume: { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } } },
  PersistentVolumeClaim: {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'none' },
  },
  Pod: { spec: template.spec },
  PodDisruptionBudget: { spec: { selector, minAvailable: 1 } },
  PodTemplate: { template },
  PriorityClass: { value: 1 },
  PriorityLevelConfiguration: { spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } },
  ReplicaSet: { spec: { replicas: 0, selector, template } },
  ReplicationController: { spec: { replicas: 0, selector: { app: 'x' }, template } },
  ResourceClaim: { spec: devices },
  ResourceClaimTemplate: { spec: { spec: devices } },
  ResourceQuota: { spec: { hard: { 'count/secrets': '100' } } },
  ResourceSlice: { spec: { driver: 'x.example', nodeName: 'x', pool: { name: 'x', generation: 1, resourceSliceCount: 1 } } },
  RoleBinding: { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'x' } },
  RuntimeClass: { handler: 'x' },
  Service: { spec: { ports: [{ port: 80 }] } },
  ServiceCIDR: { spec: { cidrs: ['10.98.0.0/24'] } },
  StatefulSet: { spec: { replicas: 0, serviceName: 'x', selector, template } },
  StorageClass: { provisioner: 'example.com/x' },
  ValidatingAdmissionPolicy: {
    spec: { matchConstraints: { resourceRules: rules }, failurePolicy: 'Ignore', validations: [{ expression: 'true' }] },
  },
  ValidatingAdmissionPolicyBinding: { spec: { policyName: 'x', validationActions: ['Deny'] } },
  ValidatingWebhookConfiguration: { webhooks },
  VolumeAttachment: { spec: { attacher: 'x.example', nodeName: 'x', source: { persistentVolumeName: 'x' } } },
  VolumeAttributesClass: { driverName: 'x.example', parameters: { a: 'b' } },
};

let http: ClientCluster;
let config: KubeConfig;
let kinds: Kind[];

beforeAll(async () => {
  http = await serveToClient();
  config = http.config;
  kinds = await discovered();
});

afterAll(() => http.close());

async function answer<T>(path: string): Promise<T> {
  return (await (await fetch(`${http.url}${path}`)).json()) as T;
}

async function discovered(): Promise<Kind[]> {
  const { groups } = await answer<{ groups: { versions: { groupVersion: string }[] }[] }>('/apis');
  const versions = ['v1', ...groups.flatMap((one) => one.versions.map(({ groupVersion }) => groupVersion))];
  const lists = await Promise.all(
    versions.map(async (groupVersion) => {
      const [group, version] = groupVersion.includes('/') ? (groupVersion.split('/') as [string, string]) : ['', groupVersion];
      const { resources } = await answer<{ resources: { name: string; kind: string; namespaced: boolean; verbs: string[] }[] }>(
        pathOf(group, version),
      );
      return resources
        .filter(({ name, verbs }) => !name.includes('/') && verbs.includes('patch'))
        .map(({ name, kind, namespaced, verbs }) => ({ group, version, kind, plural: name, isNamespaced: namespaced, verbs }));
    }),
  );
  return lists.flat();
}

function pathOf(group: string, version: string): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

type Call = (parameters: object, options?: object) => Promise<KubernetesObject & { spec?: unknown; items?: unknown[]; status?: unknown }>;

/** The typed client of a group: `RbacAuthorizationV1Api`. */
function clientOf({ group, version }: Kind): Record<string, Call> {
  const words = group === '' ? ['core'] : group.replace(/\.k8s\.io$/, '').split('.');
  const name = `${[...words, version].map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Api`;
  const type = (library as unknown as Record<string, unknown>)[name];
  expect([name, typeof type]).toEqual([name, 'function']);
  return config.makeApiClient(type as never) as unknown as Record<string, Call>;
}

const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/** Through its whole life, by every verb. Answers what was seen of it. */
async function lifeOf(kind: Kind): Promise<string[]> {
  const client = clientOf(kind);
  const call = (verb: string) => (parameters: object, options?: object) => {
    const method = `${verb}${kind.isNamespaced ? 'Namespaced' : ''}${kind.kind}`;
    const found = client[method];
    if (!found) throw new Error(`the library has no ${method}`);
    return found.call(client, { ...(kind.isNamespaced ? { namespace: 'default' } : {}), ...parameters }, options);
  };
  const name = { IPAddress: '10.99.0.1', CustomResourceDefinition: 'things.x.example', APIService: 'v1.x.example' }[kind.kind] ?? 'x';
  const labels = { lived: 'yes' };
  const body = {
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    kind: kind.kind,
    ...least[kind.kind],
    metadata: { name, labels },
  };
  const list = () => call('list')({ labelSelector: 'lived=yes' });
  const path = `${pathOf(kind.group, kind.version)}${kind.isNamespaced ? '/namespaces/default' : ''}/${kind.plural}`;
  const seen: string[] = [];
  const informer = makeInformer(config, path, list as unknown as () => Promise<KubernetesListObject<KubernetesObject>>, 'lived=yes');
  const added = new Promise<void>((resolve) => informer.on('add', () => resolve()));
  await informer.start();
  const watched = await new Watch(config).watch(
    path,
    { labelSelector: 'lived=yes' },
    (phase: string) => seen.push(phase),
    () => {},
  );
  await call('create')({ body });
  await added;
  const read = await call('read')({ name });
  expect((await list()).items).toHaveLength(1);
  const patched = await call('patch')({ name, body: { metadata: { annotations: { a: 'b' } } } }, merge);
  expect(patched.metadata?.annotations?.['a']).toBe('b');
  const newest = await call('read')({ name });
  await call('replace')({ name, body: { ...newest, metadata: { ...newest.metadata, annotations: { a: 'c' } } } });
  await call('delete')({ name });
  if (kind.verbs.includes('deletecollection')) await call('deleteCollection')({ labelSelector: 'lived=yes' });
  watched.abort();
  await informer.stop();
  return [read.metadata?.name ?? '', ...seen.slice(0, 1)];
}

test('every kind can be created, read, listed, watched, patched, replaced and deleted by the client of its group', async () => {
  const troubles: string[] = [];
  for (const kind of kinds) {
    try {
      expect((await lifeOf(kind)).at(-1)).toBe('ADDED');
    } catch (error) {
      troubles.push(`${kind.group}/${kind.version} ${kind.kind}: ${(error as Error).message.slice(0, 300)}`);
    }
  }
  expect(troubles).toEqual([]);
  expect(kinds.length).toBeGreaterThan(55);
}, 120_000);
