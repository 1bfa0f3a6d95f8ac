import { type FieldError, type FieldPath, fieldError } from '../../api';

/** A relative path that never climbs (`validateLocalDescendingPath`). */
export function validateLocalDescendingPath(target: string, path: FieldPath): FieldError[] {
  const errors = target.startsWith('/') ? [fieldError.invalid(path, target, 'must be a relative path')] : [];
  return [...errors, ...validatePathNoBacksteps(target, path)];
}

export function validatePathNoBacksteps(target: string, path: FieldPath): FieldError[] {
  return target.replaceAll('\\', '/').split('/').includes('..') ? [fieldError.invalid(path, target, "must not contain '..'")] : [];
}

/** Like a descending path, and its first step does not start with two dots, which the kubelet keeps for itself. */
export function validateLocalNonReservedPath(target: string, path: FieldPath): FieldError[] {
  const errors = validateLocalDescendingPath(target, path);
  return target.startsWith('..') && !target.startsWith('../')
    ? [...errors, fieldError.invalid(path, target, "must not start with '..'")]
    : errors;
}
