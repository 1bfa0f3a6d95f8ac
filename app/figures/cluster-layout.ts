import type { ClusterView, NodeView, PodView, ServiceView } from '@/lib/cluster';
import type { PartId } from '@/app/look/parts';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PodBox extends Box {
  readonly pod: PodView;
  readonly title: string;
  /** Too many for names: a small shape only. */
  readonly isDense: boolean;
}

/** A part of the machine that runs on a node and is not the learner's: kubelet, kube-proxy, the control plane. */
export interface Agent {
  readonly part: PartId;
  readonly name: string;
  readonly status: string;
  readonly pod: PodView | undefined;
}

export interface NodeBox extends Box {
  readonly node: NodeView;
  readonly agents: readonly Agent[];
  readonly taints: readonly string[];
  readonly podsCount: number;
  readonly podsTop: number;
  readonly footTop: number;
}

export interface ServiceBox extends Box {
  readonly service: ServiceView;
}

/** A Service's reach: one dotted way from its box to each node that has an endpoint. */
export interface ServiceLane {
  readonly key: string;
  readonly path: string;
  readonly beads: readonly { readonly x: number; readonly y: number }[];
}

export interface ClusterLayout {
  readonly width: number;
  readonly height: number;
  readonly waiting:
    | (Box & { readonly pods: readonly PodView[]; readonly reason: string | undefined; readonly reasonTop: number })
    | undefined;
  readonly nodes: readonly NodeBox[];
  readonly pods: readonly PodBox[];
  readonly services: readonly ServiceBox[];
  readonly lanes: readonly ServiceLane[];
}

const gap = 12;
const aisle = 20;
/** From this width on two workers stand side by side. */
const broadMin = 560;
const inset = 12;
const podHeight = 46;
const podWidthMin = 106;
const podGap = 6;
const denseSize = 12;
const denseGap = 4;
const headHeight = 40;
const taintHeight = 24;
const footHeight = 40;
const reasonHeight = 42;
const serviceHeight = 46;
const laneWidth = 12;
const lanesMax = 3;
const densePodsMin = 41;
const bareNodesMin = 21;

/**
 * Where everything of a cluster stands in a picture `width` pixels wide. Pure, so that a Pod that moves can be drawn moving.
 * Over 40 Pods a node draws small Pods without names; over 20 nodes, only nodes.
 */
export function layoutCluster(view: ClusterView, width: number): ClusterLayout {
  const services = view.services.filter((service) => !isSystemService(service));
  const isBroad = width >= broadMin && view.nodes.length > 1;
  const lanesCount = Math.min(services.length, lanesMax);
  const inner = isBroad ? width : width - lanesCount * laneWidth - (lanesCount ? 2 : 0);
  const shown = view.pods.filter((pod) => !agentPart(pod));
  const places = new Set(view.nodes.map((node) => node.name));
  const homeless = shown.filter((pod) => !pod.node || !places.has(pod.node));
  const pods: PodBox[] = [];
  let y = 0;
  const waiting = homeless.length ? waitingBox(homeless, inner, pods) : undefined;
  if (waiting) y = waiting.height + gap;
  const nodes: NodeBox[] = [];
  for (const row of rowsOf(sortedNodes(view.nodes), isBroad)) {
    const nodeWidth = row.length > 1 ? (inner - aisle) / 2 : inner;
    const boxes = row.map((node, column) =>
      nodeBox(
        node,
        {
          view,
          pods: shown.filter((pod) => pod.node === node.name),
          x: column * (nodeWidth + aisle),
          y,
          width: nodeWidth,
          isBare: view.nodes.length >= bareNodesMin,
        },
        pods,
      ),
    );
    const height = Math.max(...boxes.map((box) => box.height));
    // Boxes of a row end together; what stands at their foot moves down with it.
    nodes.push(...boxes.map((box) => ({ ...box, height, footTop: box.footTop + height - box.height })));
    y += height + gap;
  }
  const serviceBoxes = layServices(services, { y: y + (isBroad && services.length ? 24 : 4), width, isBroad });
  const lanes = services
    .slice(0, lanesMax)
    .map((service, lane) =>
      (isBroad ? broadLane : gutterLane)(service, { lane, inner, nodes, pods, box: serviceBoxes[lane] as ServiceBox }),
    );
  const last = serviceBoxes.at(-1);
  return { width, height: last ? last.y + last.height : Math.max(0, y - gap), waiting, nodes, pods, services: serviceBoxes, lanes };
}

/** One node a row; where there is room, control planes by themselves and workers two a row. */
function rowsOf(nodes: readonly NodeView[], isBroad: boolean): readonly (readonly NodeView[])[] {
  if (!isBroad) return nodes.map((node) => [node]);
  const controlPlanes = nodes.filter((node) => node.roles.includes('control-plane'));
  const workers = nodes.filter((node) => !node.roles.includes('control-plane'));
  return [...pairsOf(controlPlanes), ...pairsOf(workers)];
}

function pairsOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.flatMap((_, index) => (index % 2 === 0 ? [items.slice(index, index + 2)] : []));
}

/** Which part of the machine a kube-system Pod is, by the name kubeadm gives it. */
export function agentPart(pod: PodView): PartId | undefined {
  if (pod.namespace !== 'kube-system') return undefined;
  return agentPrefixes.find(([prefix]) => pod.name.startsWith(prefix))?.[1];
}

const agentPrefixes: readonly (readonly [string, PartId])[] = [
  ['kube-apiserver-', 'api'],
  ['etcd-', 'etcd'],
  ['kube-scheduler-', 'sch'],
  ['kube-controller-manager-', 'kcm'],
  ['cloud-controller-manager-', 'ccm'],
  ['kube-proxy-', 'kpx'],
  ['coredns-', 'dns'],
];

/** `web-…-hq9zd` for a Pod that a ReplicaSet made, so that what tells it apart fits. */
export function shortPodName(pod: PodView): string {
  const [kind, owner] = pod.owner?.split('/') ?? [];
  if (kind !== 'ReplicaSet' || !owner || !pod.name.startsWith(`${owner}-`)) return pod.name;
  return `${owner.replace(/-[a-z0-9]{5,10}$/, '')}-…-${pod.name.slice(owner.length + 1)}`;
}

export function isSystemService(service: ServiceView): boolean {
  return service.namespace === 'kube-system' || (service.namespace === 'default' && service.name === 'kubernetes');
}

/** Control planes first, then by name with numbers in order. */
function sortedNodes(nodes: readonly NodeView[]): readonly NodeView[] {
  const rank = (node: NodeView) => (node.roles.includes('control-plane') ? 0 : 1);
  return nodes.toSorted((a, b) => rank(a) - rank(b) || a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
}

function waitingBox(homeless: readonly PodView[], width: number, out: PodBox[]): NonNullable<ClusterLayout['waiting']> {
  const grid = layPods(homeless, { x: 0, y: 40, width }, out);
  const reason = homeless.find((pod) => pod.reason)?.reason;
  const reasonTop = 40 + grid + 8;
  return { x: 0, y: 0, width, height: reasonTop + (reason ? reasonHeight : 4), pods: homeless, reason, reasonTop };
}

interface Room {
  readonly view: ClusterView;
  readonly pods: readonly PodView[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly isBare: boolean;
}

function nodeBox(node: NodeView, { view, pods, x, y, width, isBare }: Room, out: PodBox[]): NodeBox {
  const agents = agentsOf(node, view);
  const taints = node.taints.filter((taint) => !taint.startsWith('node.kubernetes.io/'));
  const podsTop = y + headHeight + (taints.length && !isBare ? taintHeight : 0);
  const grid = isBare ? 0 : layPods(pods, { x, y: podsTop, width }, out);
  const footTop = podsTop + (grid ? grid + 8 : 0);
  return {
    node,
    agents,
    taints: isBare ? [] : taints,
    podsCount: view.pods.filter((pod) => pod.node === node.name).length,
    x,
    y,
    width,
    podsTop,
    footTop,
    height: footTop + (isBare ? 4 : footHeight) - y,
  };
}

/** Lays Pods in rows under one another; the height they take. */
function layPods(pods: readonly PodView[], { x, y, width }: { x: number; y: number; width: number }, out: PodBox[]): number {
  if (!pods.length) return 0;
  const isDense = pods.length >= densePodsMin;
  const room = width - 2 * inset;
  const space = isDense ? denseGap : podGap;
  const columns = Math.max(1, Math.floor((room + space) / ((isDense ? denseSize : podWidthMin) + space)));
  const tile = isDense
    ? { width: denseSize, height: denseSize }
    : { width: Math.min(168, (room - (columns - 1) * space) / columns), height: podHeight };
  pods.forEach((pod, index) => {
    const column = index % columns;
    const row = Math.floor(index / columns);
    out.push({
      pod,
      title: shortPodName(pod),
      isDense,
      x: x + inset + column * (tile.width + space),
      y: y + row * (tile.height + space),
      ...tile,
    });
  });
  return Math.ceil(pods.length / columns) * (tile.height + space) - space;
}

function agentsOf(node: NodeView, view: ClusterView): readonly Agent[] {
  const pods = view.pods.filter((pod) => pod.node === node.name && agentPart(pod));
  const order: readonly PartId[] = ['etcd', 'api', 'sch', 'kcm', 'ccm', 'dns', 'kpx'];
  return pods
    .map((pod) => ({
      part: agentPart(pod) as PartId,
      name: pod.name,
      status: pod.status === 'Running' && !pod.isReady ? 'NotReady' : pod.status,
      pod,
    }))
    .toSorted((a, b) => order.indexOf(a.part) - order.indexOf(b.part) || (a.name < b.name ? -1 : 1));
}

/** Under the gutter's end, or in the middle where ways come from both sides. */
function layServices(
  services: readonly ServiceView[],
  { y, width, isBroad }: { y: number; width: number; isBroad: boolean },
): readonly ServiceBox[] {
  const columns = width >= 340 && services.length > 1 ? 2 : 1;
  const boxWidth = columns === 1 ? Math.min(width, 260) : (width - gap) / 2;
  return services.map((service, index) => ({
    service,
    width: boxWidth,
    height: serviceHeight,
    x:
      columns === 1
        ? (width - boxWidth) / (isBroad ? 2 : 1)
        : (isBroad ? index % columns : columns - 1 - (index % columns)) * (boxWidth + gap),
    y: y + Math.floor(index / columns) * (serviceHeight + 8),
  }));
}

interface LaneRoom {
  readonly lane: number;
  readonly inner: number;
  readonly nodes: readonly NodeBox[];
  readonly pods: readonly PodBox[];
  readonly box: ServiceBox;
}

function homesOf(service: ServiceView, { nodes, pods }: LaneRoom): readonly NodeBox[] {
  const ends = new Set(service.endpoints);
  const homes = new Set(pods.filter(({ pod }) => ends.has(`${pod.namespace}/${pod.name}`)).map(({ pod }) => pod.node));
  return nodes.filter(({ node }) => homes.has(node.name));
}

/** From the foot of each node that has an endpoint, by the aisle when other nodes stand below it. */
function broadLane(service: ServiceView, room: LaneRoom): ServiceLane {
  const { lane, inner, nodes, box } = room;
  const floor = Math.max(...nodes.map((node) => node.y + node.height));
  const top = { x: Math.round(box.x + box.width / 2), y: box.y };
  const stops = homesOf(service, room).map((node) => ({
    node,
    x: Math.round(node.x + node.width / 2 + (lane - 1) * 10),
    y: node.y + node.height,
  }));
  const path = stops.map(({ node, x, y }) => {
    const isLowest = y >= floor || !nodes.some((other) => other.y >= y && other.x < x && other.x + other.width > x);
    if (isLowest) return `M${x} ${y}C${x} ${y + 26} ${top.x} ${top.y - 26} ${top.x} ${top.y}`;
    const way = inner / 2 + (lane - 1) * 7;
    const side = node.x > way ? node.x : node.x + node.width;
    const from = node.width > inner / 2 ? `M${way} ${y}` : `M${side} ${y - 16 - lane * 8}H${way}`;
    return `${from}V${floor}C${way} ${floor + 26} ${top.x} ${top.y - 26} ${top.x} ${top.y}`;
  });
  return { key: `${service.namespace}/${service.name}`, path: path.join(''), beads: stops.map(({ x, y }) => ({ x, y })) };
}

/** Down the gutter at the right, with a stub into each node that has an endpoint. */
function gutterLane(service: ServiceView, room: LaneRoom): ServiceLane {
  const { lane, inner, box } = room;
  const x = inner + 2 + laneWidth * (lane + 0.5);
  const stops = homesOf(service, room).map((node) => ({
    x: node.x + node.width,
    y: Math.round(node.y + node.height / 2 + (lane - 1) * 8),
  }));
  const foot = { x: Math.min(x, box.x + box.width - 12), y: box.y };
  const stubs = stops.map((stop) => `M${stop.x} ${stop.y}H${x}`).join('');
  const top = Math.min(...stops.map((stop) => stop.y));
  const path = stops.length
    ? `${stubs}M${x} ${top}V${foot.y - 8}${foot.x === x ? `V${foot.y}` : `Q${x} ${foot.y - 4} ${foot.x} ${foot.y}`}`
    : '';
  return { key: `${service.namespace}/${service.name}`, path, beads: stops };
}
