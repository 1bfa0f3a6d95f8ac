import type { V1PodTemplateSpec } from '@/generated/kubernetes/types';
import { defaultPodSpec } from './pod-spec';

/** The template of a ReplicaSet, Deployment or DaemonSet; what is missing altogether is left for validation to name. */
export function defaultPodTemplate(template: V1PodTemplateSpec | undefined): void {
  if (template?.spec) defaultPodSpec(template.spec);
}
