import type { V1PersistentVolume, V1PersistentVolumeClaim, V1Pod } from '@/generated/kubernetes/types';
import type { KubeObject } from '../api';
import { done, type Client, type ResourceRef } from '../client';
import { Pod } from '../resources';
import { PersistentVolume } from '../resources/persistentvolume';
import { PersistentVolumeClaim } from '../resources/persistentvolumeclaim';
import { defineController } from './controller';

const claimFinalizer = 'kubernetes.io/pvc-protection';
const volumeFinalizer = 'kubernetes.io/pv-protection';

/** A claim stays until no Pod uses it (`pkg/controller/volume/pvcprotection`). */
export const claimProtectionController = defineController<V1PersistentVolumeClaim>({
  name: 'persistentvolumeclaim-protection-controller',
  for: PersistentVolumeClaim,
  watches: [{ resource: Pod, keys: (pod: V1Pod) => claimsOf(pod).map((name) => `${pod.metadata?.namespace}/${name}`) }],
  reconcile({ object: claim, cache, client, name, namespace }) {
    if (!claim) return done;
    const isUsed = () =>
      cache(Pod)
        .list(namespace)
        .some((pod) => Boolean(pod.spec?.nodeName) && claimsOf(pod).includes(name));
    protect(client, PersistentVolumeClaim, claim, claimFinalizer, isUsed);
    return done;
  },
});

/** A volume stays while it is bound (`pkg/controller/volume/pvprotection`). */
export const volumeProtectionController = defineController<V1PersistentVolume>({
  name: 'persistentvolume-protection-controller',
  for: PersistentVolume,
  reconcile({ object: volume, client }) {
    if (volume) protect(client, PersistentVolume, volume, volumeFinalizer, () => volume.status?.phase === 'Bound');
    return done;
  },
});

/** Takes the finalizer off what goes and is not used; puts it on what lacks it. */
function protect<T extends KubeObject>(
  client: Client,
  resource: ResourceRef<T>,
  object: T,
  finalizer: string,
  isUsed: () => boolean,
): void {
  const finalizers = object.metadata.finalizers ?? [];
  const has = finalizers.includes(finalizer);
  if (object.metadata.deletionTimestamp) {
    if (has && !isUsed())
      write(
        client,
        resource,
        object,
        finalizers.filter((one) => one !== finalizer),
      );
  } else if (!has) write(client, resource, object, [...finalizers, finalizer]);
}

function write<T extends KubeObject>(client: Client, resource: ResourceRef<T>, object: T, finalizers: readonly string[]): void {
  client.update(resource, { ...object, metadata: { ...object.metadata, finalizers: [...finalizers] } });
}

/** The claims that a Pod which has not ended mounts. */
function claimsOf({ metadata, spec, status }: V1Pod): string[] {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return [];
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) =>
    persistentVolumeClaim ? [persistentVolumeClaim.claimName] : ephemeral ? [`${metadata?.name}-${name}`] : [],
  );
}
