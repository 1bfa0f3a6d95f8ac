import type { V1Container, V1Pod } from '@/generated/kubernetes/types';
import { hash32 } from '@/lib/base';
import type { Container, ContainerRuntime, PodSandbox } from '../runtime/cri';

/** What the runtime knows of a Pod: sandboxes and containers, newest first (`kubecontainer.PodStatus`). */
export interface RuntimePod {
  readonly sandboxes: readonly PodSandbox[];
  readonly containers: readonly Container[];
}

export function runtimePodOf(runtime: ContainerRuntime, uid: string): RuntimePod {
  const newestFirst = <T extends { createdAt: number; attempt: number }>(items: readonly T[]) =>
    [...items].sort((a, b) => b.createdAt - a.createdAt || b.attempt - a.attempt);
  return { sandboxes: newestFirst(runtime.listPodSandboxes(uid)), containers: newestFirst(runtime.listContainers(uid)) };
}

/** The newest container of that name, whatever its state. */
export function latestOf({ containers }: RuntimePod, name: string): Container | undefined {
  return containers.find((container) => container.name === name);
}

export function sandboxOf({ sandboxes }: RuntimePod): PodSandbox | undefined {
  return sandboxes[0]?.state === 'ready' ? sandboxes[0] : undefined;
}

export function isRestartableInit(container: V1Container): boolean {
  return container.restartPolicy === 'Always';
}

/** What of a container's spec makes it another container when it changes. Every sync of a Pod asks; its spec never changes in place. */
export function containerHash(container: V1Container): string {
  let hash = hashes.get(container);
  if (!hash) hashes.set(container, (hash = hash32(JSON.stringify({ name: container.name, image: container.image })).toString(16)));
  return hash;
}

const hashes = new WeakMap<V1Container, string>();

/** Whether a container that is not running should be started again (`kubecontainer.ShouldContainerBeRestarted`). */
export function shouldBeRestarted(container: V1Container, pod: V1Pod, runtimePod: RuntimePod): boolean {
  if (pod.metadata.deletionTimestamp) return false;
  const status = latestOf(runtimePod, container.name);
  if (!status) return true;
  if (status.state === 'running') return false;
  if (status.state === 'created') return true;
  if (isRestartableInit(container)) return true;
  if (pod.spec.restartPolicy === 'Never') return false;
  return pod.spec.restartPolicy !== 'OnFailure' || status.exitCode !== 0;
}

/** Where in the Pod's spec a container is, as its events say it: `spec.containers{web}`. */
export function fieldPathOf(pod: V1Pod, name: string): string {
  if (pod.spec.initContainers?.some((container) => container.name === name)) return `spec.initContainers{${name}}`;
  if (ephemeralContainers(pod).some((container) => container.name === name)) return `spec.ephemeralContainers{${name}}`;
  return `spec.containers{${name}}`;
}

export function allContainers(pod: V1Pod): readonly V1Container[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...ephemeralContainers(pod)];
}

/** Containers that somebody added to look into the Pod: of a container they have all but what would keep them alive. */
export function ephemeralContainers({ spec }: V1Pod): readonly V1Container[] {
  return (spec.ephemeralContainers ?? none) as readonly V1Container[];
}

const none: readonly never[] = [];

/** `web_default(0f5c…)`, as log lines and back-off messages name a Pod. */
export function formatPod({ metadata }: V1Pod): string {
  return `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
}

export const podDirectory = (uid: string) => `/var/lib/kubelet/pods/${uid}`;

export function logDirectory({ metadata }: V1Pod): string {
  return `/var/log/pods/${metadata.namespace}_${metadata.name}_${metadata.uid}`;
}
