import { deepCopy } from '@/lib/base';
import { StatusError, type KubeObject, type ResourceDefinition } from '../api';
import type { ApiServerOptions } from './server';
import type { RequestContext } from './context';
import type { ResourceServices } from './handler';
import { withDefaults } from './body';
import { trackUpdate, writeOf } from './fields';

export interface BootstrapOptions {
  readonly services: ResourceServices;
  readonly context: (definition: ResourceDefinition, namespace: string, name: string) => RequestContext;
  readonly resources: readonly ResourceDefinition[];
  readonly options: Pick<ApiServerOptions, 'advertiseAddress' | 'securePort'>;
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
 * Service `default/kubernetes` with its endpoints, and the system's priority classes. Tries again while etcd is away. The Service and
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
    const isDone = maybeEnsure(options, [...systemNamespaces, ...priorityClasses, ...kubernetesService(options)]);
    if (!isDone) later(retryMs, 'post-start hooks', attempt);
  };
  attempt();
  keep(serviceIntervalMs, 'reconcile Service kubernetes', kubernetesService(options));
  keep(namespacesIntervalMs, 'reconcile system namespaces', systemNamespaces);
  return { stop: () => void (isStopped = true) };
}

function maybeEnsure(options: BootstrapOptions, objects: readonly KubeObject[]): boolean {
  try {
    for (const object of objects) ensure(options, object);
    return true;
  } catch (error) {
    if (error instanceof StatusError) return false;
    throw error;
  }
}

function ensure({ services, context, resources }: BootstrapOptions, object: KubeObject): void {
  const { kind, apiVersion, metadata } = object;
  const definition = resources.find((one) => one.kind === kind && (one.group ? `${one.group}/${one.version}` : one.version) === apiVersion);
  const namespace = metadata.namespace ?? '';
  if (!definition || services.store.find(definition, namespace, metadata.name)) return;
  const creating = { ...context(definition, namespace, ''), fieldManager: 'kube-apiserver' };
  const complete = withDefaults(definition, deepCopy(object));
  trackUpdate(writeOf(creating), undefined, complete);
  services.store.create(creating, complete);
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
