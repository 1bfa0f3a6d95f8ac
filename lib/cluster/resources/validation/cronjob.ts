import type { V1CronJob, V1CronJobSpec } from '@/generated/kubernetes/types';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { CronSyntaxError, parseCronSchedule } from '../cron-schedule';
import { validateJobSpec } from './job';
import { validateEnum, validateNonNegative } from './names';

const specPath = FieldPath.of('spec');
/** A Job's name has 63 characters, of which the time it is made for takes eleven. */
const nameLengthMax = 52;

/** `ValidateCronJobCreate`. */
export function validateCronJob(cronJob: V1CronJob): FieldError[] {
  const { name } = cronJob.metadata;
  return [
    ...validateSpec(cronJob.spec, undefined),
    ...((name ?? '').length > nameLengthMax
      ? [fieldError.invalid(FieldPath.of('metadata').child('name'), name, `must be no more than ${nameLengthMax} characters`)]
      : []),
  ];
}

export function validateCronJobUpdate(cronJob: V1CronJob, old: V1CronJob): FieldError[] {
  return validateSpec(cronJob.spec, old.spec);
}

function validateSpec(spec: V1CronJobSpec | undefined, old: V1CronJobSpec | undefined): FieldError[] {
  const template = specPath.child('jobTemplate', 'spec');
  const { selector, manualSelector } = spec?.jobTemplate?.spec ?? {};
  return [
    ...(spec?.schedule ? validateSchedule(spec, old) : [fieldError.required(specPath.child('schedule'))]),
    ...validateNonNegative(spec?.startingDeadlineSeconds, specPath.child('startingDeadlineSeconds')),
    ...(!old || old.timeZone !== spec?.timeZone ? validateTimeZone(spec?.timeZone, specPath.child('timeZone')) : []),
    ...validateEnum(spec?.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], specPath.child('concurrencyPolicy')),
    ...validateJobSpec(spec?.jobTemplate?.spec, template),
    ...(selector ? [fieldError.invalid(template.child('selector'), selector, '`selector` will be auto-generated')] : []),
    ...(manualSelector ? [fieldError.notSupported(template.child('manualSelector'), manualSelector, ['nil', 'false'])] : []),
    ...validateNonNegative(spec?.successfulJobsHistoryLimit, specPath.child('successfulJobsHistoryLimit')),
    ...validateNonNegative(spec?.failedJobsHistoryLimit, specPath.child('failedJobsHistoryLimit')),
  ];
}

function validateSchedule({ schedule, timeZone }: V1CronJobSpec, old: V1CronJobSpec | undefined): FieldError[] {
  const path = specPath.child('schedule');
  const problem = scheduleProblem(schedule);
  const hadZone = old?.schedule.includes('TZ') ?? false;
  return [
    ...(problem ? [fieldError.invalid(path, schedule, problem)] : []),
    ...(hadZone && schedule.includes('TZ') && timeZone !== undefined
      ? [fieldError.invalid(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule')]
      : []),
    ...(!hadZone && schedule.includes('TZ')
      ? [fieldError.invalid(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')]
      : []),
  ];
}

function scheduleProblem(schedule: string): string | undefined {
  try {
    parseCronSchedule(schedule);
    return undefined;
  } catch (error) {
    if (error instanceof CronSyntaxError) return error.message;
    throw error;
  }
}

const zonePart = /^[A-Za-z._0-9+][A-Za-z.\-_0-9+]{0,13}$/;

function validateTimeZone(zone: string | undefined, path: FieldPath): FieldError[] {
  if (zone === undefined) return [];
  if (zone === '') return [fieldError.invalid(path, zone, 'timeZone must be nil or non-empty string')];
  const unknown = fieldError.invalid(path, zone, `unknown time zone ${zone}`);
  if (!zone.split('/').every((part) => part !== '.' && part !== '..' && zonePart.test(part))) return [unknown];
  if (zone.toLowerCase() === 'local')
    return [
      fieldError.invalid(path, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'),
      ...(zone === 'Local' ? [] : [unknown]),
    ];
  return isZone(zone) ? [] : [unknown];
}

function isZone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}
