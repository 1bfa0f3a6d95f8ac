import { type FieldError, type FieldPath, fieldError } from '../../api';
import { dnsSubdomain, invalidEach } from './names';

const lengthMax = 63;

/** `ValidateCSIDriverName`. */
export function validateDriverName(name: string | undefined, path: FieldPath): FieldError[] {
  if (!name) return [fieldError.required(path)];
  return [
    ...(name.length > lengthMax ? [fieldError.tooLong(path, lengthMax)] : []),
    ...invalidEach(path, name, dnsSubdomain(name.toLowerCase())),
  ];
}
