import { defaultClass } from './default-class';
import { defineAdmissionPlugin } from './plugin';

/** A claim that names no class gets the default one (`plugin/pkg/admission/storage/storageclass/setdefault`). */
export const DefaultStorageClass = defineAdmissionPlugin({
  name: 'DefaultStorageClass',
  kinds: ['PersistentVolumeClaim'],
  mutate({ operation, subresource, object: claim }, lookup) {
    if (subresource || operation !== 'CREATE' || !claim) return;
    if (claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined || claim.spec?.storageClassName !== undefined)
      return;
    const found = defaultClass(lookup, 'StorageClass', [
      'storageclass.kubernetes.io/is-default-class',
      'storageclass.beta.kubernetes.io/is-default-class',
    ]);
    if (found) claim.spec = { ...claim.spec, storageClassName: found.metadata.name };
  },
});
