import { defineAdmissionPlugin } from './plugin';

const finalizers: Readonly<Record<string, string>> = {
  PersistentVolumeClaim: 'kubernetes.io/pvc-protection',
  PersistentVolume: 'kubernetes.io/pv-protection',
  VolumeAttributesClass: 'kubernetes.io/vac-protection',
};

/** Storage in use does not go: a controller takes the finalizer off when nothing uses it (`plugin/pkg/admission/storage/storageobjectinuseprotection`). */
export const StorageObjectInUseProtection = defineAdmissionPlugin({
  name: 'StorageObjectInUseProtection',
  kinds: Object.keys(finalizers),
  mutate({ operation, definition, subresource, object }) {
    if (subresource || operation !== 'CREATE' || !object) return;
    const finalizer = finalizers[definition.kind] as string;
    const before = object.metadata.finalizers ?? [];
    if (!before.includes(finalizer)) object.metadata.finalizers = [...before, finalizer];
  },
});
