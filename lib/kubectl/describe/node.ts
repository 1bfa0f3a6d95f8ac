import { compareBytes } from '@/lib/base';
import { canonicalQuantity, Quantity, StatusError, type KubeObject } from '@/lib/cluster';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { age, rfc1123 } from '../duration';
import { defineDescriber } from './describer';
import { eventLines, eventsAbout } from './events';
import { annotationLines, labelLines, resourceNames, type Text } from './text';

export const nodeDescriber = defineDescriber({
  hasEvents: true,
  async describe(text, node, { context, events }) {
    const { metadata, spec, status } = node;
    text.line(0, 'Name:', metadata.name).line(0, 'Roles:', roles(metadata.labels));
    labelLines(text, 'Labels', metadata.labels);
    annotationLines(text, 'Annotations', metadata.annotations);
    text.line(0, 'CreationTimestamp:', rfc1123(metadata.creationTimestamp));
    taintLines(text, spec.taints);
    text.line(0, 'Unschedulable:', String(spec.unschedulable ?? false));
    await leaseLines(text, context, metadata.name);
    conditionLines(text, status.conditions);
    text.line(0, 'Addresses:');
    for (const { type, address } of status.addresses ?? []) text.line(1, `${type}:`, address);
    resourceLines(text, 'Capacity', status.capacity);
    resourceLines(text, 'Allocatable', status.allocatable);
    systemLines(text, status.nodeInfo ?? {});
    if (spec.podCIDR) text.line(0, 'PodCIDR:', spec.podCIDR);
    if (spec.podCIDRs?.length) text.line(0, 'PodCIDRs:', spec.podCIDRs.join(','));
    if (spec.providerID) text.line(0, 'ProviderID:', spec.providerID);
    podLines(text, node, await runningPods(context, metadata.name), context.io.now());
    // The kubelet's events carry the node's name as uid, the controllers' its real one.
    const byName = events && (await eventsAbout(context, { name: metadata.name, kind: 'Node', uid: metadata.name }));
    eventLines(text, events && byName && [...events, ...byName], context.io.now());
  },
});

function roles(labels: Readonly<Record<string, string>> | undefined): string {
  const found = Object.entries(labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith('node-role.kubernetes.io/')) return [key.slice('node-role.kubernetes.io/'.length)];
    return key === 'kubernetes.io/role' && value ? [value] : [];
  });
  return [...new Set(found.filter(Boolean))].sort(compareBytes).join(',') || '<none>';
}

export function taintText({ key, value, effect }: any): string {
  return `${key}${value ? `=${value}` : ''}:${effect}`;
}

function taintLines(text: Text, taints: readonly any[] | undefined): void {
  const sorted = [...(taints ?? [])].sort((a, b) => compareBytes(a.effect, b.effect) || compareBytes(a.key, b.key));
  if (sorted.length === 0) text.line(0, 'Taints:', '<none>');
  sorted.forEach((taint, index) => text.line(0, index === 0 ? 'Taints:' : '', taintText(taint)));
}

async function leaseLines(text: Text, context: Context, name: string): Promise<void> {
  const resource = await context.discovery.get('leases');
  try {
    const { spec = {} } = await context.client.get(pathOf(resource, 'kube-node-lease', name));
    text.line(0, 'Lease:').line(1, 'HolderIdentity:', spec.holderIdentity ?? '<unset>');
    text
      .line(1, 'AcquireTime:', spec.acquireTime ? rfc1123(spec.acquireTime) : '<unset>')
      .line(1, 'RenewTime:', spec.renewTime ? rfc1123(spec.renewTime) : '<unset>');
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    text.line(0, 'Lease:', `Failed to get lease: ${error.message}`);
  }
}

function conditionLines(text: Text, conditions: readonly any[] | undefined): void {
  if (!conditions?.length) return;
  text.line(0, 'Conditions:').line(1, 'Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message');
  text.line(1, '----', '------', '-----------------', '------------------', '------', '-------');
  const time = (at: string | undefined) => rfc1123(at ?? '0001-01-01T00:00:00Z');
  for (const one of conditions)
    text.line(
      1,
      `${one.type} `,
      `${one.status} `,
      `${time(one.lastHeartbeatTime)} `,
      `${time(one.lastTransitionTime)} `,
      `${one.reason ?? ''} `,
      one.message ?? '',
    );
}

function resourceLines(text: Text, title: string, list: Readonly<Record<string, string>> | undefined): void {
  const names = resourceNames(list);
  if (names.length) text.line(0, `${title}:`);
  for (const name of names) text.line(1, `${name}:`, canonicalQuantity(list?.[name] ?? '0'));
}

function systemLines(text: Text, system: any): void {
  text.line(0, 'System Info:');
  const fields = [
    ['Machine ID', 'machineID'],
    ['System UUID', 'systemUUID'],
    ['Boot ID', 'bootID'],
    ['Kernel Version', 'kernelVersion'],
    ['OS Image', 'osImage'],
    ['Operating System', 'operatingSystem'],
    ['Architecture', 'architecture'],
    ['Container Runtime Version', 'containerRuntimeVersion'],
    ['Kubelet Version', 'kubeletVersion'],
    ['Kube-Proxy Version', 'kubeProxyVersion'],
  ] as const;
  for (const [title, field] of fields) if (field !== 'kubeProxyVersion' || system[field]) text.line(1, `${title}:`, system[field] ?? '');
}

async function runningPods(context: Context, node: string): Promise<KubeObject[]> {
  const resource = await context.discovery.get('pods');
  const fieldSelector = `spec.nodeName=${node},status.phase!=Succeeded,status.phase!=Failed`;
  const { items } = await context.client.get(pathOf(resource, undefined), { query: { fieldSelector, limit: 500 } });
  return items;
}

function podLines(text: Text, node: KubeObject, pods: readonly KubeObject[], now: number): void {
  const allocatable = node['status'].allocatable ?? node['status'].capacity ?? {};
  text.line(0, 'Non-terminated Pods:', `(${pods.length} in total)`);
  text.line(1, 'Namespace', 'Name', '', 'CPU Requests', 'CPU Limits', 'Memory Requests', 'Memory Limits', 'Age');
  text.line(1, '---------', '----', '', '------------', '----------', '---------------', '-------------', '---');
  for (const pod of pods) {
    const cells = (['cpu', 'memory'] as const).flatMap((name) =>
      (['requests', 'limits'] as const).map((kind) => share(totalOf(pod, kind, name), allocatable[name], name)),
    );
    text.line(1, pod.metadata.namespace ?? '', pod.metadata.name, '', ...cells, age(String(pod.metadata.creationTimestamp), now));
  }
  text
    .line(0, 'Allocated resources:')
    .line(1, '(Total limits may be over 100 percent, i.e., overcommitted.)')
    .line(1, 'Resource', 'Requests', 'Limits')
    .line(1, '--------', '--------', '------');
  for (const name of ['cpu', 'memory', 'ephemeral-storage', ...extended(allocatable)]) {
    const [requests, limits] = (['requests', 'limits'] as const).map((kind) =>
      pods.reduce((sum, pod) => sum + totalOf(pod, kind, name), 0n),
    ) as [bigint, bigint];
    text.line(1, name, shareOfAll(requests, allocatable[name], name), shareOfAll(limits, allocatable[name], name));
  }
}

/** Huge pages and devices, which are listed after the three that every node has. */
function extended(allocatable: Readonly<Record<string, string>>): string[] {
  return Object.keys(allocatable)
    .filter((name) => name.startsWith('hugepages-') || name.includes('/'))
    .sort(compareBytes);
}

/** Nano-units a Pod asks for: its containers together, or its largest init container if that is more. */
function totalOf({ spec }: any, kind: 'requests' | 'limits', name: string): bigint {
  const amount = (container: any): bigint => nanos(container.resources?.[kind]?.[name]);
  const main = (spec.containers ?? []).reduce((sum: bigint, container: any) => sum + amount(container), 0n);
  const init = (spec.initContainers ?? []).reduce((max: bigint, container: any) => (amount(container) > max ? amount(container) : max), 0n);
  const sum: bigint = main > init ? main : init;
  const overhead = kind === 'requests' || sum > 0n ? nanos(spec.overhead?.[name]) : 0n;
  return (spec.resources?.[kind]?.[name] === undefined ? sum : nanos(spec.resources[kind][name])) + overhead;
}

function nanos(text: string | undefined): bigint {
  return text === undefined ? 0n : BigInt(Quantity.of(text).milliValue()) * 1_000_000n;
}

function percent(amount: bigint, of: string | undefined): number {
  const whole = nanos(of);
  return whole === 0n ? 0 : Number((amount * 100n) / whole);
}

function quantityText(amount: bigint, name: string): string {
  return Quantity.ofNanos(amount, name === 'cpu' ? 'DecimalSI' : 'BinarySI').toString();
}

function share(amount: bigint, of: string | undefined, name: string): string {
  return `${quantityText(amount, name)} (${percent(amount, of)}%)`;
}

function shareOfAll(amount: bigint, of: string | undefined, name: string): string {
  return name.includes('/') ? quantityText(amount, 'cpu') : share(amount, of, name);
}
