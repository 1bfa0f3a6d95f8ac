import type { NetworkNamespace } from '../network/types';
import type { CriError } from './cri-error';
import type { ImageReference } from './image-name';
import type { Mount } from './container-files';
import type { RuntimeLatency } from './latency';
import type { Files, ImageDefinition, Signal } from './program';

/** The Container Runtime Interface's nouns (`cri-api/pkg/apis/runtime/v1`), as plain data on the node's disk. */
export interface PodSandboxConfig {
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  readonly attempt: number;
  readonly hostname: string;
  readonly hostNetwork: boolean;
  /** What becomes the sandbox's resolv.conf; a hostNetwork Pod with the node's own has none. */
  readonly dns: NetworkNamespace['resolver'];
  readonly hosts: Readonly<Record<string, string>>;
}

export interface PodSandbox extends PodSandboxConfig {
  readonly id: string;
  readonly state: 'ready' | 'notready';
  readonly createdAt: number;
  readonly ip: string;
}

export interface ContainerConfig {
  readonly name: string;
  /** The restart count. */
  readonly attempt: number;
  /** As the Pod names it. */
  readonly image: string;
  /** Replaces the image's entrypoint, and its cmd with it. */
  readonly command: readonly string[];
  /** Replaces the image's cmd. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly mounts: readonly Mount[];
  readonly isReadonly?: boolean;
  /** Its first process has an open standard input that somebody may attach to. */
  readonly isInteractive?: boolean;
  readonly logPath: string;
  /** The kubelet's hash of the container's spec. */
  readonly hash: string;
}

export interface Container extends ContainerConfig {
  readonly id: string;
  readonly sandboxId: string;
  readonly podUid: string;
  /** `docker.io/library/nginx:1.27`, and the digest it stands for. */
  readonly imageName: string;
  readonly imageRef: string;
  readonly state: 'created' | 'running' | 'exited';
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly exitCode?: number;
  /** `Completed`, `Error`, `StartError`, `Unknown`. */
  readonly reason?: string;
  readonly message?: string;
}

/** What a container has used since it started, as its cgroup would tell (`ContainerStats`). */
export interface ContainerStats {
  readonly cpuNanoseconds: number;
  readonly workingSetBytes: number;
}

export interface Image {
  /** `docker.io/library/nginx:1.27`. */
  readonly name: string;
  /** `docker.io/library/nginx@sha256:…`. */
  readonly ref: string;
  readonly sizeBytes: number;
}

/** What a registry answers for a reference. */
export type RegistryAnswer =
  | { readonly type: 'found'; readonly definition: ImageDefinition; readonly digest: string }
  | { readonly type: 'error'; readonly error: CriError };

/** Every image there is, on whatever registry: the simulated internet. */
export interface ImageRegistry {
  resolve(reference: ImageReference): RegistryAnswer;
}

/** A command in a running container, beside its first process. Lost when the machine or the runtime restarts. */
export interface ExecOptions {
  readonly argv: readonly string[];
  readonly stdin?: string;
  readonly write: (stream: 'stdout' | 'stderr', text: string) => void;
  /** Called once; inside `exec` itself when the command ends at once. */
  readonly onExit: (code: number) => void;
}

export interface ExecProcess {
  signal(signal: Signal): void;
}

/** What an interactive shell in a container needs to know of it. */
export interface ContainerView {
  readonly container: Container;
  readonly sandbox: PodSandbox;
  readonly image: ImageDefinition;
  /** What its first process was started as. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly files: Files;
  readonly namespace: NetworkNamespace;
}

/**
 * What the kubelet asks of a runtime. Calls complete at once; the kubelet waits the time they take (`latency`) around them.
 * Every call throws `CriError` when the runtime is not running.
 */
export interface ContainerRuntime {
  readonly version: string;
  readonly latency: RuntimeLatency;
  networkStatus(): { readonly isReady: boolean; readonly message: string };
  updateRuntimeConfig(config: { podCidr: string }): void;

  findImage(name: string): Image | undefined;
  listImages(): readonly Image[];
  /** How long the pull will take, given what is on the node already. */
  pullDurationMs(name: string): number;
  pullImage(name: string): Image;
  removeImage(name: string): void;

  runPodSandbox(config: PodSandboxConfig): PodSandbox;
  /** Kills what still runs in it and gives its address back. */
  stopPodSandbox(id: string): void;
  /** Removes its containers with it. */
  removePodSandbox(id: string): void;
  listPodSandboxes(podUid?: string): readonly PodSandbox[];

  createContainer(sandboxId: string, config: ContainerConfig): Container;
  /** Throws when the process cannot be started; the container is then exited with 128 and `StartError`. */
  startContainer(id: string): Container;
  /** SIGTERM (or the image's stop signal) now, SIGKILL after the grace period. Its exit is an event. */
  stopContainer(id: string, gracePeriodMs: number): void;
  removeContainer(id: string): void;
  listContainers(podUid?: string): readonly Container[];
  findContainer(id: string): Container | undefined;

  exec(id: string, options: ExecOptions): ExecProcess;
  /** Ends the first process, as the shell does that somebody was attached to. */
  endProcess(id: string, exitCode: number): void;
  view(id: string): ContainerView;
  /** What a running container uses. */
  stats(id: string): ContainerStats;
  /** What containers that have ended used since the machine booted. */
  spent(): { readonly bootedAt: number; readonly cpuNanoseconds: number };
  /** Called inside the entry in which a container's process ends. Returns the function that ends the subscription. */
  onContainerExit(listener: (container: Container) => void): () => void;
  /** Called for each line as it is written. */
  onLog(id: string, listener: (entry: { time: number; stream: 'stdout' | 'stderr'; text: string }) => void): () => void;
}
