export type CriCode = 'Unknown' | 'NotFound' | 'Unavailable' | 'DeadlineExceeded' | 'FailedPrecondition' | 'InvalidArgument';

/** What a CRI call fails with. `description` is containerd's own sentence; `message` is how gRPC prints it. */
export class CriError extends Error {
  override readonly name = 'CriError';
  readonly code: CriCode;
  readonly description: string;

  constructor(code: CriCode, description: string) {
    super(`rpc error: code = ${code} desc = ${description}`);
    this.code = code;
    this.description = description;
  }
}
