import type { V1ReplicaSet } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn, workloadColumns } from './columns/shared';
import { defaultPodTemplate } from './defaults/pod-template';
import { dropDisabledPodFields } from './disabled-fields';
import { keepSpec, keepStatus } from './strategy';
import { validateReplicaSet, validateReplicaSetStatus, validateReplicaSetUpdate } from './validation/workloads';
import { workloadWarnings } from './warnings';

export const ReplicaSet = defineResource<V1ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  names: { plural: 'replicasets', singular: 'replicaset', short: ['rs'], categories: ['all'] },
  scope: 'Namespaced',
  storagePrefix: 'replicasets',
  defaults({ spec }) {
    if (!spec) return;
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },
  dropDisabledFields: ({ spec }) => dropDisabledPodFields(spec?.template?.spec),
  prepareForCreate(replicaSet) {
    replicaSet.status = { replicas: 0 };
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  validateStatusUpdate: validateReplicaSetStatus,
  warnings: ({ metadata, spec }, old) => workloadWarnings(metadata.name, spec.template, old === undefined),
  subresources: { status: true, scale: { replicas: 'spec.replicas', statusReplicas: 'status.replicas', selector: 'spec.selector' } },
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    {
      name: 'Desired',
      type: 'integer',
      describedBy: 'io.k8s.api.apps.v1.ReplicaSetSpec.replicas',
      value: ({ spec }) => spec.replicas ?? 0,
    },
    {
      name: 'Current',
      type: 'integer',
      describedBy: 'io.k8s.api.apps.v1.ReplicaSetStatus.replicas',
      value: ({ status }) => status.replicas,
    },
    {
      name: 'Ready',
      type: 'integer',
      describedBy: 'io.k8s.api.apps.v1.ReplicaSetStatus.readyReplicas',
      value: ({ status }) => status.readyReplicas ?? 0,
    },
    ageColumn,
    ...workloadColumns('io.k8s.api.apps.v1.ReplicaSetSpec.selector'),
  ],
});
