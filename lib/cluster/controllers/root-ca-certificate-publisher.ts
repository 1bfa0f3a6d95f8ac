import type { V1ConfigMap, V1Namespace } from '@/generated/kubernetes/types';
import { deepCopy, deepEqual } from '@/lib/base';
import { done } from '../client';
import { ConfigMap, Namespace } from '../resources';
import { defineController } from './controller';
import { createUnlessThere } from './write';

const name = 'kube-root-ca.crt';
const descriptionAnnotation = 'kubernetes.io/description';
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Keeps the cluster's CA in ConfigMap kube-root-ca.crt of every namespace, where Pods mount it (`pkg/controller/certificates/rootcacertpublisher`). */
export const rootCaCertificatePublisherController = defineController<V1Namespace>({
  name: 'root-ca-certificate-publisher-controller',
  component: 'root-ca-cert-publisher',
  for: Namespace,
  watches: [{ resource: ConfigMap, keys: ({ metadata }) => (metadata.name === name ? [metadata.namespace as string] : []) }],
  reconcile({ key, object: namespace, cache, client, options }) {
    if (!namespace || namespace.status?.phase !== 'Active') return done;
    const data = { 'ca.crt': options.rootCa };
    const existing = cache(ConfigMap).get(`${key}/${name}`);
    if (!existing)
      createUnlessThere(client, ConfigMap, {
        metadata: { name, namespace: key, annotations: { [descriptionAnnotation]: description } },
        data,
      });
    else if (!deepEqual(existing.data, data)) client.update(ConfigMap, restored(existing, data));
    return done;
  },
});

function restored(existing: V1ConfigMap, data: Record<string, string>): V1ConfigMap {
  const configMap = deepCopy(existing);
  configMap.data = data;
  configMap.metadata.annotations = { ...configMap.metadata.annotations, [descriptionAnnotation]: description };
  return configMap;
}
