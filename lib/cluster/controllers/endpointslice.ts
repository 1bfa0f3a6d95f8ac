import type { V1EndpointSlice, V1Pod, V1Service } from '@/generated/kubernetes/types';
import { deepCopy, deepEqual } from '@/lib/base';
import { keyOf, selectorOfLabels, type Draft } from '../api';
import { done } from '../client';
import { parseInstant, rfc3339, type Instant } from '../kernel';
import { EndpointSlice, Node, Pod, Service } from '../resources';
import { defineController, type ReconcileContext } from './controller';
import { isNamespaceTerminating } from './pod-control';
import { deleteIfThere } from './write';
import { controllerReference, isReady, isTerminal, readyCondition } from './pod-state';

type Context = ReconcileContext<V1Service>;
type Endpoint = NonNullable<V1EndpointSlice['endpoints']>[number];
type Port = NonNullable<V1EndpointSlice['ports']>[number];

const managedBy = 'endpointslice.kubernetes.io/managed-by';
const manager = 'endpointslice-controller.k8s.io';
const serviceName = 'kubernetes.io/service-name';
const headless = 'service.kubernetes.io/headless';
const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';
const zoneLabel = 'topology.kubernetes.io/zone';
const endpointsMax = 100;

/** Keeps, for each Service with a selector, slices of the addresses behind it (`pkg/controller/endpointslice`). */
export const endpointSliceController = defineController<V1Service>({
  name: 'endpointslice-controller',
  component: 'endpoint-slice-controller',
  for: Service,
  owns: [EndpointSlice],
  watches: [{ resource: Pod, keys: servicesOf, matters: changesEndpoints }],
  reads: [Node],
  reconcile,
});

/** Services that select a Pod. */
export function servicesOf(pod: V1Pod, cache: Context['cache']): string[] {
  const services = cache(Service).list(pod.metadata.namespace);
  return services.filter(({ spec }) => spec.selector && selectorOfLabels(spec.selector).matches(pod.metadata.labels)).map(keyOf);
}

/** `endpointsliceutil.podEndpointsChanged`: addresses, readiness, going, labels. */
export function changesEndpoints(old: V1Pod, pod: V1Pod): boolean {
  return (
    !deepEqual(old.metadata.labels, pod.metadata.labels) ||
    Boolean(old.metadata.deletionTimestamp) !== Boolean(pod.metadata.deletionTimestamp) ||
    isReady(old) !== isReady(pod) ||
    isTerminal(old) !== isTerminal(pod) ||
    old.spec.nodeName !== pod.spec.nodeName ||
    !deepEqual(old.status?.podIPs, pod.status?.podIPs)
  );
}

function isOurs({ metadata }: V1EndpointSlice): boolean {
  return metadata.labels?.[managedBy] === manager;
}

function reconcile(context: Context): typeof done {
  const { object: service, cache, expectations, key } = context;
  if (!service) expectations.forget(key);
  if (
    !service ||
    !expectations.areSatisfied(key) ||
    service.metadata.deletionTimestamp ||
    !service.spec.selector ||
    service.spec.type === 'ExternalName'
  )
    return done;
  const existing = cache(EndpointSlice).list(
    service.metadata.namespace,
    (slice) => isOurs(slice) && slice.metadata.labels?.[serviceName] === service.metadata.name,
  );
  const wanted = wantedSlices(context, service, existing);
  const kept = new Set(wanted.map(({ from }) => from));
  const left = existing.filter((slice) => !kept.has(slice));
  const plan = wanted.map(({ slice, from }) => ({ slice, from: from ?? left.shift() }));
  for (const { slice, from } of plan) if (from) updateSlice(context, service, slice, from);
  for (const slice of left) deleteIfThere(context.client, EndpointSlice, slice);
  createSlices(
    context,
    service,
    plan.filter(({ from }) => !from).map(({ slice }) => slice),
  );
  return done;
}

interface Wanted {
  readonly slice: { readonly endpoints: Endpoint[] | null; readonly ports: Port[] | null };
  /** The slice that becomes this one; where there is none, one that is left over is used again. */
  readonly from: V1EndpointSlice | undefined;
}

/** Endpoints stay in the slice they are in; new ones fill the gaps; a Service without any keeps one empty slice. */
function wantedSlices(context: Context, service: V1Service, existing: readonly V1EndpointSlice[]): Wanted[] {
  const groups = groupByPorts(context, service);
  const wanted = groups.flatMap(({ ports, endpoints }) =>
    fill(
      ports,
      endpoints,
      existing.filter((slice) => deepEqual(slice.ports ?? [], ports)),
    ),
  );
  if (wanted.length > 0) return wanted;
  return [{ slice: { endpoints: null, ports: null }, from: existing.find((slice) => !slice.endpoints?.length) ?? existing[0] }];
}

interface Group {
  readonly ports: Port[];
  readonly endpoints: Map<string, Endpoint>;
}

function groupByPorts({ cache }: Context, service: V1Service): Group[] {
  const groups = new Map<string, Group>();
  const selector = selectorOfLabels(service.spec.selector ?? {});
  for (const pod of cache(Pod).list(service.metadata.namespace, (pod) => selector.matches(pod.metadata.labels))) {
    if (isTerminal(pod) || !pod.status?.podIPs?.length) continue;
    const ports = portsOf(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    group.endpoints.set(pod.metadata.uid, endpointOf(service, pod, cache(Node).get(pod.spec.nodeName ?? '')?.metadata.labels?.[zoneLabel]));
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** A named target port is looked up in each Pod; one that has no such port is served without it. */
function portsOf({ spec }: V1Service, pod: V1Pod): Port[] {
  return (spec.ports ?? []).flatMap(({ name, protocol, targetPort, port, appProtocol }) => {
    const number = portNumber(pod, targetPort ?? port, protocol ?? 'TCP');
    return number === undefined
      ? []
      : [{ name: name ?? '', port: number, protocol: protocol ?? 'TCP', ...(appProtocol ? { appProtocol } : {}) } as Port];
  });
}

export function portNumber({ spec }: V1Pod, target: number | string, protocol: string): number | undefined {
  if (typeof target === 'number') return target;
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const { ports = [] } of [...spec.containers, ...sidecars]) {
    const found = ports.find((port) => port.name === target && (port.protocol ?? 'TCP') === protocol);
    if (found) return found.containerPort;
  }
  return undefined;
}

function endpointOf(service: V1Service, pod: V1Pod, zone: string | undefined): Endpoint {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const serving = isReady(pod);
  const terminating = deletionTimestamp !== undefined;
  const hostname = pod.spec.hostname && pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
  return {
    addresses: [(pod.status?.podIPs ?? [])[0]?.ip as string],
    conditions: { ready: Boolean(service.spec.publishNotReadyAddresses) || (serving && !terminating), serving, terminating },
    ...(hostname ? { hostname } : {}),
    targetRef: { kind: 'Pod', namespace: namespace as string, name, uid },
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
    ...hintsFor(service, pod, zone, serving && !terminating),
  };
}

/** Where traffic for this endpoint should come from, if the Service prefers to keep it close. */
function hintsFor({ spec }: V1Service, pod: V1Pod, zone: string | undefined, isReady: boolean): Pick<Endpoint, 'hints'> {
  const isSameNode = spec.trafficDistribution === 'PreferSameNode';
  if (!isReady || (!zone && !isSameNode) || !['PreferClose', 'PreferSameZone', 'PreferSameNode'].includes(spec.trafficDistribution ?? ''))
    return {};
  const forNodes = isSameNode && pod.spec.nodeName ? { forNodes: [{ name: pod.spec.nodeName }] } : {};
  return { hints: { ...forNodes, ...(zone ? { forZones: [{ name: zone }] } : {}) } };
}

function fill(ports: Port[], endpoints: Map<string, Endpoint>, slices: readonly V1EndpointSlice[]): Wanted[] {
  const left = new Map(endpoints);
  const kept = slices.map((from) => {
    const staying = (from.endpoints ?? []).map(({ targetRef }) => take(left, targetRef?.uid ?? '')).filter((one) => one !== undefined);
    return { slice: { endpoints: staying, ports }, from };
  });
  const wanted: Wanted[] = kept;
  for (const { slice } of kept)
    while (slice.endpoints.length < endpointsMax && left.size > 0)
      slice.endpoints.push(take(left, left.keys().next().value as string) as Endpoint);
  while (left.size > 0) {
    const taken = [...left.keys()].slice(0, endpointsMax).map((uid) => take(left, uid) as Endpoint);
    wanted.push({ slice: { endpoints: taken, ports }, from: undefined });
  }
  return wanted.filter(({ slice }) => slice.endpoints?.length);
}

function take(endpoints: Map<string, Endpoint>, uid: string): Endpoint | undefined {
  const endpoint = endpoints.get(uid);
  endpoints.delete(uid);
  return endpoint;
}

function updateSlice(context: Context, service: V1Service, { endpoints, ports }: Wanted['slice'], from: V1EndpointSlice): void {
  const labels = labelsFor(service);
  const isSame =
    deepEqual(from.endpoints ?? [], endpoints ?? []) && deepEqual(from.ports ?? [], ports ?? []) && deepEqual(from.metadata.labels, labels);
  if (isSame) return;
  const slice = deepCopy(from);
  Object.assign(slice, { endpoints, ports });
  slice.metadata.labels = labels;
  const changedAt = lastChange(context, endpoints ?? [], from);
  const { [triggerTime]: _, ...annotations } = slice.metadata.annotations ?? {};
  slice.metadata.annotations = changedAt === undefined ? annotations : { ...annotations, [triggerTime]: rfc3339(changedAt) };
  context.client.update(EndpointSlice, slice);
}

/** Until the cache has seen all of them, the Service is left alone: it would make them again. */
function createSlices(context: Context, service: V1Service, slices: readonly Wanted['slice'][]): void {
  const { client, expectations, key } = context;
  expectations.expect(key, { creations: slices.length });
  try {
    for (const slice of slices) client.create(EndpointSlice, newSlice(context, service, slice, labelsFor(service)));
  } catch (error) {
    expectations.forget(key);
    if (!isNamespaceTerminating(error)) throw error;
  }
}

function newSlice(
  context: Context,
  service: V1Service,
  { endpoints, ports }: Wanted['slice'],
  labels: Record<string, string>,
): Draft<V1EndpointSlice> {
  const changedAt = lastChange(context, endpoints ?? [], undefined) ?? parseInstant(service.metadata.creationTimestamp);
  return {
    metadata: {
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace as string,
      labels,
      annotations: { [triggerTime]: rfc3339(changedAt) },
      ownerReferences: [controllerReference(Service, service)],
    },
    addressType: service.spec.ipFamilies?.[0] ?? 'IPv4',
    endpoints,
    ports,
  } as Draft<V1EndpointSlice>;
}

/** The Service's own labels, and those by which slices are found. */
function labelsFor({ metadata, spec }: V1Service): Record<string, string> {
  return {
    ...metadata.labels,
    [managedBy]: manager,
    [serviceName]: metadata.name,
    ...(spec.clusterIP === 'None' ? { [headless]: '' } : {}),
  };
}

/** When the Pods that are new here became what they are: kube-proxy measures its delay by it. */
function lastChange({ cache }: Context, endpoints: readonly Endpoint[], from: V1EndpointSlice | undefined): Instant | undefined {
  const before = new Map((from?.endpoints ?? []).map((endpoint) => [endpoint.targetRef?.uid, endpoint]));
  const changed = endpoints.filter((endpoint) => !deepEqual(before.get(endpoint.targetRef?.uid), endpoint));
  const times = changed
    .map(({ targetRef }) => readyCondition(cache(Pod).get(`${targetRef?.namespace}/${targetRef?.name}`) as V1Pod)?.lastTransitionTime)
    .filter((time) => time !== undefined);
  return times.length > 0 ? (Math.max(...times.map(parseInstant)) as Instant) : undefined;
}
