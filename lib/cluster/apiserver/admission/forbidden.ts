import { statusErrors, type StatusError } from '../../api';
import { resourceOf } from '../context';
import type { AdmissionRequest } from './plugin';

/** `admission.NewForbidden`: names the object, by its generateName while it has no name. */
export function forbid({ definition, name, object }: AdmissionRequest, sentence: string): StatusError {
  const known = name || object?.metadata?.name || object?.metadata?.generateName || 'Unknown';
  return statusErrors.forbidden(resourceOf(definition), known, sentence);
}
