import type { V1Node } from '@/generated/kubernetes/types';
import { done } from '../client';
import { Node } from '../resources';
import { defineController } from './controller';

const annotation = 'node.alpha.kubernetes.io/ttl';

/** How long kubelets may cache Secrets and ConfigMaps, by the size of the cluster: up to 100 nodes not at all (`pkg/controller/ttl`). */
export const ttlController = defineController<V1Node>({
  name: 'ttl-controller',
  for: Node,
  reconcile({ object: node, cache, client }) {
    if (!node) return done;
    const seconds = ttlSeconds(cache(Node).list().length);
    if (node.metadata.annotations?.[annotation] !== seconds)
      client.patch(Node, node.metadata, { metadata: { annotations: { [annotation]: seconds } } });
    return done;
  },
});

function ttlSeconds(nodes: number): string {
  return nodes <= 100 ? '0' : nodes <= 500 ? '15' : nodes <= 1000 ? '30' : nodes <= 2000 ? '60' : '300';
}
