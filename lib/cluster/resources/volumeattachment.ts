import type { V1VolumeAttachment } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { keepSpec, keepStatus } from './strategy';
import { validateVolumeAttachment, validateVolumeAttachmentStatus, validateVolumeAttachmentUpdate } from './validation/storage';

const spec = 'io.k8s.api.storage.v1.VolumeAttachmentSpec';

export const VolumeAttachment = defineResource<V1VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  names: { plural: 'volumeattachments', singular: 'volumeattachment' },
  scope: 'Cluster',
  returnsDeletedObject: true,
  storagePrefix: 'volumeattachments',
  notSimulated: 'no attacher attaches its volume',
  prepareForCreate(attachment) {
    attachment.status = { attached: false };
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validateVolumeAttachment,
  validateUpdate: validateVolumeAttachmentUpdate,
  validateStatusUpdate: validateVolumeAttachmentStatus,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: 'Attacher', describedBy: `${spec}.attacher`, format: 'name', value: ({ spec }) => spec.attacher ?? '' },
    {
      name: 'PV',
      describedBy: 'io.k8s.api.storage.v1.VolumeAttachmentSource.persistentVolumeName',
      value: ({ spec }) => spec.source.persistentVolumeName ?? '',
    },
    { name: 'Node', describedBy: `${spec}.nodeName`, value: ({ spec }) => spec.nodeName ?? '' },
    {
      name: 'Attached',
      type: 'boolean',
      describedBy: 'io.k8s.api.storage.v1.VolumeAttachmentStatus.attached',
      value: ({ status }) => status?.attached ?? false,
    },
    ageColumn,
  ],
});
