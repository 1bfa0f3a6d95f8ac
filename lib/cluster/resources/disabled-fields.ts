import type { V1PodSpec } from '@/generated/kubernetes/types';

/**
 * What is behind gates that v1.36 leaves off is read, belongs to who wrote it, and is then dropped (`DropDisabledPodFields`):
 * the signal to stop a container with, trust bundles and Pod certificates.
 */
export function dropDisabledPodFields(spec: V1PodSpec | undefined): void {
  for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])]) {
    const { lifecycle } = container;
    if (!lifecycle?.stopSignal) continue;
    if (lifecycle.postStart || lifecycle.preStop) delete lifecycle.stopSignal;
    else delete container.lifecycle;
  }
  for (const { projected } of spec?.volumes ?? []) {
    for (const source of projected?.sources ?? []) {
      delete source.clusterTrustBundle;
      delete source.podCertificate;
    }
  }
}
