import type { CoreV1Event, V1ControllerRevision, V1Endpoints, V1Lease, V1Namespace, V1PriorityClass } from '@/generated/kubernetes/types';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { validateIP, validateNonSpecialIP } from './ip-address';
import { invalidEach, isNotPositive, portNumber, validateEnum, validateNonNegative } from './names';
import { validateImmutable, validateStandardFinalizer } from './object-meta';

export function validateNamespace({ spec }: V1Namespace): FieldError[] {
  return (spec?.finalizers ?? []).flatMap((finalizer) => validateStandardFinalizer(finalizer, FieldPath.of('spec').child('finalizers')));
}

/** Only a Namespace that is being deleted is Terminating (`ValidateNamespaceStatusUpdate`). */
export function validateNamespaceStatus({ metadata, status }: V1Namespace): FieldError[] {
  const path = FieldPath.of('status').child('Phase');
  const phase = status?.phase;
  if (!metadata.deletionTimestamp)
    return phase === 'Active' ? [] : [fieldError.invalid(path, phase ?? '', "may only be 'Active' if `deletionTimestamp` is empty")];
  return phase === 'Terminating'
    ? []
    : [fieldError.invalid(path, phase ?? '', "may only be 'Terminating' if `deletionTimestamp` is not empty")];
}

/** `ValidateLeaseSpec`. */
export function validateLease({ spec }: V1Lease): FieldError[] {
  const path = FieldPath.of('spec');
  const seconds = spec?.leaseDurationSeconds;
  return [
    ...(seconds !== undefined && seconds <= 0 ? [fieldError.invalid(path.child('leaseDurationSeconds'), seconds, isNotPositive)] : []),
    ...validateNonNegative(spec?.leaseTransitions, path.child('leaseTransitions')),
  ];
}

const userPriorityMax = 1_000_000_000;
const systemPriorities: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

/** `ValidatePriorityClass`: the two system classes are known by name, others have ordinary values. */
export function validatePriorityClass(priorityClass: V1PriorityClass): FieldError[] {
  const { metadata, value, preemptionPolicy } = priorityClass;
  const policy =
    preemptionPolicy === undefined
      ? []
      : validateEnum(preemptionPolicy, ['PreemptLowerPriority', 'Never'], FieldPath.of('preemptionPolicy'));
  if (metadata.name?.startsWith('system-')) return [...validateSystemClass(priorityClass), ...policy];
  return [
    ...((value ?? 0) > userPriorityMax
      ? [fieldError.forbidden(FieldPath.of('value'), `maximum allowed value of a user defined priority is ${userPriorityMax}`)]
      : []),
    ...policy,
  ];
}

function validateSystemClass({ metadata: { name }, value, globalDefault }: V1PriorityClass): FieldError[] {
  const known = systemPriorities[name];
  const reserved = (why: string) => [
    fieldError.forbidden(
      FieldPath.of('metadata').child('name'),
      `priority class names with 'system-' prefix are reserved for system use only. error: ${why}`,
    ),
  ];
  if (known === undefined) return reserved(`${name} is not a known system priority class`);
  if (value !== known) return reserved(`value of ${name} PriorityClass must be ${known}`);
  return globalDefault ? reserved(`globalDefault of ${name} PriorityClass must be false`) : [];
}

export function validatePriorityClassUpdate(priorityClass: V1PriorityClass, old: V1PriorityClass): FieldError[] {
  return [
    ...(priorityClass.value === old.value ? [] : [fieldError.forbidden(FieldPath.of('value'), 'may not be changed in an update.')]),
    ...validateImmutable(priorityClass.preemptionPolicy, old.preemptionPolicy, FieldPath.of('preemptionPolicy')),
  ];
}

/** `ValidateControllerRevision`. */
export function validateControllerRevision({ revision, data }: V1ControllerRevision): FieldError[] {
  return [
    ...(data === undefined ? [fieldError.required(FieldPath.of('data'), 'data is mandatory')] : []),
    ...validateNonNegative(revision, FieldPath.of('revision')),
  ];
}

export function validateControllerRevisionUpdate(revision: V1ControllerRevision, old: V1ControllerRevision): FieldError[] {
  return [...validateControllerRevision(revision), ...validateImmutable(revision.data, old.data, FieldPath.of('data'))];
}

/** Core Events are checked little: an Event lives beside what it is about (`legacyValidateEvent`). */
export function validateEvent({ metadata, involvedObject }: CoreV1Event): FieldError[] {
  const path = FieldPath.of('involvedObject').child('namespace');
  const namespace = involvedObject?.namespace ?? '';
  const isClusterScoped = namespace === '';
  if (isClusterScoped)
    return metadata.namespace === 'default' || metadata.namespace === '' || metadata.namespace === 'kube-system'
      ? []
      : [fieldError.invalid(path, namespace, 'does not match event.namespace')];
  return namespace === metadata.namespace ? [] : [fieldError.invalid(path, namespace, 'does not match event.namespace')];
}

/** `ValidateEndpoints`. */
export function validateEndpoints({ subsets }: V1Endpoints): FieldError[] {
  return (subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
    const path = FieldPath.of('subsets').index(index);
    const check = (list: readonly { ip: string }[], field: string) =>
      list.flatMap(({ ip }, place) => {
        const at = path.child(field).index(place).child('ip');
        const errors = validateIP(ip ?? '', at);
        return errors.length > 0 ? errors : validateNonSpecialIP(ip, at);
      });
    return [
      ...(addresses.length + notReadyAddresses.length === 0
        ? [fieldError.required(path, 'must specify `addresses` or `notReadyAddresses`')]
        : []),
      ...check(addresses, 'addresses'),
      ...check(notReadyAddresses, 'notReadyAddresses'),
      ...ports.flatMap(({ name, port, protocol }, place) => {
        const at = path.child('ports').index(place);
        return [
          ...(ports.length > 1 && !name ? [fieldError.required(at.child('name'))] : []),
          ...invalidEach(at.child('port'), port ?? 0, portNumber(port ?? 0)),
          ...validateEnum(protocol, ['SCTP', 'TCP', 'UDP'], at.child('protocol')),
        ];
      }),
    ];
  });
}
