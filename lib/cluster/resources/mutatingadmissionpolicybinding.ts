import type { V1MutatingAdmissionPolicyBinding } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { policyBindingColumns } from './columns/admission-policies';
import { validatePolicyBinding } from './validation/admission-policies';
import { defaultMatchResources } from './validation/admission-rules';

export const MutatingAdmissionPolicyBinding = defineResource<V1MutatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  names: { plural: 'mutatingadmissionpolicybindings', singular: 'mutatingadmissionpolicybinding', categories: ['api-extensions'] },
  scope: 'Cluster',
  storageVersion: 'v1beta1',
  storagePrefix: 'mutatingadmissionpolicybindings',
  defaults: ({ spec }) => defaultMatchResources(spec?.matchResources),
  validate: validatePolicyBinding,
  updateChecksAll: true,
  hasGeneration: true,
  columns: policyBindingColumns,
});
