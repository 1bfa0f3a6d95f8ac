import { type FieldError, type FieldPath, fieldError } from '../../api';
import { isNegative } from './names';

/** A count or a share of a whole: `3`, `25%` (`ValidatePositiveIntOrPercent`). */
export function validateIntOrPercent(value: number | string, path: FieldPath): FieldError[] {
  if (typeof value === 'number') return value < 0 ? [fieldError.invalid(path, value, isNegative)] : [];
  return isPercent(value)
    ? []
    : [
        fieldError.invalid(
          path,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      ];
}

function isPercent(value: string): boolean {
  return /^[0-9]+%$/.test(value);
}

/** The number in it, of things or of hundredths. */
export function amountOf(value: number | string): number {
  return typeof value === 'number' ? value : isPercent(value) ? parseInt(value, 10) : 0;
}

/** `IsNotMoreThan100Percent`. */
export function validateAtMostAll(value: number | string, path: FieldPath): FieldError[] {
  return typeof value === 'string' && amountOf(value) > 100 ? [fieldError.invalid(path, value, 'must not be greater than 100%')] : [];
}
