import { parseCronSchedule } from '@/lib/cluster/resources/cron-schedule';
import { defaulted, definitionOf, prepared, refusalOf, rowOf, updateRefusalOf } from '../../support/objects';

const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox:1.37' }] } };
const job = (spec: object = {}) => ({ metadata: { name: 'once' }, spec: { template, ...spec } });
const cronJob = (spec: object = {}) => ({
  metadata: { name: 'nightly' },
  spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template } }, ...spec },
});

test('a Job runs one Pod to completion and tries six times more unless told otherwise', () => {
  expect(defaulted('Job', job()).spec).toMatchObject({
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: 'TerminatingOrFailed',
  });
  expect(defaulted('Job', job({ parallelism: 3 })).spec).not.toHaveProperty('completions');
});

test('a Job selects its Pods by its own uid', () => {
  const { metadata, spec } = prepared('Job', job());
  expect(spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': metadata.uid } });
  expect(spec.template.metadata.labels).toMatchObject({
    'job-name': 'once',
    'batch.kubernetes.io/job-name': 'once',
    'controller-uid': metadata.uid,
  });
});

test('a Job without labels bears those of its template', () => {
  const labelled = prepared('Job', job({ template: { ...template, metadata: { labels: { app: 'x' } } } }));
  expect(labelled.metadata.labels).toMatchObject({ app: 'x', 'job-name': 'once' });
  const bare = prepared('Job', job());
  definitionOf('Job').defaultsWhenStored?.(bare);
  expect(bare.metadata.labels).toEqual(bare.spec.template.metadata.labels);
});

test('labels given to the Job itself are not those of its template', () => {
  expect(prepared('Job', { ...job(), metadata: { name: 'once', labels: { team: 'a' } } }).metadata.labels).toEqual({ team: 'a' });
});

test.each([
  [
    { template: { spec: { ...template.spec, restartPolicy: 'Always' } } },
    'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  ],
  [{ backoffLimitPerIndex: 1 }, 'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'],
  [
    { podFailurePolicy: { rules: [{ action: 'Ignore' }] } },
    'spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
  ],
  [
    { completionMode: 'Indexed', completions: 3, successPolicy: { rules: [{ succeededIndexes: '0,2-1' }] } },
    'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0,2-1": error parsing succeededIndexes: non-increasing order, previous: 2, current: 1',
  ],
])('a Job with %j is refused', (spec, sentence) => {
  expect(refusalOf('Job', job(spec))).toBe(`Job.batch "once" is invalid: ${sentence}`);
});

test('the template of a Job is fixed, but a suspended one that has not started may still be told where its Pods go', () => {
  const onNode = ({ spec }: { spec: any }) => void (spec.template.spec.nodeSelector = { disk: 'ssd' });
  const newImage = ({ spec }: { spec: any }) => void (spec.template.spec.containers[0].image = 'busybox:2');
  expect(updateRefusalOf('Job', job({ suspend: true }), onNode)).toBeUndefined();
  expect(updateRefusalOf('Job', job({ suspend: true }), newImage)).toContain('field is immutable');
  expect(updateRefusalOf('Job', job(), onNode)).toContain('spec.template: Invalid value');
});

test('kubectl get jobs shows what became of it', () => {
  const done = { type: 'Complete', status: 'True' };
  const status = { succeeded: 1, startTime: '2026-01-05T07:00:00Z', completionTime: '2026-01-05T07:00:05Z', conditions: [done] };
  expect(rowOf('Job', { ...prepared('Job', job()), status })).toMatchObject({ Status: 'Complete', Completions: '1/1', Duration: '5s' });
  expect(rowOf('Job', prepared('Job', job({ parallelism: 3 })))).toMatchObject({
    Status: 'Running',
    Completions: '0/1 of 3',
    Duration: '',
  });
});

test.each([
  ['61 * * * *', 'end of range (61) above maximum (59): 61'],
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
  ['@often', 'unrecognized descriptor: @often'],
])('a CronJob does not understand the schedule %j', (schedule, sentence) => {
  expect(refusalOf('CronJob', cronJob({ schedule }))).toBe(
    `CronJob.batch "nightly" is invalid: spec.schedule: Invalid value: ${JSON.stringify(schedule)}: ${sentence}`,
  );
});

test('fields of a schedule are lists of numbers, ranges, steps and names', () => {
  expect(parseCronSchedule('0,30 9-17/4 * jan mon-wed')).toMatchObject({
    minutes: new Set([0, 30]),
    hours: new Set([9, 13, 17]),
    months: new Set([1]),
    daysOfWeek: new Set([1, 2, 3]),
    isAnyDayOfMonth: true,
    isAnyDayOfWeek: false,
  });
  expect(parseCronSchedule('@every 1h30m')).toEqual({ everySeconds: 5400 });
});

test('a CronJob’s name leaves room for the time its Jobs are named after', () => {
  expect(refusalOf('CronJob', { ...cronJob(), metadata: { name: 'n'.repeat(53) } })).toContain('must be no more than 52 characters');
});

test('a CronJob keeps three Jobs that went well and one that did not', () => {
  expect(defaulted('CronJob', cronJob()).spec).toMatchObject({
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
});

test('a CronJob knows time zones by their name', () => {
  expect(refusalOf('CronJob', cronJob({ timeZone: 'Europe/Zurich' }))).toBeUndefined();
  expect(refusalOf('CronJob', cronJob({ timeZone: 'Mars/Base' }))).toContain('unknown time zone Mars/Base');
});
