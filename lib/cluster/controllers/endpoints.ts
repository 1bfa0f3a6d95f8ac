import type { V1Endpoints, V1Pod, V1Service } from '@/generated/kubernetes/types';
import { deepCopy, deepEqual } from '@/lib/base';
import { keyOf, selectorOfLabels, type Draft } from '../api';
import { done } from '../client';
import { Endpoints, Pod, Service } from '../resources';
import { defineController, type ReconcileContext } from './controller';
import { changesEndpoints, portNumber, servicesOf } from './endpointslice';
import { rfc3339 } from '../kernel';
import { isReady, isTerminal, readyCondition } from './pod-state';
import { createUnlessThere, deleteIfThere } from './write';

type Subset = NonNullable<V1Endpoints['subsets']>[number];
type Address = NonNullable<Subset['addresses']>[number];

const managedBy = 'endpoints.kubernetes.io/managed-by';
const headless = 'service.kubernetes.io/headless';
const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Keeps the Endpoints object of every Service with a selector: deprecated, and still what `kubectl get endpoints` shows (`pkg/controller/endpoint`). */
export const endpointsController = defineController<V1Service>({
  name: 'endpoints-controller',
  component: 'endpoint-controller',
  for: Service,
  watches: [
    { resource: Pod, keys: servicesOf, matters: changesEndpoints },
    { resource: Endpoints, keys: (endpoints) => [keyOf(endpoints)] },
  ],
  reconcile(context) {
    const { object: service, cache, client, key } = context;
    const existing = cache(Endpoints).get(key);
    if (!service) {
      if (existing?.metadata.labels?.[managedBy]) deleteIfThere(client, Endpoints, existing);
      return done;
    }
    if (!service.spec.selector || service.spec.type === 'ExternalName') return done;
    write(context, service, existing);
    return done;
  },
});

function write({ client, cache, now }: ReconcileContext<V1Service>, service: V1Service, existing: V1Endpoints | undefined): void {
  const pods = selected(cache(Pod).list(service.metadata.namespace), service);
  const subsets = subsetsOf(service, pods);
  const labels = {
    ...service.metadata.labels,
    [managedBy]: 'endpoint-controller',
    ...(service.spec.clusterIP === 'None' ? { [headless]: '' } : {}),
  };
  const { name, namespace } = service.metadata;
  if (!existing) {
    const annotations = { [triggerTime]: lastReady(pods) ?? service.metadata.creationTimestamp };
    return createUnlessThere(client, Endpoints, {
      metadata: { name, namespace: namespace as string, labels, annotations },
      ...(subsets.length > 0 ? { subsets } : {}),
    } as Draft<V1Endpoints>);
  }
  if (deepEqual(existing.subsets ?? [], subsets) && deepEqual(existing.metadata.labels, labels)) return;
  const endpoints = deepCopy(existing);
  endpoints.metadata.labels = labels;
  endpoints.metadata.annotations = { ...endpoints.metadata.annotations, [triggerTime]: lastReady(pods) ?? rfc3339(now) };
  if (subsets.length > 0) endpoints.subsets = subsets;
  else delete endpoints.subsets;
  client.update(Endpoints, endpoints);
}

/** When the last of them changed its readiness. */
function lastReady(pods: readonly V1Pod[]): string | undefined {
  return pods
    .map((pod) => readyCondition(pod)?.lastTransitionTime)
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
}

function selected(pods: readonly V1Pod[], service: V1Service): V1Pod[] {
  const selector = selectorOfLabels(service.spec.selector ?? {});
  return pods.filter(
    (pod) => selector.matches(pod.metadata.labels) && !isTerminal(pod) && !pod.metadata.deletionTimestamp && pod.status?.podIP,
  );
}

/** Addresses with the same ports share a subset; addresses in order of IP (`RepackSubsets`). */
function subsetsOf(service: V1Service, pods: readonly V1Pod[]): Subset[] {
  const subsets = new Map<string, Subset>();
  const ordered = [...pods].sort((a, b) => compareIps(a.status?.podIP ?? '', b.status?.podIP ?? ''));
  for (const pod of ordered) {
    const ports = (service.spec.ports ?? []).flatMap(({ name, protocol, targetPort, port, appProtocol }) => {
      const number = portNumber(pod, targetPort ?? port, protocol ?? 'TCP');
      return number === undefined
        ? []
        : [{ ...(name ? { name } : {}), port: number, protocol: protocol ?? 'TCP', ...(appProtocol ? { appProtocol } : {}) }];
    });
    const key = JSON.stringify(ports);
    const subset = subsets.get(key) ?? ({ ports } as Subset);
    const list = isReady(pod) || service.spec.publishNotReadyAddresses ? 'addresses' : 'notReadyAddresses';
    subset[list] = [...(subset[list] ?? []), addressOf(pod)];
    subsets.set(key, subset);
  }
  return [...subsets.values()];
}

function addressOf(pod: V1Pod): Address {
  const { name, namespace, uid } = pod.metadata;
  return {
    ip: pod.status?.podIP as string,
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', namespace: namespace as string, name, uid },
  };
}

function compareIps(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  const index = left.findIndex((part, at) => part !== right[at]);
  return index < 0 ? 0 : (left[index] as number) - (right[index] ?? 0);
}
