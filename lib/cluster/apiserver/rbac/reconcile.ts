import { deepEqual } from '@/lib/base';
import type { KubeObject } from '../../api';
import type { PolicyRule } from '../authorization';
import { missingRules } from './covers';

/**
 * What a role or binding of the bootstrap policy becomes when the API server starts: what it lacks is added, what it has beyond stays,
 * and whoever set `autoupdate` to "false" is left alone (`registry/rbac/reconciliation`). Undefined when nothing has to change.
 */
export function reconciled(existing: KubeObject, wanted: KubeObject): KubeObject | undefined {
  if (existing.metadata.annotations?.['rbac.authorization.kubernetes.io/autoupdate'] === 'false') return undefined;
  const next: KubeObject = {
    ...existing,
    metadata: {
      ...existing.metadata,
      labels: { ...wanted.metadata.labels, ...existing.metadata.labels },
      annotations: { ...wanted.metadata.annotations, ...existing.metadata.annotations },
    },
    ...(wanted.roleRef ? withSubjects(existing, wanted) : withRules(existing, wanted)),
  } as KubeObject;
  return deepEqual(next, existing) ? undefined : next;
}

function withRules(existing: KubeObject, wanted: KubeObject): object {
  if (wanted.aggregationRule) return existing.aggregationRule ? {} : { aggregationRule: wanted.aggregationRule };
  const rules: readonly PolicyRule[] = existing.rules ?? [];
  const missing = missingRules(rules, wanted.rules ?? []);
  return missing.length === 0 ? {} : { rules: [...rules, ...missing] };
}

function withSubjects(existing: KubeObject, wanted: KubeObject): object {
  const subjects: readonly object[] = existing.subjects ?? [];
  const missing = ((wanted.subjects ?? []) as object[]).filter((one) => !subjects.some((other) => deepEqual(one, other)));
  return missing.length === 0 ? {} : { subjects: [...subjects, ...missing] };
}
