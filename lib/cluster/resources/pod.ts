import { deepCopy } from '@/lib/base';
import type { V1Pod } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { podColumns } from './columns/pod';
import { defaultPodOnly, defaultPodSpec, mirrorServiceAccount } from './defaults/pod-spec';
import { dropDisabledPodFields } from './disabled-fields';
import { mergeLabelKeys } from './match-label-keys';
import { podParts } from './pod-parts';
import { qosClassOf } from './qos';
import { keepSpec, keepStatus } from './strategy';
import { validatePodCreate, validatePodStatusUpdate, validatePodUpdate } from './validation/pod';
import { podWarnings } from './warnings';

export const Pod = defineResource<V1Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  names: { plural: 'pods', singular: 'pod', short: ['po'], categories: ['all'] },
  scope: 'Namespaced',
  returnsDeletedObject: true,
  defaults({ spec }) {
    if (!spec) return;
    defaultPodSpec(spec);
    defaultPodOnly(spec);
  },
  dropDisabledFields: ({ spec }) => dropDisabledPodFields(spec),
  prepareForCreate(pod, { now }) {
    mirrorServiceAccount(pod.spec);
    if ((pod.spec.terminationGracePeriodSeconds ?? 0) < 0) pod.spec.terminationGracePeriodSeconds = 1;
    mergeLabelKeys(pod);
    pod.status = { phase: 'Pending', qosClass: qosClassOf(pod.spec), ...schedulingGate(pod, now) };
  },
  prepareForUpdate(pod, old) {
    keepStatus(pod, old);
  },
  prepareForStatusUpdate(pod, old) {
    keepSpec(pod, old);
    pod.metadata.ownerReferences = deepCopy(old.metadata.ownerReferences);
  },
  validate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatusUpdate,
  warnings: (pod, old) => podWarnings(pod.metadata.name, pod.spec, old === undefined),
  subresources: { status: true, parts: podParts },
  statusKeeps: ['metadata.deletionTimestamp', 'metadata.ownerReferences'],
  hasGeneration: true,
  updateChecksAll: true,
  allowUnconditionalUpdate: true,
  gracePeriodSeconds(pod, requested) {
    if (!pod.spec.nodeName || isTerminal(pod)) return 0;
    const seconds = requested ?? pod.spec.terminationGracePeriodSeconds ?? 0;
    return seconds < 0 ? 1 : seconds;
  },
  selectableFields: ({ spec, status }) => ({
    'spec.nodeName': spec.nodeName ?? '',
    'spec.host': spec.nodeName ?? '',
    'spec.restartPolicy': spec.restartPolicy ?? '',
    'spec.schedulerName': spec.schedulerName ?? '',
    'spec.serviceAccountName': spec.serviceAccountName ?? '',
    'spec.hostNetwork': String(spec.hostNetwork ?? false),
    'status.phase': status.phase ?? '',
    'status.podIP': status.podIPs?.[0]?.ip ?? status.podIP ?? '',
    'status.nominatedNodeName': status.nominatedNodeName ?? '',
  }),
  columns: podColumns,
});

function isTerminal({ status }: V1Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** A Pod with scheduling gates says so from its first moment (`applySchedulingGatedCondition`). */
function schedulingGate({ spec }: V1Pod, now: string): Pick<V1Pod['status'], 'conditions'> {
  if (!spec.schedulingGates?.length) return {};
  return {
    conditions: [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
        lastProbeTime: null as never,
        lastTransitionTime: now,
      },
    ],
  };
}
