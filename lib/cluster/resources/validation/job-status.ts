import type { V1Job, V1JobStatus } from '@/generated/kubernetes/types';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { readIndexIntervals } from '../index-intervals';
import { validateNonNegative } from './names';

const path = FieldPath.of('status');
const conditions = path.child('conditions');

const isTrue = (status: V1JobStatus | undefined, type: string) =>
  (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');

/** What is true of every Job's status; upstream holds a write to those rules whose fields it changes (`ValidateJobStatusUpdate`). */
export function validateJobStatus(job: V1Job, old: V1Job): FieldError[] {
  return [
    ...validateCounts(job),
    ...validateConditions(job),
    ...validateTimes(job),
    ...validateIndexes(job),
    ...validateProgress(job, old),
  ];
}

function validateCounts({ status }: V1Job): FieldError[] {
  const isFinished = isTrue(status, 'Complete') || isTrue(status, 'Failed');
  const { active = 0, terminating = 0, ready } = status ?? {};
  return [
    ...(['active', 'succeeded', 'failed', 'ready', 'terminating'] as const).flatMap((field) =>
      validateNonNegative(status?.[field], path.child(field)),
    ),
    ...(active > 0 && isFinished ? [fieldError.invalid(path.child('active'), active, 'active>0 is invalid for finished job')] : []),
    ...(terminating > 0 && isFinished
      ? [fieldError.invalid(path.child('terminating'), terminating, 'terminating>0 is invalid for finished job')]
      : []),
    ...(ready !== undefined && ready > active
      ? [fieldError.invalid(path.child('ready'), ready, 'cannot set more ready pods than active')]
      : []),
  ];
}

const exclusive = [
  ['Complete', 'Failed', 'cannot set Complete=True and Failed=true conditions'],
  ['Complete', 'FailureTarget', 'cannot set Complete=True and FailureTarget=true conditions'],
  ['SuccessCriteriaMet', 'Failed', 'cannot set SuccessCriteriaMet=True and Failed=true conditions'],
  ['SuccessCriteriaMet', 'FailureTarget', 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'],
] as const;

const required = [
  ['Failed', 'FailureTarget', 'cannot set Failed=True condition without the FailureTarget=true condition'],
  ['Complete', 'SuccessCriteriaMet', 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition'],
] as const;

function validateConditions({ status }: V1Job): FieldError[] {
  const refuse = (sentence: string) => [fieldError.invalidWithoutValue(conditions, sentence)];
  return [
    ...exclusive.flatMap(([one, other, sentence]) => (isTrue(status, one) && isTrue(status, other) ? refuse(sentence) : [])),
    ...required.flatMap(([one, needed, sentence]) => (isTrue(status, one) && !isTrue(status, needed) ? refuse(sentence) : [])),
  ];
}

function validateTimes({ status }: V1Job): FieldError[] {
  const { startTime, completionTime } = status ?? {};
  const isComplete = isTrue(status, 'Complete');
  const at = path.child('completionTime');
  return [
    ...(completionTime !== undefined && !isComplete
      ? [fieldError.invalid(at, completionTime, 'cannot set completionTime when there is no Complete=True condition')]
      : []),
    ...(completionTime === undefined && isComplete ? [fieldError.required(at, 'completionTime is required for Complete jobs')] : []),
    ...(startTime !== undefined && completionTime !== undefined && Date.parse(completionTime) < Date.parse(startTime)
      ? [fieldError.invalid(at, completionTime, 'completionTime cannot be set before startTime')]
      : []),
    ...(startTime === undefined && (isComplete || isTrue(status, 'Failed'))
      ? [fieldError.required(path.child('startTime'), 'startTime is required for finished job')]
      : []),
  ];
}

function validateIndexes({ spec, status }: V1Job): FieldError[] {
  const { completedIndexes = '', failedIndexes } = status ?? {};
  const { completions, backoffLimitPerIndex } = spec;
  const problem = (field: 'completedIndexes' | 'failedIndexes', text: string): FieldError[] => {
    const read = completions === undefined ? undefined : readIndexIntervals(text, completions);
    return read && 'problem' in read ? [fieldError.invalid(path.child(field), text, `error parsing ${field}: ${read.problem}`)] : [];
  };
  return [
    ...problem('completedIndexes', completedIndexes),
    ...(backoffLimitPerIndex !== undefined && failedIndexes !== undefined ? problem('failedIndexes', failedIndexes) : []),
    ...(completedIndexes && spec.completionMode !== 'Indexed'
      ? [
          fieldError.invalid(
            path.child('completedIndexes'),
            completedIndexes,
            'cannot set non-empty completedIndexes when non-indexed completion mode',
          ),
        ]
      : []),
    ...(backoffLimitPerIndex === undefined && failedIndexes !== undefined
      ? [
          fieldError.invalid(
            path.child('failedIndexes'),
            failedIndexes,
            'cannot set non-null failedIndexes when backoffLimitPerIndex is null',
          ),
        ]
      : []),
  ];
}

/** What has ended stays so, and counters only rise. */
function validateProgress({ spec, status }: V1Job, { status: before }: V1Job): FieldError[] {
  const { startTime, completionTime } = status ?? {};
  return [
    ...['Failed', 'Complete', 'FailureTarget'].flatMap((type) =>
      isTrue(before, type) && !isTrue(status, type)
        ? [fieldError.invalidWithoutValue(conditions, `cannot disable the terminal ${type}=True condition`)]
        : [],
    ),
    ...(['failed', 'succeeded'] as const).flatMap((field) =>
      (status?.[field] ?? 0) < (before?.[field] ?? 0)
        ? [fieldError.invalid(path.child(field), status?.[field] ?? 0, `cannot decrease the ${field} counter`)]
        : [],
    ),
    ...(completionTime !== undefined && before?.completionTime !== undefined && completionTime !== before.completionTime
      ? [fieldError.invalid(path.child('completionTime'), completionTime, 'completionTime cannot be mutated')]
      : []),
    ...(before?.startTime !== undefined && startTime !== before.startTime && !spec.suspend
      ? [fieldError.required(path.child('startTime'), 'startTime cannot be removed for unsuspended job')]
      : []),
    ...(isTrue(before, 'SuccessCriteriaMet') && !isTrue(status, 'SuccessCriteriaMet')
      ? [fieldError.invalidWithoutValue(conditions, 'cannot disable the SuccessCriteriaMet=True condition')]
      : []),
  ];
}
