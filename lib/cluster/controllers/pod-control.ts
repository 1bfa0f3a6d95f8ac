import type { V1Pod, V1PodTemplateSpec } from '@/generated/kubernetes/types';
import { StatusError, type Draft, type KubeObject } from '../api';
import type { ReconcileContext } from './controller';
import type { ResourceRef } from '../client';
import { podFromTemplate } from './pod-state';
import { Pod } from '../resources';

type Context = Pick<ReconcileContext<any>, 'client' | 'record'>;

/** Creates a Pod of a template for its owner and says so in an Event (`controller.RealPodControl`). Throws what the server refused. */
export function createPod(
  context: Context,
  resource: ResourceRef<any>,
  owner: KubeObject,
  template: V1PodTemplateSpec,
  change?: (pod: Draft<V1Pod>) => void,
): V1Pod {
  const draft = podFromTemplate(template, resource, owner);
  change?.(draft);
  try {
    const pod = context.client.create(Pod, draft);
    context.record(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    return pod;
  } catch (error) {
    if (!isNamespaceTerminating(error)) context.record(owner, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`);
    throw error;
  }
}

/** Deletes a Pod; one that is gone already is as good. */
export function deletePod(context: Context, owner: KubeObject, pod: V1Pod): void {
  try {
    context.client.delete(Pod, pod.metadata);
    context.record(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
  } catch (error) {
    if (StatusError.is(error, 'NotFound')) return;
    context.record(owner, 'Warning', 'FailedDelete', `Error deleting: ${(error as Error).message}`);
    throw error;
  }
}

export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof StatusError && (error.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false);
}

/** Runs `call` for 1, 2, 4 … of `count` at a time; stops after a batch with an error. Returns how many succeeded and the first error. */
export function slowStart(count: number, call: (index: number) => void): { successes: number; error: unknown } {
  let index = 0;
  for (let batch = 1; index < count; batch *= 2) {
    let error: unknown;
    let failures = 0;
    const end = Math.min(index + batch, count);
    for (; index < end; index++) {
      try {
        call(index);
      } catch (thrown) {
        error ??= thrown;
        failures++;
      }
    }
    if (failures > 0) return { successes: index - failures, error };
  }
  return { successes: index, error: undefined };
}
