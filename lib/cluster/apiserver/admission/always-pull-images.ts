import type { KubeObject } from '../../api';
import { containersOf } from '../pod-references';
import { defineAdmissionPlugin, type AdmissionRequest } from './plugin';

/** Every image is pulled anew, so that only those with its credentials run it (`plugin/pkg/admission/alwayspullimages`). Off by default. */
export const AlwaysPullImages = defineAdmissionPlugin({
  name: 'AlwaysPullImages',
  kinds: ['Pod'],
  mutate(request) {
    const pod = podOf(request);
    if (pod) for (const container of containersOf(pod.spec)) container.imagePullPolicy = 'Always';
  },
});

function podOf({ operation, subresource, object }: AdmissionRequest): KubeObject | undefined {
  const isWrite = operation === 'CREATE' || operation === 'UPDATE';
  return isWrite && (!subresource || subresource === 'ephemeralcontainers') ? object : undefined;
}
