import type { V1ResourceClaimTemplate } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { defaultDeviceClaim } from './defaults/device-claim';
import { validateResourceClaimTemplate, validateResourceClaimTemplateUpdate } from './validation/devices';

export const ResourceClaimTemplate = defineResource<V1ResourceClaimTemplate>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  names: { plural: 'resourceclaimtemplates', singular: 'resourceclaimtemplate' },
  scope: 'Namespaced',
  storagePrefix: 'resourceclaimtemplates',
  defaults: ({ spec }) => defaultDeviceClaim(spec?.spec?.devices),
  validate: validateResourceClaimTemplate,
  validateUpdate: validateResourceClaimTemplateUpdate,
  allowUnconditionalUpdate: true,
  notSimulated: 'no claim is made of templates',
  columns: [nameColumn, ageColumn],
});
