import { type FieldError, type FieldPath } from '../../api';
import { dnsSubdomain, invalidEach } from './names';

/** A class that is named at all has a name that could be one (`ValidateClassName`). */
export function validateClassName(name: string | undefined, path: FieldPath): FieldError[] {
  return name ? invalidEach(path, name, dnsSubdomain(name)) : [];
}
