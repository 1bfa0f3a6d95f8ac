import type { V1DaemonSet, V1Deployment, V1ReplicaSet, V1ReplicationController } from '@/generated/kubernetes/types';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { goValue } from './go-value';
import { amountOf, validateAtMostAll, validateIntOrPercent } from './int-or-percent';
import { validateLabelSelector } from './label-selector';
import { validateNonNegative } from './names';
import { validateImmutable } from './object-meta';
import { validatePodTemplate, validateRunsForever, validateSelected, validateWorkloadTemplate } from './pod-template';
import { isEmptySelector } from './selectors';

const specPath = FieldPath.of('spec');
const statusPath = FieldPath.of('status');
const noTemplate = { metadata: {}, spec: { containers: [] } } as unknown as V1Deployment['spec']['template'];

/** `ValidateReplicaSetSpec`. */
export function validateReplicaSet({ spec }: V1ReplicaSet): FieldError[] {
  return [
    ...validateNonNegative(spec?.replicas, specPath.child('replicas')),
    ...validateNonNegative(spec?.minReadySeconds, specPath.child('minReadySeconds')),
    ...validateSelector(spec?.selector, 'empty selector is invalid for deployment'),
    ...validateWorkloadTemplate(spec?.template ?? noTemplate, spec?.selector, specPath.child('template')),
  ];
}

export function validateReplicaSetUpdate(replicaSet: V1ReplicaSet, old: V1ReplicaSet): FieldError[] {
  return [...validateReplicaSet(replicaSet), ...validateImmutable(replicaSet.spec.selector, old.spec.selector, specPath.child('selector'))];
}

export function validateReplicaSetStatus({ status }: V1ReplicaSet): FieldError[] {
  return validateReplicaStatus(status);
}

/** What is true of every count of replicas. */
export function validateReplicaStatus(status: V1ReplicaSet['status'] | V1ReplicationController['status']): FieldError[] {
  const { replicas, fullyLabeledReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  const tooMany = (value: number, field: string) =>
    value > replicas ? [fieldError.invalid(statusPath.child(field), value, 'cannot be greater than status.replicas')] : [];
  return [
    ...(['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'] as const).flatMap((field) =>
      validateNonNegative(status[field], statusPath.child(field)),
    ),
    ...tooMany(fullyLabeledReplicas, 'fullyLabeledReplicas'),
    ...tooMany(readyReplicas, 'readyReplicas'),
    ...tooMany(availableReplicas, 'availableReplicas'),
    ...(availableReplicas > readyReplicas
      ? [fieldError.invalid(statusPath.child('availableReplicas'), availableReplicas, 'cannot be greater than readyReplicas')]
      : []),
  ];
}

function validateSelector(selector: V1ReplicaSet['spec']['selector'] | undefined, whenEmpty: string): FieldError[] {
  const path = specPath.child('selector');
  if (!selector) return [fieldError.required(path)];
  return [...validateLabelSelector(selector, path), ...(isEmptySelector(selector) ? [fieldError.invalid(path, selector, whenEmpty)] : [])];
}

/** `ValidateDeploymentSpec`. */
export function validateDeployment({ spec }: V1Deployment): FieldError[] {
  const deadline = spec?.progressDeadlineSeconds;
  const isHasty = deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0);
  return [
    ...validateNonNegative(spec?.replicas, specPath.child('replicas')),
    ...validateSelector(spec?.selector, 'empty selector is invalid for deployment'),
    ...validateWorkloadTemplate(spec?.template ?? noTemplate, spec?.selector, specPath.child('template')),
    ...validateStrategy(spec?.strategy ?? {}),
    ...validateNonNegative(spec?.minReadySeconds, specPath.child('minReadySeconds')),
    ...validateNonNegative(spec?.revisionHistoryLimit, specPath.child('revisionHistoryLimit')),
    ...validateNonNegative(deadline, specPath.child('progressDeadlineSeconds')),
    ...(isHasty ? [fieldError.invalid(specPath.child('progressDeadlineSeconds'), deadline, 'must be greater than minReadySeconds')] : []),
  ];
}

function validateStrategy({ type, rollingUpdate }: NonNullable<V1Deployment['spec']['strategy']>): FieldError[] {
  const path = specPath.child('strategy');
  switch (type) {
    case 'Recreate':
      return rollingUpdate
        ? [fieldError.forbidden(path.child('rollingUpdate'), "may not be specified when strategy `type` is 'Recreate'")]
        : [];
    case 'RollingUpdate':
      return rollingUpdate
        ? validateRollingUpdate(rollingUpdate, path.child('rollingUpdate'))
        : [fieldError.required(path.child('rollingUpdate'), 'this should be defaulted and never be nil')];
    default:
      return [fieldError.notSupported(path.child('type'), type ?? '', ['Recreate', 'RollingUpdate'])];
  }
}

function validateRollingUpdate(
  { maxUnavailable = 0, maxSurge = 0 }: { maxUnavailable?: number | string | undefined; maxSurge?: number | string | undefined },
  path: FieldPath,
): FieldError[] {
  return [
    ...validateIntOrPercent(maxUnavailable, path.child('maxUnavailable')),
    ...validateIntOrPercent(maxSurge, path.child('maxSurge')),
    ...(amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0
      ? [fieldError.invalid(path.child('maxUnavailable'), maxUnavailable, 'may not be 0 when `maxSurge` is 0')]
      : []),
    ...validateAtMostAll(maxUnavailable, path.child('maxUnavailable')),
  ];
}

export function validateDeploymentUpdate(deployment: V1Deployment, old: V1Deployment): FieldError[] {
  return [...validateDeployment(deployment), ...validateImmutable(deployment.spec.selector, old.spec.selector, specPath.child('selector'))];
}

/** `ValidateDeploymentStatus`. */
export function validateDeploymentStatus({ status }: V1Deployment, old: V1Deployment): FieldError[] {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  const tooMany = (value: number, field: string) =>
    value > replicas ? [fieldError.invalid(statusPath.child(field), value, 'cannot be greater than status.replicas')] : [];
  const collisions = status.collisionCount;
  const before = old.status.collisionCount;
  return [
    ...(
      [
        'observedGeneration',
        'replicas',
        'updatedReplicas',
        'readyReplicas',
        'availableReplicas',
        'unavailableReplicas',
        'terminatingReplicas',
        'collisionCount',
      ] as const
    ).flatMap((field) => validateNonNegative(status[field], statusPath.child(field))),
    ...tooMany(updatedReplicas, 'updatedReplicas'),
    ...tooMany(readyReplicas, 'readyReplicas'),
    ...tooMany(availableReplicas, 'availableReplicas'),
    ...(availableReplicas > readyReplicas
      ? [fieldError.invalid(statusPath.child('availableReplicas'), availableReplicas, 'cannot be greater than readyReplicas')]
      : []),
    ...(before !== undefined && (collisions ?? 0) < before
      ? [fieldError.invalid(statusPath.child('collisionCount'), collisions ?? 0, 'cannot be decremented')]
      : []),
  ];
}

/** `ValidateDaemonSetSpec`. */
export function validateDaemonSet({ spec }: V1DaemonSet): FieldError[] {
  const template = spec?.template ?? noTemplate;
  const path = specPath.child('template');
  return [
    ...validateLabelSelector(spec?.selector, specPath.child('selector')),
    ...validateSelected(template, spec?.selector, path),
    ...(spec?.selector && isEmptySelector(spec.selector)
      ? [fieldError.invalid(specPath.child('selector'), spec.selector, 'empty selector is invalid for daemonset')]
      : []),
    ...validatePodTemplate(template, path),
    ...validateRunsForever(template, path),
    ...validateNonNegative(spec?.minReadySeconds, specPath.child('minReadySeconds')),
    ...validateDaemonSetStrategy(spec?.updateStrategy ?? {}, specPath.child('updateStrategy')),
    ...validateNonNegative(spec?.revisionHistoryLimit, specPath.child('revisionHistoryLimit')),
  ];
}

function validateDaemonSetStrategy(strategy: NonNullable<V1DaemonSet['spec']['updateStrategy']>, path: FieldPath): FieldError[] {
  if (strategy.type === 'OnDelete') return [];
  if (strategy.type !== 'RollingUpdate')
    return [fieldError.notSupported(path, goValue('DaemonSetUpdateStrategy', strategy), ['RollingUpdate', 'OnDelete'])];
  if (!strategy.rollingUpdate) return [fieldError.required(path.child('rollingUpdate'))];
  const { maxUnavailable = 0, maxSurge = 0 } = strategy.rollingUpdate;
  const at = path.child('rollingUpdate');
  const [unavailable, surge] = [amountOf(maxUnavailable), amountOf(maxSurge)];
  return [
    ...validateIntOrPercent(maxUnavailable, at.child('maxUnavailable')),
    ...validateIntOrPercent(maxSurge, at.child('maxSurge')),
    ...(unavailable > 0 && surge > 0
      ? [fieldError.invalid(at.child('maxSurge'), maxSurge, 'may not be set when maxUnavailable is non-zero')]
      : []),
    ...(unavailable === 0 && surge === 0 ? [fieldError.required(at.child('maxUnavailable'), 'cannot be 0 when maxSurge is 0')] : []),
    ...validateAtMostAll(maxUnavailable, at.child('maxUnavailable')),
    ...validateAtMostAll(maxSurge, at.child('maxSurge')),
  ];
}

export function validateDaemonSetUpdate(daemonSet: V1DaemonSet, old: V1DaemonSet): FieldError[] {
  return [...validateImmutable(daemonSet.spec.selector, old.spec.selector, specPath.child('selector')), ...validateDaemonSet(daemonSet)];
}
