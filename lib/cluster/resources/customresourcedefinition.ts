import type { V1CustomResourceDefinition } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { keepSpec, keepStatus } from './strategy';
import { validateDefinition, validateDefinitionStatus, validateDefinitionUpdate } from './validation/custom-resource-definition';

export const CustomResourceDefinition = defineResource<V1CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  names: {
    plural: 'customresourcedefinitions',
    singular: 'customresourcedefinition',
    short: ['crd', 'crds'],
    categories: ['api-extensions'],
  },
  scope: 'Cluster',
  storageVersion: 'v1beta1',
  defaults({ spec }) {
    const { names, conversion } = spec;
    if (names) {
      names.singular ||= (names.kind ?? '').toLowerCase();
      if (names.kind) names.listKind ||= `${names.kind}List`;
    }
    spec.conversion ??= { strategy: 'None' };
    const service = conversion?.webhook?.clientConfig?.service;
    if (service) service.port ??= 443;
  },
  prepareForCreate(definition) {
    const stored = storageVersion(definition);
    definition.status = {
      conditions: null as never,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: stored === undefined ? (null as never) : [stored],
    };
  },
  prepareForUpdate(definition, old) {
    keepStatus(definition, old);
    const stored = storageVersion(definition);
    const before = definition.status?.storedVersions ?? [];
    if (stored !== undefined && !before.includes(stored)) definition.status = { ...definition.status, storedVersions: [...before, stored] };
  },
  prepareForStatusUpdate: keepSpec,
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  validateStatusUpdate: validateDefinitionStatus,
  subresources: { status: true },
  hasGeneration: true,
  takesAnyFinalizer: true,
  returnsDeletedObject: true,
});

function storageVersion({ spec }: V1CustomResourceDefinition): string | undefined {
  return spec.versions?.find(({ storage }) => storage)?.name;
}
