import type { V1Taint, V1Toleration } from '@/generated/kubernetes/types';

/** Whether a toleration covers a taint (`core/v1/toleration.go`). */
export function tolerates(toleration: V1Toleration, taint: V1Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator || 'Equal') {
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '');
    case 'Exists':
      return true;
    default:
      return false;
  }
}

/** The first taint of one of these effects that nothing tolerates. */
export function findUntolerated(
  taints: readonly V1Taint[] | undefined,
  tolerations: readonly V1Toleration[] | undefined,
  effects: readonly string[],
): V1Taint | undefined {
  return taints?.find((taint) => effects.includes(taint.effect) && !tolerations?.some((toleration) => tolerates(toleration, taint)));
}

/** The effects that keep a Pod off a node to begin with. */
export const hardEffects = ['NoSchedule', 'NoExecute'] as const;
