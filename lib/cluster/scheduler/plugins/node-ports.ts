import type { V1Pod } from '@/generated/kubernetes/types';
import type { NodeInfo } from '../node-info';
import { definePlugin, unschedulable } from '../plugin';

interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** A host port can be taken once on each address of a node. */
export const NodePorts = definePlugin<readonly HostPort[]>({
  name: 'NodePorts',
  preFilter({ pod }) {
    const wanted = hostPorts(pod);
    return wanted.length === 0 ? { type: 'skip' } : { type: 'go', state: wanted };
  },
  filter: (_, node, wanted) =>
    areFree(wanted, node) ? undefined : unschedulable("node(s) didn't have free ports for the requested pod ports"),
  events: {
    'node-add': (pod, { node }) => areFree(hostPorts(pod), node),
    'pod-delete': (pod, event) => hostPorts(event.pod).some((taken) => hostPorts(pod).some((wanted) => collide(taken, wanted))),
  },
});

/** Of containers and sidecars: init containers that end give their ports back. */
export function hostPorts({ spec }: V1Pod): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  return [...spec.containers, ...sidecars].flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort }) => hostPort)
      .map(({ hostIP, protocol, hostPort }) => ({ ip: hostIP || '0.0.0.0', protocol: protocol ?? 'TCP', port: hostPort as number })),
  );
}

function areFree(wanted: readonly HostPort[], node: NodeInfo): boolean {
  for (const { pod } of node.pods) {
    if (hostPorts(pod).some((taken) => wanted.some((port) => collide(taken, port)))) return false;
  }
  return true;
}

function collide(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0');
}
