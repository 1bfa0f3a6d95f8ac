import type { V1ValidatingAdmissionPolicy } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { policyColumns } from './columns/admission-policies';
import { keepSpec, keepStatus } from './strategy';
import { validateValidatingPolicy } from './validation/admission-policies';
import { defaultMatchResources } from './validation/admission-rules';

export const ValidatingAdmissionPolicy = defineResource<V1ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  names: { plural: 'validatingadmissionpolicies', singular: 'validatingadmissionpolicy', categories: ['api-extensions'] },
  scope: 'Cluster',
  storagePrefix: 'validatingadmissionpolicies',
  defaults({ spec }) {
    if (!spec) return;
    spec.failurePolicy ??= 'Fail';
    defaultMatchResources(spec.matchConstraints);
  },
  prepareForCreate(policy) {
    policy.status = {};
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validateValidatingPolicy,
  updateChecksAll: true,
  subresources: { status: true },
  hasGeneration: true,
  columns: policyColumns(
    'Validations',
    'Validations indicates the number of validation rules defined in this configuration',
    ({ spec }) => spec?.validations?.length ?? 0,
  ),
});
