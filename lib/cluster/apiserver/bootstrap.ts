import { deepCopy } from '@/lib/base';
import { StatusError, type KubeObject, type ResourceDefinition } from '../api';
import type { Etcd } from '../etcd';
import { rfc3339 } from '../kernel';
import { defaultServiceRange } from './service-addresses';
import type { ApiServerOptions } from './server';
import type { RequestContext } from './context';
import type { ResourceServices } from './handler';
import { withDefaults } from './body';
import { tracked, trackUpdate, writeOf } from './fields';
import { bootstrapPolicy } from './rbac/bootstrap-policy';
import { reconciled } from './rbac/reconcile';
import { localApiServices } from './api-services';
import { flowControlObjects } from './flow-control';
import { objectOf } from './storage';
import { statusStrategy } from './store';

interface Follower {
  hasAny(etcd: Etcd): boolean;
  follow(): void;
}

export interface BootstrapOptions {
  readonly services: ResourceServices;
  /** Whoever goes to work when there is work already. */
  readonly followers: readonly Follower[];
  readonly context: (definition: ResourceDefinition, namespace: string, name: string) => RequestContext;
  readonly resources: readonly ResourceDefinition[];
  readonly options: Pick<ApiServerOptions, 'advertiseAddress' | 'authorizationModes' | 'isResumed' | 'securePort' | 'services'>;
  /** The address of Service `kubernetes`. */
  readonly kubernetesIp: string;
}

const retryMs = 1000;
/** `pkg/controlplane/controller/kubernetesservice`. */
const serviceIntervalMs = 10_000;
/** `pkg/controlplane/controller/systemnamespaces`. */
const namespacesIntervalMs = 60_000;

/**
 * What every API server makes sure of when it starts (the post-start hooks of `pkg/controlplane`): the system's namespaces,
 * Service `default/kubernetes` with its endpoints, the system's priority classes, the APIServices of what it
 * serves, the objects of priority and fairness and, with RBAC, the bootstrap policy. Tries again while etcd is away. The Service and
 * the namespaces come back when somebody deletes them; what is there is left as it is.
 */
export function bootstrap(options: BootstrapOptions): { stop(): void } {
  let isStopped = false;
  const later = (delayMs: number, what: string, run: () => void) => {
    options.services.kernel.schedule({
      delayMs,
      actor: 'kube-apiserver',
      what,
      background: true,
      run: () => {
        if (!isStopped) run();
      },
    });
  };
  const keep = (intervalMs: number, what: string, objects: readonly KubeObject[]) =>
    later(intervalMs, what, () => {
      maybeEnsure(options, objects);
      keep(intervalMs, what, objects);
    });
  const attempt = () => {
    const isDone =
      maybeEnsure(options, [...systemNamespaces, ...priorityClasses, ...serviceRange(options), ...kubernetesService(options)]) &&
      maybeEnsureConfiguration(options) &&
      maybeEnsurePolicy(options) &&
      maybeFollow(options);
    if (!isDone) later(retryMs, 'post-start hooks', attempt);
  };
  attempt();
  keep(serviceIntervalMs, 'reconcile Service kubernetes', kubernetesService(options));
  keep(namespacesIntervalMs, 'reconcile system namespaces', systemNamespaces);
  return { stop: () => void (isStopped = true) };
}

/** A cluster without CustomResourceDefinitions has nothing that watches them, and so with aggregated APIs. */
function maybeFollow({ followers, services }: BootstrapOptions): boolean {
  return maybe(() => {
    for (const one of followers) if (one.hasAny(services.etcd)) one.follow();
  });
}

function maybeEnsure(options: BootstrapOptions, objects: readonly KubeObject[]): boolean {
  return maybe(() => {
    for (const object of objects) ensure(options, object);
  });
}

/** The hooks that describe the API server to itself: what it serves, and how it shares itself out. */
function maybeEnsureConfiguration(options: BootstrapOptions): boolean {
  if (options.options.isResumed) return true;
  return maybeEnsure(options, [...localApiServices(), ...flowControlObjects()]);
}

/** The hook `rbac/bootstrap-roles`: what is missing is made, what has lost something gets it back. */
function maybeEnsurePolicy(options: BootstrapOptions): boolean {
  const { authorizationModes, isResumed } = options.options;
  if (!authorizationModes?.includes('RBAC') || isResumed) return true;
  return maybe(() => {
    for (const object of bootstrapPolicy()) ensurePolicy(options, object);
  });
}

function ensurePolicy(options: BootstrapOptions, wanted: KubeObject): void {
  const { services, context } = options;
  const definition = definitionOf(options, wanted);
  const { namespace = '', name } = wanted.metadata;
  const kv = definition && services.store.find(definition, namespace, name);
  if (!definition || !kv) return ensure(options, wanted);
  const next = reconciled(objectOf(kv), wanted);
  if (!next) return;
  const updating = { ...context(definition, namespace, name), fieldManager: 'kube-apiserver' };
  const produce = tracked(updating, () => deepCopy(next));
  services.store.update(updating, produce);
}

function maybe(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof StatusError) return false;
    throw error;
  }
}

function definitionOf({ resources }: BootstrapOptions, { kind, apiVersion }: KubeObject): ResourceDefinition | undefined {
  return resources.find((one) => one.kind === kind && (one.group ? `${one.group}/${one.version}` : one.version) === apiVersion);
}

function ensure(options: BootstrapOptions, object: KubeObject): void {
  const { services, context } = options;
  const { metadata } = object;
  const definition = definitionOf(options, object);
  const namespace = metadata.namespace ?? '';
  if (!definition || services.store.find(definition, namespace, metadata.name)) return;
  const creating = { ...context(definition, namespace, ''), fieldManager: 'kube-apiserver' };
  const complete = withDefaults(definition, deepCopy(object));
  trackUpdate(writeOf(creating), undefined, complete);
  services.store.create(creating, complete);
  if (Object.keys(object.status ?? {}).length > 0) setStatus(options, definition, object);
}

/** A status is nothing a create decides. */
function setStatus({ services, context }: BootstrapOptions, definition: ResourceDefinition, { metadata, status }: KubeObject): void {
  const namespace = metadata.namespace ?? '';
  const updating = { ...context(definition, namespace, metadata.name), fieldManager: 'kube-apiserver' };
  const withStatus = (old: KubeObject | undefined) => ({ ...(deepCopy(old) as KubeObject), status });
  services.store.update(
    { ...updating, info: { ...updating.info, subresource: 'status' } },
    tracked({ ...updating, info: { ...updating.info, subresource: 'status' } }, withStatus),
    statusStrategy(definition),
  );
}

const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'].map((name) =>
  draft('v1', 'Namespace', { name }, { spec: {} }),
);

const priorityClasses = [
  priorityClass('system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'),
  priorityClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
];

/** The range Services get their addresses from, as an object (`pkg/controlplane/controller/defaultservicecidr`). */
function serviceRange({ options, services }: BootstrapOptions): KubeObject[] {
  const ready = {
    type: 'Ready',
    status: 'True',
    lastTransitionTime: rfc3339(services.kernel.now),
    reason: '',
    message: 'Kubernetes default Service CIDR is ready',
  };
  const cidrs = [options.services?.clusterIps ?? defaultServiceRange];
  return [draft('networking.k8s.io/v1', 'ServiceCIDR', { name: 'kubernetes' }, { spec: { cidrs }, status: { conditions: [ready] } })];
}

function kubernetesService({ options, kubernetesIp }: BootstrapOptions): KubeObject[] {
  const { advertiseAddress = '172.18.0.2', securePort = 6443 } = options;
  return [
    draft(
      'v1',
      'Service',
      { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
      {
        spec: {
          ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: securePort }],
          clusterIP: kubernetesIp,
          clusterIPs: [kubernetesIp],
          type: 'ClusterIP',
          sessionAffinity: 'None',
          ipFamilies: ['IPv4'],
          ipFamilyPolicy: 'SingleStack',
        },
      },
    ),
    draft(
      'v1',
      'Endpoints',
      { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      {
        subsets: [{ addresses: [{ ip: advertiseAddress }], ports: [{ name: 'https', port: securePort, protocol: 'TCP' }] }],
      },
    ),
    draft(
      'discovery.k8s.io/v1',
      'EndpointSlice',
      { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      {
        addressType: 'IPv4',
        endpoints: [{ addresses: [advertiseAddress], conditions: { ready: true } }],
        ports: [{ name: 'https', port: securePort, protocol: 'TCP' }],
      },
    ),
  ];
}

function priorityClass(name: string, value: number, description: string): KubeObject {
  return draft('scheduling.k8s.io/v1', 'PriorityClass', { name }, { value, description, preemptionPolicy: 'PreemptLowerPriority' });
}

function draft(apiVersion: string, kind: string, metadata: object, rest: object): KubeObject {
  return { kind, apiVersion, metadata: { ...metadata }, ...rest } as KubeObject;
}
