import { defineAdmissionPlugin } from './plugin';

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A new node takes no Pods before it has said it is ready (`plugin/pkg/admission/nodetaint`). */
export const TaintNodesByCondition = defineAdmissionPlugin({
  name: 'TaintNodesByCondition',
  kinds: ['Node'],
  mutate({ operation, subresource, object: node }) {
    if (subresource || operation !== 'CREATE' || !node) return;
    const taints: { key: string; effect: string }[] = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return;
    node.spec = { ...node.spec, taints: [...taints, { ...notReady }] };
  },
});
