import { compareBytes } from '@/lib/base';
import type { V1Service, V1ServicePort } from '@/generated/kubernetes/types';
import type { TableColumn } from '../../api';
import { ageColumn, formatLabels, nameColumn } from './shared';

const spec = 'io.k8s.api.core.v1.ServiceSpec';

/** The columns of `kubectl get services` (`printService` of `pkg/printers/internalversion/printers.go`). */
export const serviceColumns: readonly TableColumn<V1Service>[] = [
  nameColumn,
  { name: 'Type', describedBy: `${spec}.type`, value: ({ spec }) => spec.type ?? '' },
  { name: 'Cluster-IP', describedBy: `${spec}.clusterIP`, value: ({ spec }) => spec.clusterIPs?.[0] ?? '<none>' },
  { name: 'External-IP', describedBy: `${spec}.externalIPs`, value: externalAddress },
  { name: 'Port(s)', describedBy: `${spec}.ports`, value: ({ spec }) => (spec.ports ?? []).map(portText).join(',') || '<none>' },
  ageColumn,
  { name: 'Selector', priority: 1, describedBy: `${spec}.selector`, value: ({ spec }) => formatLabels(spec.selector) },
];

function portText({ port, nodePort, protocol }: V1ServicePort): string {
  return nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`;
}

function externalAddress({ spec, status }: V1Service): string {
  const external = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || '<none>';
    case 'LoadBalancer':
      return [...loadBalancerAddresses(status), ...external].join(',') || '<pending>';
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

function loadBalancerAddresses(status: V1Service['status']): string[] {
  const addresses = (status?.loadBalancer?.ingress ?? [])
    .map(({ ip, hostname }) => ip || hostname || '')
    .filter((address) => address !== '');
  return [...new Set(addresses)].sort(compareBytes);
}
