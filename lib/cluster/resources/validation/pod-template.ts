import type { V1PodTemplateSpec } from '@/generated/kubernetes/types';
import { type FieldError, type FieldPath, fieldError, labelSelectorAsSelector, type LabelSelector } from '../../api';
import { validateAnnotations, validateLabels } from './object-meta';
import { validatePodSpec } from './pod-spec';

/** `ValidatePodTemplateSpec`: labels and annotations, then the spec. */
export function validatePodTemplate(template: V1PodTemplateSpec, path: FieldPath): FieldError[] {
  const { metadata, spec } = template;
  return [
    ...validateLabels(metadata?.labels, path.child('labels')),
    ...validateAnnotations(metadata?.annotations, path.child('annotations')),
    ...validatePodSpec(spec ?? { containers: [] }, {}, path.child('spec')),
    ...(spec?.ephemeralContainers?.length
      ? [fieldError.forbidden(path.child('spec', 'ephemeralContainers'), 'ephemeral containers not allowed in pod template')]
      : []),
  ];
}

/** The template of a controller that keeps Pods running: selected by it, restarted always. */
export function validateWorkloadTemplate(template: V1PodTemplateSpec, selector: LabelSelector | undefined, path: FieldPath): FieldError[] {
  return [...validateSelected(template, selector, path), ...validatePodTemplate(template, path), ...validateRunsForever(template, path)];
}

/** No selector selects nothing, so the template is not selected either. */
export function validateSelected(template: V1PodTemplateSpec, selector: LabelSelector | undefined, path: FieldPath): FieldError[] {
  if (selector && !isReadable(selector)) return [];
  const matcher = labelSelectorAsSelector(selector);
  if (matcher.isEmpty || matcher.matches(template.metadata?.labels)) return [];
  return [fieldError.invalid(path.child('metadata', 'labels'), template.metadata?.labels, '`selector` does not match template `labels`')];
}

/** Unknown operators are named by the selector's own validation. */
export function isReadable({ matchExpressions }: LabelSelector): boolean {
  return (matchExpressions ?? []).every(({ operator }) => ['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator));
}

export function validateRunsForever({ spec }: V1PodTemplateSpec, path: FieldPath, kind = 'ReplicaSet'): FieldError[] {
  const policy = spec?.restartPolicy ?? '';
  return [
    ...(policy === 'Always' ? [] : [fieldError.notSupported(path.child('spec', 'restartPolicy'), policy, ['Always'])]),
    ...(spec?.activeDeadlineSeconds === undefined
      ? []
      : [fieldError.forbidden(path.child('spec', 'activeDeadlineSeconds'), `activeDeadlineSeconds in ${kind} is not Supported`)]),
  ];
}
