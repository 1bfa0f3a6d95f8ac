import type { V1PodDisruptionBudget } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { keepSpec, keepStatus } from './strategy';
import { validatePodDisruptionBudget, validatePodDisruptionBudgetStatus } from './validation/poddisruptionbudget';

export const PodDisruptionBudget = defineResource<V1PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  names: { plural: 'poddisruptionbudgets', singular: 'poddisruptionbudget', short: ['pdb'] },
  scope: 'Namespaced',
  storagePrefix: 'poddisruptionbudgets',
  prepareForCreate(budget) {
    budget.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validatePodDisruptionBudget,
  validateStatusUpdate: validatePodDisruptionBudgetStatus,
  subresources: { status: true },
  hasGeneration: true,
  columns: [
    nameColumn,
    {
      name: 'Min Available',
      description: 'The minimum number of pods that must be available.',
      value: ({ spec }) => String(spec?.minAvailable ?? 'N/A'),
    },
    {
      name: 'Max Unavailable',
      description: 'The maximum number of pods that may be unavailable.',
      value: ({ spec }) => String(spec?.maxUnavailable ?? 'N/A'),
    },
    {
      name: 'Allowed Disruptions',
      type: 'integer',
      description: 'Calculated number of pods that may be disrupted at this time.',
      value: ({ status }) => status?.disruptionsAllowed ?? 0,
    },
    ageColumn,
  ],
});
