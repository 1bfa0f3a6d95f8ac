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

/**
 * What every API server makes sure of when it starts (the post-start hooks of `pkg/controlplane`): the system's namespaces,
 * Service `default/kubernetes` with its endpoints, and the system's priority classes. Tries again while etcd is away.
 */
export function bootstrap(options: BootstrapOptions): { stop(): void } {
  let isStopped = false;
  const attempt = () => {
    if (isStopped || maybeBootstrap(options)) return;
    options.services.kernel.schedule({ delayMs: retryMs, actor: 'kube-apiserver', what: 'post-start hooks', background: true, run: attempt });
  };
  attempt();
  return { stop: () => void (isStopped = true) };
}

function maybeBootstrap(options: BootstrapOptions): boolean {
  try {
    for (const object of systemObjects(options)) ensure(options, object);
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
  const complete = withDefaults(definition, object);
  trackUpdate(writeOf(creating), undefined, complete);
  services.store.create(creating, complete);
}

const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

function systemObjects({ options, kubernetesIp }: BootstrapOptions): KubeObject[] {
  const { advertiseAddress = '172.18.0.2', securePort = 6443 } = options;
  return [
    ...systemNamespaces.map((name) => draft('v1', 'Namespace', { name }, { spec: {} })),
    priorityClass('system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'),
    priorityClass('system-cluster-critical', 2_000_000_000, 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.'),
    draft('v1', 'Service', { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } }, {
      spec: { ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: securePort }], clusterIP: kubernetesIp, clusterIPs: [kubernetesIp], type: 'ClusterIP', sessionAffinity: 'None', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
    }),
    draft('v1', 'Endpoints', { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }, {
      subsets: [{ addresses: [{ ip: advertiseAddress }], ports: [{ name: 'https', port: securePort, protocol: 'TCP' }] }],
    }),
    draft('discovery.k8s.io/v1', 'EndpointSlice', { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } }, {
      addressType: 'IPv4', endpoints: [{ addresses: [advertiseAddress], conditions: { ready: true } }], ports: [{ name: 'https', port: securePort, protocol: 'TCP' }],
    }),
  ];
}

function priorityClass(name: string, value: number, description: string): KubeObject {
  return draft('scheduling.k8s.io/v1', 'PriorityClass', { name }, { value, description, preemptionPolicy: 'PreemptLowerPriority' });
}

function draft(apiVersion: string, kind: string, metadata: object, rest: object): KubeObject {
  return { kind, apiVersion, metadata: { ...metadata }, ...rest } as KubeObject;
}
