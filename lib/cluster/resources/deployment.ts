import { deepCopy } from '@/lib/base';
import type { V1Deployment } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn, workloadColumns } from './columns/shared';
import { defaultPodTemplate } from './defaults/pod-template';
import { dropDisabledPodFields } from './disabled-fields';
import { keepSpec, keepStatus } from './strategy';
import { validateDeployment, validateDeploymentStatus, validateDeploymentUpdate } from './validation/workloads';
import { workloadWarnings } from './warnings';

export const Deployment = defineResource<V1Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  names: { plural: 'deployments', singular: 'deployment', short: ['deploy'], categories: ['all'] },
  scope: 'Namespaced',
  storagePrefix: 'deployments',
  defaults({ spec }) {
    if (!spec) return;
    spec.replicas ??= 1;
    spec.strategy ??= {};
    spec.strategy.type ??= 'RollingUpdate';
    if (spec.strategy.type === 'RollingUpdate') {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
      spec.strategy.rollingUpdate.maxSurge ??= '25%';
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    defaultPodTemplate(spec.template);
  },
  dropDisabledFields: ({ spec }) => dropDisabledPodFields(spec?.template?.spec),
  prepareForCreate(deployment) {
    deployment.status = {};
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate(deployment, old) {
    keepSpec(deployment, old);
    deployment.metadata.labels = deepCopy(old.metadata.labels);
  },
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  validateStatusUpdate: validateDeploymentStatus,
  warnings: ({ metadata, spec }, old) => workloadWarnings(metadata.name, spec.template, old === undefined),
  subresources: { status: true, scale: { replicas: 'spec.replicas', statusReplicas: 'status.replicas', selector: 'spec.selector' } },
  statusKeeps: ['metadata.labels'],
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    {
      name: 'Ready',
      description: 'Number of the pod with ready state',
      value: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    },
    {
      name: 'Up-to-date',
      describedBy: 'io.k8s.api.apps.v1.DeploymentStatus.updatedReplicas',
      value: ({ status }) => status.updatedReplicas ?? 0,
    },
    {
      name: 'Available',
      describedBy: 'io.k8s.api.apps.v1.DeploymentStatus.availableReplicas',
      value: ({ status }) => status.availableReplicas ?? 0,
    },
    ageColumn,
    ...workloadColumns('io.k8s.api.apps.v1.DeploymentSpec.selector'),
  ],
});
