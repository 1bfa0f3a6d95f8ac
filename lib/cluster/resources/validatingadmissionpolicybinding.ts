import type { V1ValidatingAdmissionPolicyBinding } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { policyBindingColumns } from './columns/admission-policies';
import { validateValidatingBinding } from './validation/admission-policies';
import { defaultMatchResources } from './validation/admission-rules';

export const ValidatingAdmissionPolicyBinding = defineResource<V1ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  names: { plural: 'validatingadmissionpolicybindings', singular: 'validatingadmissionpolicybinding', categories: ['api-extensions'] },
  scope: 'Cluster',
  storagePrefix: 'validatingadmissionpolicybindings',
  defaults: ({ spec }) => defaultMatchResources(spec?.matchResources),
  validate: validateValidatingBinding,
  updateChecksAll: true,
  hasGeneration: true,
  columns: policyBindingColumns,
});
