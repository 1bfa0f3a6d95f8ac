/**
 * Throws when something that cannot happen did: a defect of ours, never of the cluster being simulated. A message that is put together is
 * given as a function where much passes by.
 */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new AssertionError(typeof message === 'string' ? message : message());
}

export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Marks the default branch of a switch over a closed union; a new case becomes a type error here. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
