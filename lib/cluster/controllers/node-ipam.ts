import type { V1Node } from '@/generated/kubernetes/types';
import { done, type Lister } from '../client';
import { Node } from '../resources';
import { defineController } from './controller';

/** Gives every node a range of Pod addresses out of the cluster's (`pkg/controller/nodeipam`). */
export const nodeIpamController = defineController<V1Node>({
  name: 'node-ipam-controller',
  component: 'cidrAllocator',
  for: Node,
  reconcile({ object: node, cache, client, options, record }) {
    if (!node || node.spec?.podCIDR || !options.allocateNodeCidrs) return done;
    const cidr = firstFree(options.clusterCidr, options.nodeCidrMaskSize, takenBy(cache(Node), client.list(Node).items));
    if (cidr === undefined) {
      record(node, 'Normal', 'CIDRNotAvailable', `Node ${node.metadata.name} status is now: CIDRNotAvailable`);
      throw new Error('CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range');
    }
    client.patch(Node, node.metadata, { spec: { podCIDR: cidr, podCIDRs: [cidr] } });
    return done;
  },
});

/** Ranges in use: of nodes in the cache, and of those the server has by now. */
function takenBy(cached: Lister<V1Node>, live: readonly V1Node[]): ReadonlySet<string> {
  return new Set([...cached.list(), ...live].flatMap(({ spec }) => spec?.podCIDRs ?? []));
}

/** The first /`maskSize` of `clusterCidr` that nobody has. */
export function firstFree(clusterCidr: string, maskSize: number, taken: ReadonlySet<string>): string | undefined {
  const [base = '', prefix = '0'] = clusterCidr.split('/');
  const start = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - maskSize);
  for (let index = 0; index < 2 ** (maskSize - Number(prefix)); index++) {
    const cidr = `${dotted(start + index * size)}/${maskSize}`;
    if (!taken.has(cidr)) return cidr;
  }
  return undefined;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
