import type {
  CoreV1Event,
  V1DaemonSet,
  V1Deployment,
  V1EndpointSlice,
  V1Node,
  V1Pod,
  V1ReplicaSet,
  V1Service,
} from '@/generated/kubernetes/types';
import { keyOf, Quantity, type KubeObject, type OwnerReference, type Transport } from './api';
import { Client, type ResourceRef } from './client';
import type { Cluster } from './cluster';
import { parseInstant, type Instant } from './kernel';
import { DaemonSet, Deployment, EndpointSlice, Event, Node, Pod, podSummaryOf, ReplicaSet, Service } from './resources';
import type { ClusterView, EventView, NodeView, PodView, ServiceView, WorkloadView } from './view';

const eventsMax = 50;

/** What a screen shows of `cluster` now. Empty lists where its API server does not answer. */
export function viewOf(cluster: Cluster): ClusterView {
  const { revision, now } = cluster;
  const isUp = (machine: string) => cluster.findMachine(machine)?.isUp ?? false;
  return cluster.kernel.aside(() => drawn({ transport: cluster.asAdmin('view'), revision, now, isUp }));
}

/** What a screen would have shown at an instant. Throws where the history does not reach. */
export function pastViewOf(cluster: Cluster, at: number): ClusterView {
  const past = cluster.history.at({ at });
  const isUp = (machine: string) => past.wasUp(machine) ?? cluster.findMachine(machine)?.isUp ?? false;
  return drawn({ transport: past.api, revision: past.revision, now: at, isUp });
}

interface Scene extends Pick<ClusterView, 'revision' | 'now'> {
  readonly transport: Transport;
  isUp(machine: string): boolean;
}

function drawn({ transport, revision, now, isUp }: Scene): ClusterView {
  const client = new Client({ transport, actor: 'view' });
  const pods = listed<V1Pod>(client, Pod);
  const slices = listed<V1EndpointSlice>(client, EndpointSlice);
  const deployments = listed<V1Deployment>(client, Deployment).map(deploymentView);
  const daemonSets = listed<V1DaemonSet>(client, DaemonSet).map(daemonSetView);
  const replicaSets = listed<V1ReplicaSet>(client, ReplicaSet).map(replicaSetView);
  return {
    revision,
    now,
    nodes: listed<V1Node>(client, Node).map((node) => nodeView(node, pods, isUp(node.metadata.name))),
    pods: pods.map(podView),
    workloads: [...deployments, ...daemonSets, ...replicaSets],
    services: listed<V1Service>(client, Service).map((service) => serviceView(service, slices)),
    events: eventViews(listed<CoreV1Event>(client, Event)),
  };
}

function listed<T extends KubeObject>(client: Client, resource: ResourceRef<T>): readonly T[] {
  try {
    return client.list(resource).items;
  } catch {
    return [];
  }
}

function nodeView(node: V1Node, pods: readonly V1Pod[], isUp: boolean): NodeView {
  const here = pods.filter(
    (pod) => pod.spec.nodeName === node.metadata.name && pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed',
  );
  const asked = (resource: string) => here.reduce((sum, pod) => sum + requested(pod, resource), 0);
  const has = (resource: string) => amount(node.status.allocatable?.[resource], resource);
  return {
    name: node.metadata.name,
    roles: Object.keys(node.metadata.labels ?? {}).flatMap((label) =>
      label.startsWith('node-role.kubernetes.io/') ? [label.slice('node-role.kubernetes.io/'.length)] : [],
    ),
    status: nodeStatus(node),
    isUp,
    taints: (node.spec.taints ?? []).map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`),
    cpu: { requestedMillis: asked('cpu'), allocatableMillis: has('cpu') },
    memory: { requestedBytes: asked('memory'), allocatableBytes: has('memory') },
    podsMax: has('pods'),
  };
}

function nodeStatus({ spec, status }: V1Node): string {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
  const words = [ready === undefined ? 'Unknown' : ready === 'True' ? 'Ready' : 'NotReady'];
  return [...words, ...(spec.unschedulable ? ['SchedulingDisabled'] : [])].join(',');
}

function requested(pod: V1Pod, resource: string): number {
  return pod.spec.containers.reduce((sum, container) => sum + amount(container.resources?.requests?.[resource], resource), 0);
}

/** CPU in thousandths, everything else in units. */
function amount(quantity: string | undefined, resource: string): number {
  if (!quantity) return 0;
  const parsed = Quantity.parse(quantity);
  return resource === 'cpu' ? parsed.milliValue() : parsed.value();
}

function podView(pod: V1Pod): PodView {
  const { ready, status, restarts } = podSummaryOf(pod);
  return {
    uid: pod.metadata.uid,
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name,
    node: pod.spec.nodeName || undefined,
    status,
    isReady: pod.status.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ?? false,
    ready,
    restarts,
    ip: pod.status.podIP || undefined,
    labels: pod.metadata.labels ?? {},
    owner: ownerOf(pod.metadata.ownerReferences),
    reason: whyWaiting(pod),
  };
}

function ownerOf(references: readonly OwnerReference[] | undefined): string | undefined {
  const owner = references?.find(({ controller }) => controller);
  return owner && `${owner.kind}/${owner.name}`;
}

function whyWaiting({ status }: V1Pod): string | undefined {
  const unscheduled = status.conditions?.find(({ type, status: holds }) => type === 'PodScheduled' && holds === 'False');
  const waiting = status.containerStatuses?.find(({ state }) => state?.waiting?.message)?.state?.waiting;
  return unscheduled?.message ?? waiting?.message ?? status.message ?? undefined;
}

function deploymentView({ metadata, spec, status }: V1Deployment): WorkloadView {
  return workload('Deployment', metadata, spec.replicas ?? 1, status.readyReplicas, status.updatedReplicas);
}

function replicaSetView({ metadata, spec, status }: V1ReplicaSet): WorkloadView {
  return workload('ReplicaSet', metadata, spec.replicas ?? 1, status.readyReplicas, status.replicas);
}

function daemonSetView({ metadata, status }: V1DaemonSet): WorkloadView {
  return workload('DaemonSet', metadata, status.desiredNumberScheduled, status.numberReady, status.updatedNumberScheduled);
}

function workload(kind: string, metadata: KubeObject['metadata'], desired = 0, ready = 0, upToDate = 0): WorkloadView {
  return {
    kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    desired,
    ready,
    upToDate,
    owner: ownerOf(metadata.ownerReferences),
  };
}

function serviceView(service: V1Service, slices: readonly V1EndpointSlice[]): ServiceView {
  const { metadata, spec } = service;
  const own = slices.filter(
    (slice) => slice.metadata.namespace === metadata.namespace && slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name,
  );
  const ready = own.flatMap((slice) => slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready ?? true);
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    type: spec.type ?? 'ClusterIP',
    clusterIp: spec.clusterIP ?? '',
    ports: (spec.ports ?? []).map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol ?? 'TCP'}`),
    selector: spec.selector ?? {},
    endpoints: ready.flatMap(({ targetRef, addresses }) => (targetRef?.name ? [`${targetRef.namespace}/${targetRef.name}`] : addresses)),
  };
}

function eventViews(events: readonly CoreV1Event[]): EventView[] {
  const views = events.map((event): EventView => ({
    uid: event.metadata.uid,
    at: lastSeen(event),
    type: event.type === 'Warning' ? 'Warning' : 'Normal',
    reason: event.reason ?? '',
    message: event.message ?? '',
    object: `${event.involvedObject.kind}/${keyOf({ metadata: { name: event.involvedObject.name ?? '', namespace: event.involvedObject.namespace } })}`,
    source: event.source?.component || event.reportingComponent || '',
    count: event.count ?? event.series?.count ?? 1,
  }));
  return views.sort((a, b) => b.at - a.at || (a.uid < b.uid ? -1 : 1)).slice(0, eventsMax);
}

function lastSeen(event: CoreV1Event): Instant {
  return parseInstant(event.series?.lastObservedTime || event.lastTimestamp || event.eventTime || event.metadata.creationTimestamp);
}
