import type { V1PodTemplate } from '@/generated/kubernetes/types';
import { defineResource, FieldPath } from '../api';
import { formatLabels, nameColumn, workloadColumns } from './columns/shared';
import { defaultPodTemplate } from './defaults/pod-template';
import { dropDisabledPodFields } from './disabled-fields';
import { validateStandingTemplate } from './validation/replicationcontroller';
import { templateWarnings } from './warnings';

export const PodTemplate = defineResource<V1PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  names: { plural: 'podtemplates', singular: 'podtemplate' },
  scope: 'Namespaced',
  returnsDeletedObject: true,
  defaults: ({ template }) => defaultPodTemplate(template),
  dropDisabledFields: ({ template }) => dropDisabledPodFields(template?.spec),
  validate: validateStandingTemplate,
  warnings: ({ template }) => templateWarnings(template, FieldPath.of('template')),
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    ...workloadColumns('')
      .slice(0, 2)
      .map(({ priority: _, ...column }) => ({
        ...column,
        value: ({ metadata, template }: V1PodTemplate, now: number) => column.value({ metadata, spec: { template } } as never, now),
      })),
    {
      name: 'Pod Labels',
      description: 'The labels for the pod template.',
      value: ({ template }) => formatLabels(template?.metadata?.labels),
    },
  ],
});
