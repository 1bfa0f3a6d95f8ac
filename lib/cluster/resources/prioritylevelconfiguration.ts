import type { V1PriorityLevelConfiguration, V1QueuingConfiguration } from '@/generated/kubernetes/types';
import { defineResource, type TableColumn } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { keepSpec, keepStatus } from './strategy';
import { validatePriorityLevel, validatePriorityLevelStatus } from './validation/flowcontrol';

const prefix = 'io.k8s.api.flowcontrol.v1';

export const PriorityLevelConfiguration = defineResource<V1PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  names: { plural: 'prioritylevelconfigurations', singular: 'prioritylevelconfiguration' },
  scope: 'Cluster',
  storagePrefix: 'prioritylevelconfigurations',
  defaults({ spec }) {
    if (spec?.type === 'Exempt') spec.exempt ??= {};
    for (const [shares, level] of [[0, spec?.exempt] as const, [30, spec?.limited] as const]) {
      if (!level) continue;
      level.nominalConcurrencyShares ??= shares;
      level.lendablePercent ??= 0;
    }
    const queuing = spec?.limited?.limitResponse?.queuing;
    if (!queuing) return;
    queuing.queues ||= 64;
    queuing.handSize ||= 8;
    queuing.queueLengthLimit ||= 50;
  },
  prepareForCreate(level) {
    level.status = {};
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validatePriorityLevel,
  validateStatusUpdate: validatePriorityLevelStatus,
  updateChecksAll: true,
  subresources: { status: true },
  hasGeneration: true,
  columns: [
    nameColumn,
    { name: 'Type', describedBy: `${prefix}.PriorityLevelConfigurationSpec.type`, value: ({ spec }) => spec?.type ?? '' },
    {
      name: 'NominalConcurrencyShares',
      describedBy: `${prefix}.LimitedPriorityLevelConfiguration.nominalConcurrencyShares`,
      value: ({ spec }) => spec?.limited?.nominalConcurrencyShares ?? '<none>',
    },
    queuingColumn('Queues', 'queues'),
    queuingColumn('HandSize', 'handSize'),
    queuingColumn('QueueLengthLimit', 'queueLengthLimit'),
    ageColumn,
  ],
});

function queuingColumn(name: string, field: keyof V1QueuingConfiguration): TableColumn<V1PriorityLevelConfiguration> {
  return {
    name,
    describedBy: `${prefix}.QueuingConfiguration.${field}`,
    value: ({ spec }) => spec?.limited?.limitResponse?.queuing?.[field] ?? '<none>',
  };
}
