import type { V1StatefulSet } from '@/generated/kubernetes/types';
import { defineResource, FieldPath } from '../api';
import { ageColumn, nameColumn, workloadColumns } from './columns/shared';
import { defaultClaim } from './defaults/persistent-volume-claim';
import { defaultPodTemplate } from './defaults/pod-template';
import { dropDisabledPodFields } from './disabled-fields';
import { keepSpec, keepStatus } from './strategy';
import { dnsLabel } from './validation/names';
import { validateStatefulSet, validateStatefulSetStatus, validateStatefulSetUpdate } from './validation/statefulset';
import { claimSpecWarnings, templateWarnings } from './warnings';

export const StatefulSet = defineResource<V1StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  names: { plural: 'statefulsets', singular: 'statefulset', short: ['sts'], categories: ['all'] },
  scope: 'Namespaced',
  storagePrefix: 'statefulsets',
  notSimulated: 'no statefulset-controller creates its Pods and claims',
  defaults({ spec }) {
    if (!spec) return;
    spec.podManagementPolicy ??= 'OrderedReady';
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ??= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.partition ??= 0;
    }
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.kind = 'PersistentVolumeClaim';
      claim.apiVersion = 'v1';
      defaultClaim(claim);
    }
  },
  dropDisabledFields: ({ spec }) => dropDisabledPodFields(spec?.template?.spec),
  prepareForCreate(statefulSet) {
    statefulSet.status = { replicas: 0, availableReplicas: 0 };
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validateName: dnsLabel,
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  validateStatusUpdate: validateStatefulSetStatus,
  warnings,
  unselectable: (field) => `field label not supported for appsv1.StatefulSet: ${field}`,
  /** A label it knows and a field it does not have. */
  selectableFields: () => ({ 'status.successful': '' }),
  subresources: { status: true, scale: { replicas: 'spec.replicas', statusReplicas: 'status.replicas', selector: 'spec.selector' } },
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    {
      name: 'Ready',
      description: 'Number of the pod with ready state',
      value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    },
    ageColumn,
    ...workloadColumns('io.k8s.api.apps.v1.StatefulSetSpec.selector').slice(0, 2),
  ],
});

function warnings({ spec }: V1StatefulSet): string[] {
  const path = FieldPath.of('spec');
  return [
    ...templateWarnings(spec.template, path.child('template')),
    ...(spec.volumeClaimTemplates ?? []).flatMap((claim, index) =>
      claimSpecWarnings(claim.spec, path.child('volumeClaimTemplates').index(index)),
    ),
    ...((spec.revisionHistoryLimit ?? 0) < 0
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
      : []),
  ];
}
