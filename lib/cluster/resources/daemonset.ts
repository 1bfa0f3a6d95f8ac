import { deepEqual } from '@/lib/base';
import type { V1DaemonSet } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, formatLabels, nameColumn, workloadColumns } from './columns/shared';
import { defaultPodTemplate } from './defaults/pod-template';
import { dropDisabledPodFields } from './disabled-fields';
import { keepSpec, keepStatus } from './strategy';
import { validateDaemonSet, validateDaemonSetUpdate } from './validation/workloads';
import { workloadWarnings } from './warnings';

const status = 'io.k8s.api.apps.v1.DaemonSetStatus';

export const DaemonSet = defineResource<V1DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  names: { plural: 'daemonsets', singular: 'daemonset', short: ['ds'], categories: ['all'] },
  scope: 'Namespaced',
  storagePrefix: 'daemonsets',
  defaults(daemonSet) {
    const { spec } = daemonSet;
    if (daemonSet.metadata.annotations?.[templateGeneration] === undefined) setTemplateGeneration(daemonSet, 0);
    if (!spec) return;
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ??= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
  },
  dropDisabledFields: ({ spec }) => dropDisabledPodFields(spec?.template?.spec),
  prepareForCreate(daemonSet) {
    setTemplateGeneration(daemonSet, 1);
    daemonSet.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
  },
  prepareForUpdate(daemonSet, old) {
    keepStatus(daemonSet, old);
    const isNewTemplate = !deepEqual(daemonSet.spec.template, old.spec.template);
    setTemplateGeneration(daemonSet, templateGenerationOf(old) + (isNewTemplate ? 1 : 0));
  },
  prepareForStatusUpdate: keepSpec,
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  warnings: ({ metadata, spec }, old) => workloadWarnings(metadata.name, spec.template, old === undefined),
  subresources: { status: true },
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    {
      name: 'Desired',
      type: 'integer',
      describedBy: `${status}.desiredNumberScheduled`,
      value: ({ status }) => status.desiredNumberScheduled,
    },
    {
      name: 'Current',
      type: 'integer',
      describedBy: `${status}.currentNumberScheduled`,
      value: ({ status }) => status.currentNumberScheduled,
    },
    { name: 'Ready', type: 'integer', describedBy: `${status}.numberReady`, value: ({ status }) => status.numberReady },
    {
      name: 'Up-to-date',
      type: 'integer',
      describedBy: `${status}.updatedNumberScheduled`,
      value: ({ status }) => status.updatedNumberScheduled ?? 0,
    },
    { name: 'Available', type: 'integer', describedBy: `${status}.numberAvailable`, value: ({ status }) => status.numberAvailable ?? 0 },
    {
      name: 'Node Selector',
      describedBy: 'io.k8s.api.core.v1.PodSpec.nodeSelector',
      value: ({ spec }) => formatLabels(spec.template.spec?.nodeSelector),
    },
    ageColumn,
    ...workloadColumns('io.k8s.api.apps.v1.DaemonSetSpec.selector'),
  ],
});

const templateGeneration = 'deprecated.daemonset.template.generation';

/** How often the template has changed, which once was a field of the spec and so is never absent (`Convert_apps_DaemonSet_To_v1_DaemonSet`). */
function templateGenerationOf({ metadata }: V1DaemonSet): number {
  return Number(metadata.annotations?.[templateGeneration] ?? 1);
}

function setTemplateGeneration({ metadata }: V1DaemonSet, generation: number): void {
  metadata.annotations = { ...metadata.annotations, [templateGeneration]: String(generation) };
}
