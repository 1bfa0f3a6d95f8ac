import type { V1ReplicationController } from '@/generated/kubernetes/types';
import { defineResource, FieldPath } from '../api';
import { ageColumn, formatLabels, nameColumn, workloadColumns } from './columns/shared';
import { defaultPodTemplate } from './defaults/pod-template';
import { dropDisabledPodFields } from './disabled-fields';
import { keepSpec, keepStatus } from './strategy';
import { validateReplicationController, validateReplicationControllerStatus } from './validation/replicationcontroller';
import { hostnameWarnings, templateWarnings } from './warnings';

const spec = 'io.k8s.api.core.v1.ReplicationControllerSpec';
const status = 'io.k8s.api.core.v1.ReplicationControllerStatus';

export const ReplicationController = defineResource<V1ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  names: { plural: 'replicationcontrollers', singular: 'replicationcontroller', short: ['rc'], categories: ['all'] },
  scope: 'Namespaced',
  storagePrefix: 'controllers',
  notSimulated: 'no replicationcontroller-controller creates its Pods',
  defaults({ metadata, spec }) {
    if (!spec) return;
    const labels = spec.template?.metadata?.labels;
    if (labels && Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },
  dropDisabledFields: ({ spec }) => dropDisabledPodFields(spec?.template?.spec),
  prepareForCreate(controller) {
    controller.status = { replicas: 0 };
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validateReplicationController,
  validateStatusUpdate: validateReplicationControllerStatus,
  warnings: ({ metadata, spec }, old) => [
    ...(old ? [] : hostnameWarnings(metadata.name)),
    ...templateWarnings(spec.template, FieldPath.of('spec').child('template')),
  ],
  subresources: {
    status: true,
    scale: { replicas: 'spec.replicas', statusReplicas: 'status.replicas', selector: 'spec.selector', isSelectorLabels: true },
  },
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  defaultDeletion: 'orphan',
  selectableFields: ({ status }) => ({ 'status.replicas': String(status?.replicas ?? 0) }),
  columns: [
    nameColumn,
    { name: 'Desired', type: 'integer', describedBy: `${spec}.replicas`, value: ({ spec }) => spec.replicas ?? 0 },
    { name: 'Current', type: 'integer', describedBy: `${status}.replicas`, value: ({ status }) => status?.replicas ?? 0 },
    { name: 'Ready', type: 'integer', describedBy: `${status}.readyReplicas`, value: ({ status }) => status?.readyReplicas ?? 0 },
    ageColumn,
    ...workloadColumns(`${spec}.selector`).slice(0, 2),
    { name: 'Selector', priority: 1, describedBy: `${spec}.selector`, value: ({ spec }) => formatLabels(spec.selector) },
  ],
});
