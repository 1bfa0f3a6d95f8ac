import type { ApiConnection, ApiRequest, ApiResponse, ForwardedAnswer, ForwardedRequest } from '@/lib/cluster';

/**
 * Everything kubectl needs of the machine it runs on. Nothing here is a host's: time, files and the network
 * are the simulated workstation's, so kubectl itself stays a plain asynchronous function.
 */
export interface KubectlIo {
  /**
   * Carries a request to the API server at `server` (`https://172.18.0.2:6443`, from the kubeconfig).
   * Throws (or rejects with) `ConnectionError` when nobody answers there.
   */
  request(server: string, request: ApiRequest): ApiResponse | Promise<ApiResponse>;
  /** All of standard input, for `-f -` and `exec -i`. */
  stdin(): Promise<string>;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Whether standard input and output are a terminal. */
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly files: KubectlFiles;
  /** Absolute path of the working directory. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
  /** Simulated milliseconds since the epoch. */
  now(): number;
  /** Resolves after so much simulated time, or at once when `signal` aborts. */
  sleep(ms: number): Promise<void>;
  /** Aborts on Ctrl-C. */
  readonly signal: Signal;
  /** Answers on a port of this machine until the returned function is called; undefined when the port is taken. Absent where there is no machine. */
  listen?(port: number, answer: (request: ForwardedRequest) => ForwardedAnswer): (() => void) | undefined;
  /** Opens the learner's editor; null when it was closed without saving. */
  editor(request: { readonly title: string; readonly text: string }): Promise<string | null>;
  /** Joins a terminal to a process in a container until that ends. Used for `-t`; without a terminal kubectl pipes by itself. */
  attachTerminal(
    connection: ApiConnection,
    options: { readonly stdin: boolean },
  ): Promise<{ readonly code: number; readonly message?: string }>;
}

/** Paths are absolute. */
export interface KubectlFiles {
  read(path: string): Promise<string> | string;
  write(path: string, text: string): Promise<void> | void;
  /** Names in a directory. */
  list(path: string): Promise<readonly string[]> | readonly string[];
  /** What is there, if anything. */
  kind(path: string): Promise<FileKind | undefined> | FileKind | undefined;
}

export type FileKind = 'file' | 'directory';

/** The part of `AbortSignal` that kubectl listens to. */
export interface Signal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
