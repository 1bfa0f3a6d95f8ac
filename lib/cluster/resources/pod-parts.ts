import type { V1Container, V1Pod } from '@/generated/kubernetes/types';
import { deepCopy, deepEqual } from '@/lib/base';
import type { ResourceDefinition } from '../api';
import { validateEphemeralContainersUpdate, validateResize } from './validation/pod-parts';

type Parts = NonNullable<NonNullable<ResourceDefinition<V1Pod>['subresources']>['parts']>;

/** Ways to change a Pod that its own strategy forbids: containers added to debug it, and resources of those that run (`pkg/registry/core/pod/strategy.go`). */
export const podParts: Parts = {
  ephemeralcontainers: {
    prepare(pod, old) {
      const { ephemeralContainers } = pod.spec;
      revert(pod, old);
      if (ephemeralContainers?.length) pod.spec.ephemeralContainers = ephemeralContainers;
      else delete pod.spec.ephemeralContainers;
      countGeneration(pod, old);
    },
    validate: validateEphemeralContainersUpdate,
  },
  resize: {
    prepare(pod, old) {
      const { containers, initContainers } = pod.spec;
      revert(pod, old);
      pod.spec.containers = resized(pod.spec.containers, containers);
      if (pod.spec.initContainers) pod.spec.initContainers = resized(pod.spec.initContainers, initContainers ?? []);
      countGeneration(pod, old);
    },
    validate: validateResize,
    notSimulated: 'no kubelet gives its running containers other resources',
  },
};

/** All but identity and version goes back to what it was. */
function revert(pod: V1Pod, old: V1Pod): void {
  const { resourceVersion, uid, managedFields } = pod.metadata;
  const before = deepCopy(old);
  pod.spec = before.spec;
  pod.status = before.status;
  pod.metadata = { ...before.metadata, ...(resourceVersion ? { resourceVersion } : {}), ...(uid ? { uid } : {}) };
  if (managedFields) pod.metadata.managedFields = managedFields;
}

function resized(containers: readonly V1Container[], wanted: readonly V1Container[]): V1Container[] {
  return containers.map((container) => {
    const { resources, resizePolicy } = wanted.find(({ name }) => name === container.name) ?? container;
    const { resizePolicy: _, ...same } = container;
    return { ...same, resources: resources ?? {}, ...(resizePolicy ? { resizePolicy } : {}) };
  });
}

function countGeneration(pod: V1Pod, old: V1Pod): void {
  if (!deepEqual(pod.spec, old.spec)) pod.metadata.generation = (old.metadata.generation ?? 0) + 1;
}
