import type { V1PriorityClass } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { validatePriorityClass, validatePriorityClassUpdate } from './validation/other-kinds';

const prefix = 'io.k8s.api.scheduling.v1.PriorityClass';

export const PriorityClass = defineResource<V1PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  names: { plural: 'priorityclasses', singular: 'priorityclass', short: ['pc'] },
  scope: 'Cluster',
  storagePrefix: 'priorityclasses',
  defaults(priorityClass) {
    priorityClass.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate: validatePriorityClass,
  validateUpdate: validatePriorityClassUpdate,
  /** Its generation is set once and counts nothing, since hardly anything may change. */
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    { name: 'Value', type: 'integer', describedBy: `${prefix}.value`, value: ({ value }) => value ?? 0 },
    {
      name: 'Global-Default',
      type: 'boolean',
      describedBy: `${prefix}.globalDefault`,
      value: ({ globalDefault }) => globalDefault ?? false,
    },
    ageColumn,
    { name: 'PreemptionPolicy', describedBy: `${prefix}.preemptionPolicy`, value: ({ preemptionPolicy }) => preemptionPolicy ?? '' },
  ],
});
