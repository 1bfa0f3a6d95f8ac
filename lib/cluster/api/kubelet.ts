/** What the API server asks of a kubelet for `kubectl logs`. */
export interface LogOptions {
  readonly container: string;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  /** Only what was written at or after this moment, in milliseconds since the epoch. */
  readonly sinceMs?: number;
}

/** And for `kubectl exec`. */
export interface ExecOptions {
  readonly container: string;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}
