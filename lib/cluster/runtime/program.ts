import type { Json, Random } from '@/lib/base';
import type { DnsAnswer, DnsQuery, HttpRequest, HttpResponse, HttpResult, Listener } from '../network/types';
import type { Caller, EtcdServer } from '../etcd';
import type { Machine } from '../machine';
import type { Instant, Kernel } from '../kernel';
import type { NetworkNamespace, Network } from '../network/types';
import type { Transport } from '../api';

export type Signal = 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT' | 'SIGUSR1';

/** What a simulated process may do. Every effect is immediate and deterministic; waiting is `after`. */
export interface ProcessContext {
  readonly now: Instant;
  readonly random: Random;
  /** 1 for a container's first process. */
  readonly pid: number;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly hostname: string;
  readonly cwd: string;
  /** What was piped in; a container's first process has nothing. */
  readonly stdin: string;
  /** Somebody may still type: `stdin: true` in the container's spec. */
  readonly isInteractive: boolean;
  /** The container's own view of files: image layers, its writable layer, volumes. */
  readonly files: Files;
  stdout(text: string): void;
  stderr(text: string): void;
  /** False when the port is taken: `Address already in use`. */
  listen(port: number, protocol?: 'TCP' | 'UDP'): boolean;
  /** Calls the program's `onTimer` with `timer` after simulated time; a second call with the same name replaces the first. */
  after(delayMs: number, timer: string): void;
  http(request: HttpRequest, options?: { timeoutMs?: number }): HttpResult;
  resolve(name: string, type?: DnsQuery['type']): { answer: DnsAnswer; server: string; tookMs: number };
  /** A bare TCP connection, opened and closed. */
  connect(host: string, port: number, options?: { timeoutMs?: number }): ReturnType<Network['connect']>;
  /** A client of the etcd member at `server`, as etcdctl is one. */
  dialEtcd(server: string, caller?: Caller): EtcdServer;
  /** The container's other processes, as `/proc` would show them. */
  processes(): readonly ProcessEntry[];
  /** `kill(2)` within the container. False when there is no such process. */
  kill(pid: number, signal: Signal): boolean;
  /** Ends the process; nothing of it runs afterwards. */
  exit(code: number): void;
}

export interface ProcessEntry {
  readonly pid: number;
  readonly argv: readonly string[];
}

/** Writes throw `FileError` with libc's words: `Read-only file system`, `Is a directory`, `No space left on device`. */
export interface Files {
  read(path: string): string | undefined;
  write(path: string, text: string): void;
  /** A file, or a directory that is empty. Whether there was one. */
  remove(path: string): boolean;
  exists(path: string): boolean;
  isDirectory(path: string): boolean;
  /** Whether a script there may be run: not from a volume whose files have no such mode. */
  isExecutable(path: string): boolean;
  makeDirectory(path: string): void;
  /** Names right below a directory, in order. */
  list(directory: string): readonly string[];
}

/**
 * A program is a reducer over plain state: it may be copied, forked and restarted in the middle.
 * State is kept on the node's disk after each call.
 */
export interface Program<State extends Json = any> {
  /** It only says that it is not simulated. */
  readonly isRefusal?: true;
  start(ctx: ProcessContext): State;
  onTimer?(ctx: ProcessContext, state: State, timer: string): State;
  onRequest?(
    ctx: ProcessContext,
    state: State,
    request: HttpRequest,
    peer: { ip: string; port: number },
  ): { state: State; response: HttpResponse };
  onQuery?(ctx: ProcessContext, state: State, query: DnsQuery): { state: State; answer: DnsAnswer };
  /**
   * Absent means the kernel's default: SIGTERM and the like end the process with 128 + n, but not a container's first process (PID 1),
   * for which the kernel drops signals it has no handler for. SIGKILL always ends it.
   */
  onSignal?(ctx: ProcessContext, state: State, signal: Signal): State;
}

/** What a component of Kubernetes that runs in a container gets instead: its memory is its own and is lost when it stops. */
export interface DaemonContext {
  readonly kernel: Kernel;
  readonly machine: Machine;
  readonly network: Network;
  /** The network namespace it runs in; the machine's own for hostNetwork Pods. */
  readonly namespace: NetworkNamespace;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly files: Files;
  /** The container's id: the same when a snapshot is taken up again, another after a restart. Leader election goes by it. */
  readonly instance?: string;
  /** It goes on from a snapshot instead of being started: nothing it finds is news. */
  readonly isResumed?: boolean;
  /** Reaches the API server as the identity in the kubeconfig file at `path`, or as the Pod's service account without one. */
  transport(kubeconfigPath?: string): Transport;
  /** Makes this container answer on a port of its namespace. */
  listen(port: number, protocol: 'TCP' | 'UDP', listener: Listener): void;
  log(line: string): void;
  /** Ends the container, as a component does on a bad flag or a lost lease. */
  exit(code: number, message?: string): void;
}

export interface Daemon {
  start(context: DaemonContext): { stop(): void };
}

/** What a program uses while it does nothing; what it does comes on top. */
export interface Footprint {
  readonly milliCpu: number;
  readonly memoryBytes: number;
}

export interface ImageDefinition {
  /** `nginx`, `registry.k8s.io/kube-apiserver`. */
  readonly repository: string;
  /** Tags that exist; `latest` where upstream has it. Any other is `not found`. */
  readonly tags: readonly string[];
  readonly sizeBytes: number;
  /** No processor time and 2 MiB, unless the image says otherwise. */
  readonly footprint?: Footprint;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly user?: string;
  /** What a stop sends first; SIGTERM unless the image says otherwise, as nginx does. */
  readonly stopSignal?: Signal;
  readonly files?: Readonly<Record<string, string>>;
  /** Absolute path of an executable to what it does; found through PATH as execvp would. */
  readonly programs?: Readonly<Record<string, Program>>;
  readonly daemons?: Readonly<Record<string, Daemon>>;
  /** What differs for some tags: `1.28` may have other files, or no such program. */
  readonly variants?: Readonly<Record<string, Partial<Pick<ImageDefinition, 'sizeBytes' | 'env' | 'files' | 'programs' | 'tools'>>>>;
  /** Names of the shell's programs (lib/shell) that an interactive `exec` finds here, beside `programs`. */
  readonly tools?: readonly string[];
}

export function defineImage(definition: ImageDefinition): ImageDefinition {
  return definition;
}
