import type { V1Condition } from '@/generated/kubernetes/types';
import { type FieldError, type FieldPath, fieldError } from '../../api';
import { invalidEach, isNegative, validateQualifiedName } from './names';

const statuses = ['False', 'True', 'Unknown'];
const reasonFormat = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reasonPattern = new RegExp(`^${reasonFormat}$`);
const reasonMax = 1024;
const messageMax = 32 * 1024;

/** `metav1.Condition`s: of each type one, with all that every condition needs (`validation.ValidateConditions`). */
export function validateConditions(conditions: readonly V1Condition[] | undefined, path: FieldPath): FieldError[] {
  const firstOfType = new Map<string, number>();
  return (conditions ?? []).flatMap((condition, index) => {
    const at = path.index(index);
    const isRepeated = firstOfType.has(condition.type);
    firstOfType.set(condition.type, index);
    return [...(isRepeated ? [fieldError.duplicate(at.child('type'), condition.type)] : []), ...validateCondition(condition, at)];
  });
}

function validateCondition(
  { type, status, observedGeneration, lastTransitionTime, reason, message }: V1Condition,
  path: FieldPath,
): FieldError[] {
  return [
    ...validateQualifiedName(type ?? '', path.child('type')),
    ...(statuses.includes(status) ? [] : [fieldError.notSupported(path.child('status'), status ?? '', statuses)]),
    ...(observedGeneration !== undefined && observedGeneration < 0
      ? [fieldError.invalid(path.child('observedGeneration'), observedGeneration, isNegative)]
      : []),
    ...(lastTransitionTime ? [] : [fieldError.required(path.child('lastTransitionTime'), 'must be set')]),
    ...(reason
      ? [
          ...invalidEach(path.child('reason'), reason, reasonErrors(reason)),
          ...(reason.length > reasonMax ? [fieldError.tooLong(path.child('reason'), reasonMax)] : []),
        ]
      : [fieldError.required(path.child('reason'), 'must be set')]),
    ...((message ?? '').length > messageMax ? [fieldError.tooLong(path.child('message'), messageMax)] : []),
  ];
}

function reasonErrors(reason: string): string[] {
  return reasonPattern.test(reason)
    ? []
    : [
        `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${reasonFormat}')`,
      ];
}
