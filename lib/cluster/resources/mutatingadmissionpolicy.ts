import type { V1MutatingAdmissionPolicy } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { policyColumns } from './columns/admission-policies';
import { validateMutatingPolicy } from './validation/admission-policies';
import { defaultMatchResources } from './validation/admission-rules';

export const MutatingAdmissionPolicy = defineResource<V1MutatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  names: { plural: 'mutatingadmissionpolicies', singular: 'mutatingadmissionpolicy', categories: ['api-extensions'] },
  scope: 'Cluster',
  storageVersion: 'v1beta1',
  storagePrefix: 'mutatingadmissionpolicies',
  defaults({ spec }) {
    if (!spec) return;
    spec.failurePolicy ??= 'Fail';
    defaultMatchResources(spec.matchConstraints);
  },
  validate: validateMutatingPolicy,
  updateChecksAll: true,
  hasGeneration: true,
  columns: policyColumns(
    'Mutations',
    'Mutations indicates the number of mutations rules defined in this configuration',
    ({ spec }) => spec?.mutations?.length ?? 0,
  ),
});
