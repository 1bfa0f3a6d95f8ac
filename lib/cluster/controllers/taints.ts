import type { V1Node, V1Taint, V1Toleration } from '@/generated/kubernetes/types';

export const taintKeys = {
  notReady: 'node.kubernetes.io/not-ready',
  unreachable: 'node.kubernetes.io/unreachable',
  memoryPressure: 'node.kubernetes.io/memory-pressure',
  diskPressure: 'node.kubernetes.io/disk-pressure',
  pidPressure: 'node.kubernetes.io/pid-pressure',
  networkUnavailable: 'node.kubernetes.io/network-unavailable',
  unschedulable: 'node.kubernetes.io/unschedulable',
} as const;

/** Same key and effect: at most one such taint is on a node. */
export function isSameTaint(a: V1Taint, b: V1Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}

/** Whether a toleration covers a taint (`core/v1/toleration.go`). */
export function tolerates(toleration: V1Toleration, taint: V1Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  return (toleration.operator || 'Equal') === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}

export function isTolerated(taint: V1Taint, tolerations: readonly V1Toleration[] | undefined): boolean {
  return tolerations?.some((toleration) => tolerates(toleration, taint)) ?? false;
}

export function taintsOf(node: V1Node, ...effects: string[]): V1Taint[] {
  return (node.spec?.taints ?? []).filter(({ effect }) => effects.includes(effect));
}
