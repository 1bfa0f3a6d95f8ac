import type { V1JobSpec } from '@/generated/kubernetes/types';

/** A pattern of Pod conditions means those that are true. */
export function defaultFailurePolicy({ podFailurePolicy }: V1JobSpec): void {
  for (const rule of podFailurePolicy?.rules ?? []) for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
}
