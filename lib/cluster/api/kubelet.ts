import type { ApiConnection, ApiResponse } from './http';
import type { KubeObject } from './object';

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

export interface ExecOptions {
  readonly container: string;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** What a kubelet serves on port 10250. It throws `StatusError` for what it refuses. */
export interface KubeletApi {
  /** The text of a log, or a stream of text chunks when it is followed. */
  logs(pod: KubeObject, options: LogOptions): Pick<ApiResponse, 'body' | 'stream'>;
  exec(pod: KubeObject, options: ExecOptions): ApiConnection;
  attach(pod: KubeObject, options: Omit<ExecOptions, 'command'>): ApiConnection;
  portForward?(pod: KubeObject, ports: readonly number[]): ApiConnection;
}
