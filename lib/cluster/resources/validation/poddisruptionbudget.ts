import type { V1PodDisruptionBudget } from '@/generated/kubernetes/types';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { validateConditions } from './conditions';
import { goValue } from './go-value';
import { validateAtMostAll, validateIntOrPercent } from './int-or-percent';
import { validateLabelSelector } from './label-selector';
import { validateNonNegative } from './names';

const specPath = FieldPath.of('spec');
const statusPath = FieldPath.of('status');
const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget'];

/** `ValidatePodDisruptionBudgetSpec`. */
export function validatePodDisruptionBudget({ spec }: V1PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec ?? {};
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [fieldError.invalid(specPath, goValue('PodDisruptionBudgetSpec', spec), 'minAvailable and maxUnavailable cannot be both set')]
      : []),
    ...validateShare(minAvailable, specPath.child('minAvailable')),
    ...validateShare(maxUnavailable, specPath.child('maxUnavailable')),
    ...validateLabelSelector(selector, specPath.child('selector')),
    ...(policy === undefined || evictionPolicies.includes(policy)
      ? []
      : [fieldError.notSupported(specPath.child('unhealthyPodEvictionPolicy'), policy, evictionPolicies)]),
  ];
}

function validateShare(share: number | string | undefined, path: FieldPath): FieldError[] {
  return share === undefined ? [] : [...validateIntOrPercent(share, path), ...validateAtMostAll(share, path)];
}

/** `ValidatePodDisruptionBudgetStatusUpdate`. */
export function validatePodDisruptionBudgetStatus({ status }: V1PodDisruptionBudget): FieldError[] {
  return [
    ...validateConditions(status?.conditions, statusPath.child('conditions')),
    ...(['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const).flatMap((field) =>
      validateNonNegative(status?.[field], statusPath.child(field)),
    ),
  ];
}
