export { ContainerFiles, FileError, normalizePath, type Mount } from './container-files';
export { createContainerd, findProgram, type Containerd, type ContainerdOptions } from './containerd';
export type {
  Container,
  ContainerConfig,
  ContainerRuntime,
  ContainerView,
  ExecOptions,
  ExecProcess,
  Image,
  ImageRegistry,
  PodSandbox,
  PodSandboxConfig,
} from './cri';
export { CriError } from './cri-error';
export { HostFiles } from './host-files';
export type { ExecHost, ExecRequest } from './exec-host';
export { canonicalName, parseImageName } from './image-name';
export { runtimeLatencies, type RuntimeLatency } from './latency';
export { readLog, type LogEntry } from './logs';
export { Process, type ListeningNamespace } from './process';
export {
  defineImage,
  type Daemon,
  type DaemonContext,
  type Files,
  type ImageDefinition,
  type ProcessContext,
  type Program,
  type Signal,
} from './program';
