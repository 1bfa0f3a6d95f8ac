import type { V1Pod, V1PodTemplateSpec } from '@/generated/kubernetes/types';
import { deepCopy } from '@/lib/base';
import type { Draft, KubeObject } from '../api';
import { apiVersionOf, type ResourceRef } from '../client';
import { parseInstant, type Instant } from '../kernel';

/** Neither over nor on its way out (`controller.IsPodActive`). */
export function isActive(pod: V1Pod): boolean {
  return !isTerminal(pod) && !pod.metadata.deletionTimestamp;
}

export function isTerminal(pod: V1Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Asked to go and not gone yet (`controller.IsPodTerminating`). */
export function isTerminating(pod: V1Pod): boolean {
  return !isTerminal(pod) && pod.metadata.deletionTimestamp !== undefined;
}

export function readyCondition(pod: V1Pod) {
  return pod.status?.conditions?.find((condition) => condition.type === 'Ready');
}

export function isReady(pod: V1Pod): boolean {
  return readyCondition(pod)?.status === 'True';
}

/** The moment a Pod has been ready for `minReadySeconds`; undefined while it is not ready. */
export function availableAt(pod: V1Pod, minReadySeconds: number): Instant | undefined {
  const ready = readyCondition(pod);
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0 as Instant;
  return ready.lastTransitionTime ? ((parseInstant(ready.lastTransitionTime) + minReadySeconds * 1000) as Instant) : undefined;
}

export function isAvailable(pod: V1Pod, minReadySeconds: number, now: Instant): boolean {
  const at = availableAt(pod, minReadySeconds);
  return at !== undefined && at <= now;
}

/** An owner reference that says: this one controls you, and may not go before you when it goes in the foreground. */
export function controllerReference(resource: ResourceRef<any>, owner: KubeObject) {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** `controller.GetPodFromTemplate`. */
export function podFromTemplate(template: V1PodTemplateSpec, resource: ResourceRef<any>, owner: KubeObject): Draft<V1Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    metadata: {
      generateName: generatePrefix(owner.metadata.name),
      namespace: owner.metadata.namespace as string,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(resource, owner)],
    },
    spec: deepCopy(template.spec),
  } as Draft<V1Pod>;
}

/** Names are cut so that the suffix fits (`getPodsPrefix`: a dash, unless that makes the name invalid). */
function generatePrefix(name: string): string {
  return `${name}-`;
}
