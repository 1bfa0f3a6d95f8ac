import { defineAdmissionPlugin } from './plugin';

const topology = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** A Pod that is bound gets its node's zone and region as labels (`plugin/pkg/admission/podtopologylabels`). */
export const PodTopologyLabels = defineAdmissionPlugin({
  name: 'PodTopologyLabels',
  kinds: ['Pod'],
  mutate({ subresource, object: pod }, lookup) {
    if (!pod?.spec?.nodeName || (subresource !== 'binding' && subresource !== '')) return;
    if (subresource === '' && pod.metadata.uid) return;
    const labels = lookup.find('Node', '', pod.spec.nodeName)?.metadata.labels;
    const own = topology.filter((label) => labels?.[label] !== undefined);
    if (labels && own.length > 0)
      pod.metadata.labels = { ...pod.metadata.labels, ...Object.fromEntries(own.map((label) => [label, labels[label] as string])) };
  },
});
