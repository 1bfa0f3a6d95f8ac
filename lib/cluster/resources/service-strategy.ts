import type { V1Service, V1ServicePort, V1ServiceSpec } from '@/generated/kubernetes/types';
import { deepCopy, deepEqual } from '@/lib/base';
import { isExternallyAccessible, needsHealthCheck } from './validation/service';

// What the API server divines when a writer leaves linked or allocated fields out (`pkg/registry/core/service`).

/** `clusterIP` and the first of `clusterIPs` are one thing; an old client changes only the first of the two (`normalizeClusterIPs`). */
export function pairClusterIPs({ spec }: V1Service, old: V1Service | undefined): void {
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const before = old.spec;
  const isSameList = deepEqual(before.clusterIPs ?? [], spec.clusterIPs ?? []);
  if (before.clusterIPs?.length && !spec.clusterIPs?.length && before.clusterIP === spec.clusterIP)
    spec.clusterIPs = deepCopy(before.clusterIPs);
  if (before.clusterIP === spec.clusterIP || !isSameList) return;
  if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
  else delete spec.clusterIPs;
}

const needsClusterIP = ({ type }: V1ServiceSpec) => type === 'ClusterIP' || type === 'NodePort' || type === 'LoadBalancer';
const needsNodePorts = ({ type, allocateLoadBalancerNodePorts }: V1ServiceSpec) =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);

/** Leaving an allocated value out means keeping it (`patchAllocatedValues`). */
export function keepAllocated({ spec }: V1Service, { spec: before }: V1Service): void {
  if (needsClusterIP(before) && needsClusterIP(spec)) {
    if (!spec.clusterIP && before.clusterIP) spec.clusterIP = before.clusterIP;
    if (!spec.clusterIPs?.length && before.clusterIPs && spec.clusterIP === before.clusterIP) spec.clusterIPs = deepCopy(before.clusterIPs);
  }
  if (needsNodePorts(before) && needsNodePorts(spec)) keepNodePorts(spec.ports ?? [], before.ports ?? []);
  if (needsHealthCheck(before) && needsHealthCheck(spec) && !spec.healthCheckNodePort)
    spec.healthCheckNodePort = before.healthCheckNodePort;
}

function keepNodePorts(ports: readonly V1ServicePort[], before: readonly V1ServicePort[]): void {
  const taken = new Set(ports.map(({ nodePort, protocol }) => `${protocol}/${nodePort}`));
  for (const port of ports) {
    if (port.nodePort) continue;
    const earlier = before.find(({ protocol, port: number }) => protocol === port.protocol && number === port.port);
    if (earlier?.nodePort && !taken.has(`${port.protocol}/${earlier.nodePort}`)) port.nodePort = earlier.nodePort;
  }
}

/** Who changes the type and leaves the fields of the old type as they were means to drop them (`dropTypeDependentFields`). */
export function dropFieldsOfOtherType({ spec }: V1Service, old: V1Service | undefined): void {
  if (!old) return;
  const before = old.spec;
  const isSame = (field: keyof V1ServiceSpec) => deepEqual(before[field], spec[field]);
  const drop = (...fields: (keyof V1ServiceSpec)[]) => fields.forEach((field) => void (isSame(field) && delete spec[field]));
  if (needsClusterIP(before) && !needsClusterIP(spec)) {
    if (isSame('clusterIPs')) drop('clusterIP', 'clusterIPs');
    drop('ipFamilies', 'ipFamilyPolicy');
  }
  if (needsNodePorts(before) && !needsNodePorts(spec) && deepEqual(nodePortsOf(before), nodePortsOf(spec)))
    for (const port of spec.ports ?? []) delete port.nodePort;
  if (needsHealthCheck(before) && !needsHealthCheck(spec)) drop('healthCheckNodePort');
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') drop('allocateLoadBalancerNodePorts', 'loadBalancerClass');
  if (isExternallyAccessible(before) && !isExternallyAccessible(spec)) drop('externalTrafficPolicy');
  if (needsClusterIP(before) && spec.type === 'ExternalName') drop('internalTrafficPolicy');
}

function nodePortsOf({ ports }: V1ServiceSpec): number[] {
  return (ports ?? []).map(({ nodePort }) => nodePort ?? 0);
}
