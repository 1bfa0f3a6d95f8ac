import type { V1Node, V1Pod } from '@/generated/kubernetes/types';
import { matchesRequiredAffinity, Quantity } from '../api';

export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

const resources = ['cpu', 'memory', 'ephemeral-storage'] as const;

/**
 * What a kubelet checks again before it runs a Pod, whoever bound it (`lifecycle/predicate.go`): undefined when it may run here.
 * `others` are the Pods that run here already.
 */
export function admit(pod: V1Pod, node: V1Node, others: readonly V1Pod[]): Rejection | undefined {
  const { os } = pod.spec;
  if (os && os.name !== 'linux')
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  const forbidden = pod.spec.securityContext?.sysctls?.find(({ name }) => !isSafeSysctl(name));
  if (forbidden) return { reason: 'SysctlForbidden', message: `forbidden sysctl: ${JSON.stringify(forbidden.name)} not allowlisted` };
  const confined = [pod.spec, ...pod.spec.containers, ...(pod.spec.initContainers ?? [])].some(
    ({ securityContext }) => securityContext?.appArmorProfile?.type === 'Localhost',
  );
  if (confined) return { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' };
  const capacity = Number(node.status?.allocatable?.pods ?? 110);
  if (others.length + 1 > capacity)
    return {
      reason: 'OutOfpods',
      message: `Node didn't have enough resource: pods, requested: 1, used: ${others.length}, capacity: ${capacity}`,
    };
  for (const resource of resources) {
    const requested = requestOf(pod, resource);
    if (requested === 0) continue;
    const used = others.reduce((sum, other) => sum + requestOf(other, resource), 0);
    const allocatable = amount(node.status?.allocatable?.[resource], resource);
    if (used + requested > allocatable)
      return {
        reason: `OutOf${resource}`,
        message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${allocatable}`,
      };
  }
  if (!matchesRequiredAffinity(pod.spec, node))
    return { reason: 'NodeAffinity', message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector" };
  const port = conflictingPort(pod, others);
  if (port)
    return { reason: 'NodePorts', message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports" };
  return undefined;
}

const safeSysctls = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]);

function isSafeSysctl(name: string): boolean {
  return safeSysctls.has(name);
}

/** In the resource's own unit: milli-CPUs, bytes. */
function amount(text: string | undefined, resource: string): number {
  const quantity = Quantity.of(text);
  return Number(resource === 'cpu' ? (quantity.nanos + 999_999n) / 1_000_000n : quantity.nanos / 1_000_000_000n);
}

/** What the Pod's containers ask for together; init containers run before them, sidecars beside them. */
export function requestOf({ spec }: V1Pod, resource: string): number {
  const of = (container: { resources?: { requests?: Record<string, string> | undefined } | undefined }) =>
    amount(container.resources?.requests?.[resource], resource);
  let sidecars = 0;
  let initMost = 0;
  for (const init of spec.initContainers ?? []) {
    if (init.restartPolicy === 'Always') sidecars += of(init);
    initMost = Math.max(initMost, init.restartPolicy === 'Always' ? sidecars : sidecars + of(init));
  }
  const main = spec.containers.reduce((sum, container) => sum + of(container), 0) + sidecars;
  return Math.max(main, initMost) + amount(spec.overhead?.[resource], resource);
}

function conflictingPort(pod: V1Pod, others: readonly V1Pod[]): string | undefined {
  const taken = new Set(others.flatMap(hostPorts));
  return hostPorts(pod).find((port) => taken.has(port));
}

function hostPorts({ spec }: V1Pod): string[] {
  return spec.containers.flatMap(({ ports = [] }) =>
    ports.filter(({ hostPort }) => hostPort).map(({ hostPort, protocol = 'TCP' }) => `${protocol}/${hostPort}`),
  );
}
