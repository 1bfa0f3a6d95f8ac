import type { V1StatefulSet } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { goValue } from './go-value';
import { amountOf, validateAtMostAll, validateIntOrPercent } from './int-or-percent';
import { validateLabelSelector } from './label-selector';
import { validateNonNegative } from './names';
import { validateAnnotations, validateLabels } from './object-meta';
import { validateSelected } from './pod-template';
import { isEmptySelector } from './selectors';

const specPath = FieldPath.of('spec');
const statusPath = FieldPath.of('status');
const retentions = ['Retain', 'Delete'];

/** `ValidateStatefulSetSpec`: unlike other templates', this one's spec is left to the Pods' own creation. */
export function validateStatefulSet({ spec = {} as V1StatefulSet['spec'] }: V1StatefulSet): FieldError[] {
  const template = spec.template ?? {};
  const path = specPath.child('template');
  return [
    ...validateManagement(spec.podManagementPolicy),
    ...validateStrategy(spec.updateStrategy),
    ...validateRetention(spec.persistentVolumeClaimRetentionPolicy, specPath.child('persistentVolumeClaimRetentionPolicy')),
    ...validateNonNegative(spec.replicas, specPath.child('replicas')),
    ...validateNonNegative(spec.minReadySeconds, specPath.child('minReadySeconds')),
    ...validateNonNegative(spec.ordinals?.start, specPath.child('ordinals.start')),
    ...validateSelector(spec.selector),
    ...validateSelected(template, spec.selector, path),
    ...validateLabels(template.metadata?.labels, path.child('labels')),
    ...validateAnnotations(template.metadata?.annotations, path.child('annotations')),
    ...validateRunning(template.spec, path.child('spec')),
  ];
}

function validateManagement(policy: string | undefined): FieldError[] {
  const path = specPath.child('podManagementPolicy');
  if (!policy) return [fieldError.required(path)];
  return policy === 'OrderedReady' || policy === 'Parallel'
    ? []
    : [fieldError.invalid(path, policy, "must be 'OrderedReady' or 'Parallel'")];
}

function validateStrategy(strategy: V1StatefulSet['spec']['updateStrategy']): FieldError[] {
  const path = specPath.child('updateStrategy');
  const { type, rollingUpdate } = strategy ?? {};
  switch (type) {
    case undefined:
    case '' as never:
      return [fieldError.required(path)];
    case 'OnDelete':
      return rollingUpdate
        ? [
            fieldError.invalid(
              path.child('rollingUpdate'),
              goValue('RollingUpdateStatefulSetStrategy', rollingUpdate),
              "only allowed for updateStrategy 'RollingUpdate'",
            ),
          ]
        : [];
    case 'RollingUpdate':
      return rollingUpdate ? validateRollingUpdate(rollingUpdate, path.child('rollingUpdate')) : [];
    default:
      return [fieldError.invalid(path, goValue('StatefulSetUpdateStrategy', strategy), "must be 'RollingUpdate' or 'OnDelete'")];
  }
}

function validateRollingUpdate(
  { partition, maxUnavailable }: { partition?: number | undefined; maxUnavailable?: number | string | undefined },
  path: FieldPath,
): FieldError[] {
  const at = path.child('maxUnavailable');
  return [
    ...validateNonNegative(partition, path.child('partition')),
    ...(maxUnavailable === undefined
      ? []
      : [
          ...validateIntOrPercent(maxUnavailable, at),
          ...(amountOf(maxUnavailable) === 0 ? [fieldError.invalid(at, maxUnavailable, 'cannot be 0')] : []),
          ...validateAtMostAll(maxUnavailable, at),
        ]),
  ];
}

function validateRetention(policy: V1StatefulSet['spec']['persistentVolumeClaimRetentionPolicy'], path: FieldPath): FieldError[] {
  if (!policy) return [];
  return (['whenDeleted', 'whenScaled'] as const).flatMap((field) =>
    retentions.includes(policy[field] ?? '') ? [] : [fieldError.notSupported(path.child(field), policy[field] ?? '', retentions)],
  );
}

function validateSelector(selector: V1StatefulSet['spec']['selector'] | undefined): FieldError[] {
  const path = specPath.child('selector');
  if (!selector) return [fieldError.required(path)];
  return [
    ...validateLabelSelector(selector, path),
    ...(isEmptySelector(selector) ? [fieldError.invalid(path, selector, 'empty selector is invalid for statefulset')] : []),
  ];
}

function validateRunning(spec: V1StatefulSet['spec']['template']['spec'], path: FieldPath): FieldError[] {
  const policy = spec?.restartPolicy ?? '';
  return [
    ...(policy === 'Always' ? [] : [fieldError.notSupported(path.child('restartPolicy'), policy, ['Always'])]),
    ...(spec?.activeDeadlineSeconds === undefined
      ? []
      : [fieldError.forbidden(path.child('activeDeadlineSeconds'), 'activeDeadlineSeconds in StatefulSet is not Supported')]),
  ];
}

const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

/** `ValidateStatefulSetUpdate`. */
export function validateStatefulSetUpdate(statefulSet: V1StatefulSet, old: V1StatefulSet): FieldError[] {
  const fixed = (spec: V1StatefulSet['spec']) =>
    Object.fromEntries(Object.entries(spec).filter(([field]) => !changeable.includes(field as (typeof changeable)[number])));
  const list = `${changeable
    .slice(0, -1)
    .map((field) => `'${field}'`)
    .join(', ')} and 'minReadySeconds'`;
  return [
    ...validateStatefulSet(statefulSet),
    ...(deepEqual(fixed(statefulSet.spec), fixed(old.spec))
      ? []
      : [fieldError.forbidden(specPath, `updates to statefulset spec for fields other than ${list} are forbidden`)]),
  ];
}

/** `ValidateStatefulSetStatusUpdate`. */
export function validateStatefulSetStatus({ status }: V1StatefulSet, old: V1StatefulSet): FieldError[] {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0, collisionCount } = status ?? {};
  const before = old.status?.collisionCount;
  return [
    ...(
      [
        'replicas',
        'readyReplicas',
        'currentReplicas',
        'updatedReplicas',
        'availableReplicas',
        'observedGeneration',
        'collisionCount',
      ] as const
    ).flatMap((field) => validateNonNegative(status?.[field], statusPath.child(field))),
    ...(['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const).flatMap((field) =>
      (status?.[field] ?? 0) > replicas
        ? [fieldError.invalid(statusPath.child(field), status?.[field], 'cannot be greater than status.replicas')]
        : [],
    ),
    ...(availableReplicas > readyReplicas
      ? [fieldError.invalid(statusPath.child('availableReplicas'), availableReplicas, 'cannot be greater than status.readyReplicas')]
      : []),
    ...(before !== undefined && (collisionCount ?? 0) < before
      ? [fieldError.invalid(statusPath.child('collisionCount'), collisionCount ?? 0, 'cannot be decremented')]
      : []),
  ];
}
