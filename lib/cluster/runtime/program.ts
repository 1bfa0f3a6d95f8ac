import type { Json, Random } from '@/lib/base';
import type { DnsAnswer, DnsQuery, HttpRequest, HttpResponse, HttpResult } from '../network/types';
import type { Machine } from '../machine';
import type { Instant, Kernel } from '../kernel';
import type { NetworkNamespace, Network } from '../network/types';
import type { Transport } from '../api';

export type Signal = 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT' | 'SIGUSR1';

/** What a simulated process may do. Every effect is immediate and deterministic; waiting is `after`. */
export interface ProcessContext {
  readonly now: Instant;
  readonly random: Random;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly hostname: string;
  readonly cwd: string;
  /** The container's own view of files: image layers, its writable layer, volumes. */
  readonly files: Files;
  stdout(text: string): void;
  stderr(text: string): void;
  listen(port: number, protocol?: 'TCP' | 'UDP'): void;
  /** Calls the program's `onTimer` with `timer` after simulated time; a second call with the same name replaces the first. */
  after(delayMs: number, timer: string): void;
  http(request: HttpRequest, options?: { timeoutMs?: number }): HttpResult;
  resolve(name: string, type?: DnsQuery['type']): { answer: DnsAnswer; server: string; tookMs: number };
  /** Ends the process; nothing of it runs afterwards. */
  exit(code: number): void;
}

export interface Files {
  read(path: string): string | undefined;
  write(path: string, text: string): void;
  remove(path: string): boolean;
  exists(path: string): boolean;
  list(directory: string): readonly string[];
}

/**
 * A program is a reducer over plain state: it may be copied, forked and restarted in the middle.
 * State is kept on the node's disk after each call.
 */
export interface Program<State extends Json = any> {
  start(ctx: ProcessContext): State;
  onTimer?(ctx: ProcessContext, state: State, timer: string): State;
  onRequest?(ctx: ProcessContext, state: State, request: HttpRequest, peer: { ip: string; port: number }): { state: State; response: HttpResponse };
  onQuery?(ctx: ProcessContext, state: State, query: DnsQuery): { state: State; answer: DnsAnswer };
  /** Absent means the kernel's default: SIGTERM and the like end the process with 128 + n; SIGKILL always does. */
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
  /** Reaches the API server as the identity in the kubeconfig file at `path`, or as the Pod's service account without one. */
  transport(kubeconfigPath?: string): Transport;
  /** Makes this container answer on a port of its namespace. */
  listen(port: number, protocol: 'TCP' | 'UDP', listener: { http?: (request: HttpRequest, peer: { ip: string }) => HttpResponse; dns?: (query: DnsQuery) => DnsAnswer; api?: Transport }): void;
  log(line: string): void;
  /** Ends the container, as a component does on a bad flag or a lost lease. */
  exit(code: number, message?: string): void;
}

export interface Daemon {
  start(context: DaemonContext): { stop(): void };
}

export interface ImageDefinition {
  /** `nginx`, `registry.k8s.io/kube-apiserver`. */
  readonly repository: string;
  /** Tags that exist; `latest` where upstream has it. Any other is `not found`. */
  readonly tags: readonly string[];
  readonly sizeBytes: number;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly user?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Absolute path of an executable to what it does; found through PATH as execvp would. */
  readonly programs?: Readonly<Record<string, Program>>;
  readonly daemons?: Readonly<Record<string, Daemon>>;
  /** Names of the shell's programs (lib/shell) that an interactive `exec` finds here, beside `programs`. */
  readonly tools?: readonly string[];
}

export function defineImage(definition: ImageDefinition): ImageDefinition {
  return definition;
}
