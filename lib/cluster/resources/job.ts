import type { V1Job } from '@/generated/kubernetes/types';
import { defineResource, FieldPath } from '../api';
import { humanDuration, since } from './columns/duration';
import { ageColumn, nameColumn, workloadColumns } from './columns/shared';
import { defaultFailurePolicy } from './defaults/job';
import { defaultPodTemplate } from './defaults/pod-template';
import { dropDisabledPodFields } from './disabled-fields';
import { keepSpec, keepStatus } from './strategy';
import { generatedLabels, validateJob, validateJobUpdate } from './validation/job';
import { validateJobStatus } from './validation/job-status';
import { hostnameWarnings, jobSpecWarnings } from './warnings';

const backoffLimitMax = 2 ** 31 - 1;

export const Job = defineResource<V1Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  names: { plural: 'jobs', singular: 'job', categories: ['all'] },
  scope: 'Namespaced',
  storagePrefix: 'jobs',
  notSimulated: 'no job-controller runs its Pods',
  defaults(job) {
    const { spec, metadata } = job;
    if (!spec) return;
    if (spec.parallelism === undefined) spec.completions ??= 1;
    spec.parallelism ??= 1;
    spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : backoffLimitMax;
    const labels = spec.template?.metadata?.labels;
    if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = labels;
    spec.completionMode ??= 'NonIndexed';
    spec.suspend ??= false;
    spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
    spec.manualSelector ??= false;
    defaultFailurePolicy(spec);
    defaultPodTemplate(spec.template);
  },
  defaultsWhenStored({ metadata, spec }) {
    if (Object.keys(metadata.labels ?? {}).length === 0 && spec.template.metadata?.labels)
      metadata.labels = { ...spec.template.metadata.labels };
  },
  dropDisabledFields: ({ spec }) => dropDisabledPodFields(spec?.template?.spec),
  prepareForCreate(job) {
    if (!job.spec.manualSelector) generateSelector(job);
    job.status = {};
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  validateStatusUpdate: validateJobStatus,
  warnings,
  subresources: { status: true },
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  defaultDeletion: 'orphan',
  orphaningWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  unselectable: (field) => `field label ${JSON.stringify(field)} not supported for Job`,
  selectableFields: ({ status }) => ({ 'status.successful': String(status?.succeeded ?? 0) }),
  columns: [
    nameColumn,
    { name: 'Status', description: 'Status of the job.', value: statusOf },
    { name: 'Completions', describedBy: 'io.k8s.api.batch.v1.JobStatus.succeeded', value: completionsOf },
    { name: 'Duration', description: 'Time required to complete the job.', value: durationOf },
    ageColumn,
    ...workloadColumns('io.k8s.api.batch.v1.JobSpec.selector'),
  ],
});

/**
 * A Job selects its Pods by its own uid (`generateSelector`); labels a writer set already are left for validation to judge.
 * A Job without labels of its own shares those of its template, and so the generated ones too.
 */
function generateSelector({ metadata, spec }: V1Job): void {
  const template = (spec.template ??= {});
  const sharesLabels = metadata.labels !== undefined && metadata.labels === template.metadata?.labels;
  const uid = metadata.uid ?? '';
  const labels = { ...generatedLabels(metadata.name ?? '', uid), ...template.metadata?.labels };
  template.metadata = { ...template.metadata, labels } as NonNullable<typeof template.metadata>;
  spec.selector ??= {};
  spec.selector.matchLabels = { 'batch.kubernetes.io/controller-uid': uid, ...spec.selector.matchLabels };
  if (sharesLabels) metadata.labels = { ...labels };
}

function warnings({ metadata, spec }: V1Job, old?: V1Job): string[] {
  return [...(old ? [] : hostnameWarnings(metadata.name)), ...jobSpecWarnings(spec, FieldPath.of('spec'))];
}

function statusOf({ metadata, status }: V1Job): string {
  const is = (type: string) => (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (metadata.deletionTimestamp) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(is) ?? 'Running';
}

function completionsOf({ spec, status }: V1Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  return (spec.parallelism ?? 0) > 1 ? `${succeeded}/1 of ${spec.parallelism}` : `${succeeded}/1`;
}

function durationOf({ status }: V1Job, now: number): string {
  const { startTime, completionTime } = status ?? {};
  if (!startTime) return '';
  return completionTime ? humanDuration(Date.parse(completionTime) - Date.parse(startTime)) : since(startTime, now);
}
