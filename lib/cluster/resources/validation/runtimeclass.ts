import type { V1RuntimeClass, V1Toleration } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { validateContainerResources } from './compute-resources';
import { dnsLabel, invalidEach } from './names';
import { validateImmutable, validateLabels } from './object-meta';
import { validateTolerations } from './scheduling';

// `pkg/apis/node/validation`.

export function validateRuntimeClass({ handler, overhead, scheduling }: V1RuntimeClass): FieldError[] {
  const path = FieldPath.of('scheduling');
  const tolerations = scheduling?.tolerations ?? [];
  return [
    ...(handler ? invalidEach(FieldPath.of('handler'), handler, dnsLabel(handler)) : [fieldError.required(FieldPath.of('handler'))]),
    ...(overhead ? validateContainerResources({ limits: overhead.podFixed ?? {} }, undefined, FieldPath.of('overhead')) : []),
    ...validateLabels(scheduling?.nodeSelector, path.child('nodeSelector')),
    ...validateTolerations(tolerations, path.child('tolerations')).map(withoutComparisons),
    ...repeatedTolerations(tolerations, path.child('tolerations')),
  ];
}

/** `Lt` and `Gt` are for Pods alone. */
function withoutComparisons(error: FieldError): FieldError {
  return { ...error, message: error.message.replace(', "Lt", "Gt"', '') };
}

function repeatedTolerations(tolerations: readonly V1Toleration[], path: FieldPath): FieldError[] {
  return tolerations.flatMap((toleration, index) =>
    tolerations.slice(0, index).some((earlier) => deepEqual(earlier, toleration))
      ? [fieldError.duplicate(path.index(index), toleration)]
      : [],
  );
}

export function validateRuntimeClassUpdate(runtimeClass: V1RuntimeClass, old: V1RuntimeClass): FieldError[] {
  return validateImmutable(runtimeClass.handler, old.handler, FieldPath.of('handler'));
}
