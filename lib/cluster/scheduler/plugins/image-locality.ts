import type { NodeInfo } from '../node-info';
import { definePlugin, scoreMax, type PluginContext } from '../plugin';

const mebibyte = 1024 * 1024;
const minThreshold = 23 * mebibyte;
const maxContainerThreshold = 1000 * mebibyte;

/** Prefers nodes that have a Pod's images already, the more so the larger the images and the more nodes have them. */
export const ImageLocality = definePlugin<undefined, true>({
  name: 'ImageLocality',
  preScore: () => true,
  score({ pod }, node, _, context) {
    const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    const sum = containers.reduce((total, { image }) => total + imageScore(normalized(image ?? ''), node, context), 0);
    const max = maxContainerThreshold * containers.length;
    const bounded = Math.min(Math.max(sum, minThreshold), max);
    return Math.floor((scoreMax * (bounded - minThreshold)) / (max - minThreshold));
  },
});

/** An image's size, scaled by the share of nodes that have it, so that one node with an image does not draw every Pod. */
function imageScore(name: string, node: NodeInfo, { nodes }: PluginContext): number {
  const size = sizeOn(node, name);
  if (size === undefined) return 0;
  const holders = nodes.filter((one) => sizeOn(one, name) !== undefined).length;
  return Math.floor(size * (holders / nodes.length));
}

function sizeOn({ node }: NodeInfo, name: string): number | undefined {
  return node.status?.images?.find(({ names }) => names?.includes(name))?.sizeBytes;
}

function normalized(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}
