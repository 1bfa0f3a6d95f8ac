import type { V1CustomResourceDefinition, V1CustomResourceDefinitionCondition } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';

export type Condition = Omit<V1CustomResourceDefinitionCondition, 'lastTransitionTime'>;

export function isTrue({ status }: V1CustomResourceDefinition, type: string): boolean {
  return status?.conditions?.some((one) => one.type === type && one.status === 'True') ?? false;
}

/** The definition with the condition set; the time of transition moves when the status does (`apihelpers.SetCRDCondition`). */
export function withCondition(crd: V1CustomResourceDefinition, condition: Condition, now: string): V1CustomResourceDefinition {
  const conditions = crd.status?.conditions ?? [];
  const known = conditions.find(({ type }) => type === condition.type);
  const next = { ...condition, lastTransitionTime: (known?.status === condition.status ? known.lastTransitionTime : now) as never };
  const { type, status, lastTransitionTime, reason, message } = next as V1CustomResourceDefinitionCondition;
  const ordered = { type, status, lastTransitionTime, reason, message } as V1CustomResourceDefinitionCondition;
  if (known && deepEqual(known, ordered)) return crd;
  const all = known ? conditions.map((one) => (one === known ? ordered : one)) : [...conditions, ordered];
  return { ...crd, status: { ...crd.status, conditions: all } } as V1CustomResourceDefinition;
}
