import { copyObject, decodeObject, DecodeError, QuantityError, type KubeObject } from '../../../api';
import { withDefaults } from '../../body';
import { typeOf } from '../../context';
import type { AdmissionRequest } from '../plugin';
import { inVersion } from './target';

/** What somebody made of an object is none of its kind. */
export class ReplacementError extends Error {
  override readonly name = 'ReplacementError';
}

/** The request's object becomes what somebody made of it, decoded and with defaults as if it had been sent so. Throws `ReplacementError`. */
export function replaceObject(request: AdmissionRequest, changed: unknown, definition = request.definition): void {
  const decoded = withDefaults(definition, readAs(definition, changed), request.subresource);
  const own =
    definition === request.definition
      ? decoded
      : copyObject(typeOf(request.definition), inVersion(decoded, definition, request.definition));
  const object = request.object as KubeObject;
  for (const field of Object.keys(object)) if (!(field in own)) delete object[field];
  Object.assign(object, own);
}

function readAs(definition: AdmissionRequest['definition'], changed: unknown): KubeObject {
  try {
    return decodeObject(typeOf(definition), changed).value as KubeObject;
  } catch (error) {
    const isRefusal = error instanceof DecodeError || error instanceof QuantityError || error instanceof RangeError;
    throw isRefusal ? new ReplacementError(error.message) : error;
  }
}
