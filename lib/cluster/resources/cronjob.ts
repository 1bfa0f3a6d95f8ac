import type { V1CronJob } from '@/generated/kubernetes/types';
import { defineResource, FieldPath, type TableColumn } from '../api';
import { since } from './columns/duration';
import { ageColumn, nameColumn, workloadColumns } from './columns/shared';
import { defaultFailurePolicy } from './defaults/job';
import { defaultPodTemplate } from './defaults/pod-template';
import { dropDisabledPodFields } from './disabled-fields';
import { keepSpec, keepStatus } from './strategy';
import { validateCronJob, validateCronJobUpdate } from './validation/cronjob';
import { hostnameWarnings, jobSpecWarnings } from './warnings';

const spec = 'io.k8s.api.batch.v1.CronJobSpec';
const status = 'io.k8s.api.batch.v1.CronJobStatus';

export const CronJob = defineResource<V1CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  names: { plural: 'cronjobs', singular: 'cronjob', short: ['cj'], categories: ['all'] },
  scope: 'Namespaced',
  storagePrefix: 'cronjobs',
  notSimulated: 'no cronjob-controller starts its Jobs',
  defaults({ spec }) {
    if (!spec) return;
    spec.concurrencyPolicy ||= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    const job = spec.jobTemplate?.spec;
    if (!job) return;
    defaultFailurePolicy(job);
    defaultPodTemplate(job.template);
  },
  dropDisabledFields: ({ spec }) => dropDisabledPodFields(spec?.jobTemplate?.spec?.template?.spec),
  prepareForCreate(cronJob) {
    cronJob.status = {};
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validateCronJob,
  validateUpdate: validateCronJobUpdate,
  warnings,
  subresources: { status: true },
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    { name: 'Schedule', describedBy: `${spec}.schedule`, value: ({ spec }) => spec.schedule },
    { name: 'Timezone', describedBy: `${spec}.timeZone`, value: ({ spec }) => spec.timeZone ?? '<none>' },
    { name: 'Suspend', type: 'boolean', describedBy: `${spec}.suspend`, value: ({ spec }) => spec.suspend ?? false },
    { name: 'Active', type: 'integer', describedBy: `${status}.active`, value: ({ status }) => status?.active?.length ?? 0 },
    {
      name: 'Last Schedule',
      describedBy: `${status}.lastScheduleTime`,
      value: ({ status }, now) => (status?.lastScheduleTime ? since(status.lastScheduleTime, now) : '<none>'),
    },
    ageColumn,
    ...workloadColumns('io.k8s.api.batch.v1.JobSpec.selector').map(ofJob),
  ],
});

type WorkloadColumn = ReturnType<typeof workloadColumns>[number];

function ofJob(column: WorkloadColumn): TableColumn<V1CronJob> {
  return { ...column, value: ({ spec, metadata }, now) => column.value({ metadata, spec: spec.jobTemplate.spec } as never, now) };
}

function warnings({ metadata, spec }: V1CronJob, old?: V1CronJob): string[] {
  return [
    ...(old ? [] : hostnameWarnings(metadata.name)),
    ...jobSpecWarnings(spec.jobTemplate.spec, FieldPath.of('spec').child('jobTemplate', 'spec')),
    ...(spec.schedule.includes('TZ') ? ['cannot use TZ or CRON_TZ in spec.schedule, use timeZone instead'] : []),
  ];
}
