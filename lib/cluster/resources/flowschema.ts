import type { V1FlowSchema } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { keepSpec, keepStatus } from './strategy';
import { validateFlowSchema, validateFlowSchemaStatus } from './validation/flowcontrol';

const prefix = 'io.k8s.api.flowcontrol.v1';

export const FlowSchema = defineResource<V1FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  names: { plural: 'flowschemas', singular: 'flowschema' },
  scope: 'Cluster',
  storagePrefix: 'flowschemas',
  defaults({ spec }) {
    if (spec) spec.matchingPrecedence ||= 1000;
  },
  prepareForCreate(schema) {
    schema.status = {};
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validateFlowSchema,
  validateStatusUpdate: validateFlowSchemaStatus,
  updateChecksAll: true,
  subresources: { status: true },
  hasGeneration: true,
  columns: [
    nameColumn,
    {
      name: 'PriorityLevel',
      describedBy: `${prefix}.PriorityLevelConfigurationReference.name`,
      value: ({ spec }) => spec?.priorityLevelConfiguration?.name ?? '',
    },
    {
      name: 'MatchingPrecedence',
      describedBy: `${prefix}.FlowSchemaSpec.matchingPrecedence`,
      value: ({ spec }) => spec?.matchingPrecedence ?? 0,
    },
    {
      name: 'DistinguisherMethod',
      describedBy: `${prefix}.FlowSchemaSpec.distinguisherMethod`,
      value: ({ spec }) => spec?.distinguisherMethod?.type ?? '<none>',
    },
    ageColumn,
    {
      name: 'MissingPL',
      description: 'references a broken or non-existent PriorityLevelConfiguration',
      value: ({ status }) => status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
    },
  ],
});
