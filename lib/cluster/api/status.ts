import type { FieldError } from './field';

/** `metav1.Status` with status Failure, the body of every refusal. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: object;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  readonly code: number;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  readonly retryAfterSeconds?: number;
}

export type StatusReason =
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Invalid'
  | 'ServerTimeout'
  | 'Timeout'
  | 'TooManyRequests'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'Expired'
  | 'ServiceUnavailable';

/** Thrown inside the API server to answer with a Status, and by `Client` when that is what it got. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? status.reason ?? 'unknown');
    this.status = status;
  }

  get reason(): StatusReason | undefined {
    return this.status.reason;
  }

  get code(): number {
    return this.status.code;
  }

  static is(error: unknown, reason: StatusReason): error is StatusError {
    return error instanceof StatusError && error.status.reason === reason;
  }
}

export function failure(code: number, reason: StatusReason | undefined, message: string, details?: StatusDetails): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason ? { reason } : {}),
    ...(details ? { details } : {}),
    code,
  });
}

interface Qualified {
  readonly group: string;
  /** The plural for all but `invalid`, which names the Kind (`apimachinery/pkg/api/errors`). */
  readonly resource: string;
}

const dotted = ({ group, resource }: Qualified) => (group ? `${resource}.${group}` : resource);
const about = ({ group, resource }: Qualified, name: string): StatusDetails => ({
  ...(name ? { name } : {}),
  ...(group ? { group } : {}),
  ...(resource ? { kind: resource } : {}),
});

export const statusErrors = {
  notFound: (kind: Qualified, name: string) =>
    failure(404, 'NotFound', `${dotted(kind)} ${JSON.stringify(name)} not found`, about(kind, name)),
  alreadyExists: (kind: Qualified, name: string) =>
    failure(409, 'AlreadyExists', `${dotted(kind)} ${JSON.stringify(name)} already exists`, about(kind, name)),
  conflict: (kind: Qualified, name: string, why: string) =>
    failure(409, 'Conflict', `Operation cannot be fulfilled on ${dotted(kind)} ${JSON.stringify(name)}: ${why}`, about(kind, name)),
  forbidden: (kind: Qualified, name: string, why: string) =>
    failure(403, 'Forbidden', `${dotted(kind)}${name ? ` ${JSON.stringify(name)}` : ''} is forbidden: ${why}`, about(kind, name)),
  badRequest: (message: string) => failure(400, 'BadRequest', message),
  internal: (message: string) => failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }),
  /** `kind` carries the Kind, not the plural, as upstream's `NewInvalid` does. */
  invalid(kind: Qualified, name: string, errors: readonly FieldError[]): StatusError {
    const sentences = errors.map(({ field, message }) => `${field}: ${message}`);
    const unique = [...new Set(sentences)];
    const list = unique.length === 1 ? unique[0] : `[${unique.join(', ')}]`;
    const causes = errors.map(({ type, field, message }) => ({ reason: type, message, field }));
    return failure(422, 'Invalid', `${dotted(kind)} ${JSON.stringify(name)} is invalid: ${list}`, { ...about(kind, name), causes });
  },
};
