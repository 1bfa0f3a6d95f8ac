import { definePlugin, unresolvable } from '../plugin';

/** spec.nodeName, where a Pod names its node itself. */
export const NodeName = definePlugin({
  name: 'NodeName',
  filter: ({ pod }, node) =>
    !pod.spec.nodeName || pod.spec.nodeName === node.name ? undefined : unresolvable("node(s) didn't match the requested node name"),
  events: { 'node-add': (pod, { node }) => pod.spec.nodeName === node.name },
});
