import type { V1PodTemplate, V1PodTemplateSpec, V1ReplicationController } from '@/generated/kubernetes/types';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { validateNonNegative } from './names';
import { validatePodTemplate, validateRunsForever } from './pod-template';
import { validateReplicaStatus } from './workloads';

const specPath = FieldPath.of('spec');

/** `ValidateReplicationControllerSpec`: its selector is plain labels. */
export function validateReplicationController({ spec }: V1ReplicationController): FieldError[] {
  const { selector = {}, template } = spec ?? {};
  return [
    ...validateNonNegative(spec?.minReadySeconds, specPath.child('minReadySeconds')),
    ...(Object.keys(selector).length === 0 ? [fieldError.required(specPath.child('selector'))] : []),
    ...validateNonNegative(spec?.replicas, specPath.child('replicas')),
    ...(template ? validateTemplate(template, selector, specPath.child('template')) : [fieldError.required(specPath.child('template'))]),
  ];
}

function validateTemplate(template: V1PodTemplateSpec, selector: Readonly<Record<string, string>>, path: FieldPath): FieldError[] {
  const labels = template.metadata?.labels;
  const isSelected = Object.entries(selector).every(([key, value]) => labels?.[key] === value);
  return [
    ...(isSelected ? [] : [fieldError.invalid(path.child('metadata', 'labels'), labels, '`selector` does not match template `labels`')]),
    ...validatePodTemplate(template, path),
    ...validateRunsForever(template, path, 'ReplicationController'),
  ];
}

export function validateReplicationControllerStatus({ status }: V1ReplicationController): FieldError[] {
  return status ? validateReplicaStatus(status) : [];
}

/** `ValidatePodTemplate`. */
export function validateStandingTemplate({ template }: V1PodTemplate): FieldError[] {
  return validatePodTemplate(template ?? {}, FieldPath.of('template'));
}
