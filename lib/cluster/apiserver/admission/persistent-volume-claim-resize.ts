import { Quantity, type KubeObject } from '../../api';
import { forbid } from './forbidden';
import { defineAdmissionPlugin } from './plugin';

/** A claim grows only when its class lets it (`plugin/pkg/admission/storage/persistentvolume/resize`). */
export const PersistentVolumeClaimResize = defineAdmissionPlugin({
  name: 'PersistentVolumeClaimResize',
  kinds: ['PersistentVolumeClaim'],
  validate(request, lookup) {
    const { operation, subresource, object, old } = request;
    if (subresource || operation !== 'UPDATE' || !object || !old) return;
    if (sizeOf(object).compare(sizeOf(old)) <= 0) return;
    if (old.status?.phase !== 'Bound') throw forbid(request, 'Only bound persistent volume claims can be expanded');
    const storageClass = lookup.find('StorageClass', '', old.spec?.storageClassName ?? '');
    if (!storageClass?.['allowVolumeExpansion'])
      throw forbid(
        request,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
  },
});

function sizeOf({ spec }: KubeObject): Quantity {
  return Quantity.of(spec?.resources?.requests?.storage);
}
