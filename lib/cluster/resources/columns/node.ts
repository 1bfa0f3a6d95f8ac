import { compareBytes } from '@/lib/base';
import type { V1Node, V1NodeSystemInfo } from '@/generated/kubernetes/types';
import type { TableColumn } from '../../api';
import { ageColumn, nameColumn } from './shared';

/** The columns of `kubectl get nodes` (`printNode` of `pkg/printers/internalversion/printers.go`). */
export const nodeColumns: readonly TableColumn<V1Node>[] = [
  nameColumn,
  { name: 'Status', description: 'The status of the node', value: nodeStatus },
  { name: 'Roles', description: 'The roles of the node', value: nodeRoles },
  ageColumn,
  {
    name: 'Version',
    describedBy: 'io.k8s.api.core.v1.NodeSystemInfo.kubeletVersion',
    value: ({ status }) => status.nodeInfo?.kubeletVersion ?? '',
  },
  {
    name: 'Internal-IP',
    priority: 1,
    describedBy: 'io.k8s.api.core.v1.NodeStatus.addresses',
    value: (node) => addressOf(node, 'InternalIP'),
  },
  {
    name: 'External-IP',
    priority: 1,
    describedBy: 'io.k8s.api.core.v1.NodeStatus.addresses',
    value: (node) => addressOf(node, 'ExternalIP'),
  },
  infoColumn('OS-Image', 'osImage'),
  infoColumn('Kernel-Version', 'kernelVersion'),
  infoColumn('Container-Runtime', 'containerRuntimeVersion'),
];

function infoColumn(
  name: string,
  field: 'osImage' | 'kernelVersion' | ('containerRuntimeVersion' & keyof V1NodeSystemInfo),
): TableColumn<V1Node> {
  return {
    name,
    priority: 1,
    describedBy: `io.k8s.api.core.v1.NodeSystemInfo.${field}`,
    value: ({ status }) => status.nodeInfo?.[field] || '<unknown>',
  };
}

function nodeStatus({ spec, status }: V1Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const words = [ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'];
  if (spec?.unschedulable) words.push('SchedulingDisabled');
  return words.join(',');
}

const rolePrefix = 'node-role.kubernetes.io/';

function nodeRoles({ metadata }: V1Node): string {
  const roles = new Set<string>();
  for (const [label, value] of Object.entries(metadata.labels ?? {})) {
    if (label.startsWith(rolePrefix) && label.length > rolePrefix.length) roles.add(label.slice(rolePrefix.length));
    else if (label === 'kubernetes.io/role' && value) roles.add(value);
  }
  return [...roles].sort(compareBytes).join(',') || '<none>';
}

function addressOf({ status }: V1Node, wanted: string): string {
  return status?.addresses?.find(({ type }) => type === wanted)?.address ?? '<none>';
}
