import { type FieldError, type FieldPath, fieldError, type LabelSelector, labelValueErrors } from '../../api';
import { invalidEach } from './names';
import { validateLabelName, validateLabels } from './object-meta';

/** `ValidateLabelSelector` of `apimachinery/pkg/apis/meta/v1/validation`. */
export function validateLabelSelector(selector: LabelSelector | undefined, path: FieldPath): FieldError[] {
  if (!selector) return [];
  return [
    ...validateLabels(selector.matchLabels, path.child('matchLabels')),
    ...(selector.matchExpressions ?? []).flatMap((requirement, index) =>
      validateRequirement(requirement, path.child('matchExpressions').index(index)),
    ),
  ];
}

function validateRequirement(
  { key, operator, values = [] }: NonNullable<LabelSelector['matchExpressions']>[number],
  path: FieldPath,
): FieldError[] {
  return [
    ...(validateOperands(operator, values, path) ?? [
      fieldError.invalid(path.child('operator'), operator, 'not a valid selector operator'),
    ]),
    ...validateLabelName(key, path.child('key')),
    ...values.flatMap((value, index) => invalidEach(path.child('values').index(index), value, labelValueErrors(value))),
  ];
}

/** Of the operators that every selector has; undefined for any other. */
export function validateOperands(operator: string | undefined, values: readonly string[], path: FieldPath): FieldError[] | undefined {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length === 0 ? [fieldError.required(path.child('values'), "must be specified when `operator` is 'In' or 'NotIn'")] : [];
    case 'Exists':
    case 'DoesNotExist':
      return values.length > 0
        ? [fieldError.forbidden(path.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
        : [];
    default:
      return undefined;
  }
}
