import type { V1Affinity, V1Container, V1ContainerStatus, V1NodeAffinity, V1Pod, V1PodSpec } from '@/generated/kubernetes/types';
import { deepCopy, deepEqual } from '@/lib/base';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { validateImageText } from './containers';
import { podSpecDiff } from './go-diff';
import { goValue } from './go-value';
import { validateIP } from './ip-address';
import { dnsSubdomain, inclusiveRange, invalidEach, validateQualifiedName } from './names';
import { validateImmutable } from './object-meta';
import { validatePodSpec } from './pod-spec';
import { validateOnlyAddedTolerations, validateOnlyRemovedGates } from './scheduling';

const specPath = FieldPath.of('spec');
const annotationsPath = FieldPath.of('metadata').child('annotations');
const statusPath = FieldPath.of('status');
const mirrorAnnotation = 'kubernetes.io/config.mirror';
const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';

/** `ValidatePodCreate`. */
export function validatePodCreate(pod: V1Pod): FieldError[] {
  const { spec } = pod;
  return [
    ...validatePodItself(pod),
    ...(spec.ephemeralContainers?.length ? [fieldError.forbidden(specPath.child('ephemeralContainers'), 'cannot be set on create')] : []),
    ...(spec.nodeName && spec.schedulingGates?.length
      ? [fieldError.forbidden(specPath.child('nodeName'), 'cannot be set until all schedulingGates have been cleared')]
      : []),
  ];
}

/** `validatePodMetadataAndSpec`, but for metadata. */
export function validatePodItself({ metadata, spec }: V1Pod): FieldError[] {
  return [
    ...validatePodAnnotations(metadata.annotations ?? {}, spec),
    ...validatePodSpec(spec, { podName: metadata.name }, specPath),
    ...(spec.containers ?? []).flatMap((container, index) => validateImageText(container, specPath.child('containers').index(index))),
    ...(spec.initContainers ?? []).flatMap((container, index) =>
      validateImageText(container, specPath.child('initContainers').index(index)),
    ),
  ];
}

function validatePodAnnotations(annotations: Readonly<Record<string, string>>, { nodeName }: V1PodSpec): FieldError[] {
  const mirror = annotations[mirrorAnnotation];
  const cost = annotations[deletionCostAnnotation];
  const isCost = cost === undefined || (/^-?(0|[1-9]\d*)$/.test(cost) && Math.abs(Number(cost)) <= 2147483647);
  return [
    ...(mirror !== undefined && !nodeName
      ? [fieldError.invalid(annotationsPath.key(mirrorAnnotation), mirror, 'must set spec.nodeName if mirror pod annotation is set')]
      : []),
    ...(isCost ? [] : [fieldError.invalid(annotationsPath.key(deletionCostAnnotation), cost, 'must be a 32bit integer')]),
  ];
}

const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** Almost nothing of a Pod may change (`ValidatePodUpdate`). */
export function validatePodUpdate(pod: V1Pod, old: V1Pod): FieldError[] {
  const errors = [...validatePodItself(pod), ...validateMirrorUpdate(pod, old)];
  for (const list of ['containers', 'initContainers'] as const) {
    const { errors: wrong, stop } = validateContainerUpdates(pod.spec[list] ?? [], old.spec[list] ?? [], specPath.child(list));
    errors.push(...wrong);
    if (stop) return errors;
  }
  const deadline = validateDeadlineUpdate(pod.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds);
  errors.push(...deadline.errors);
  if (deadline.stop) return errors;
  errors.push(...validateOnlyAddedTolerations(pod.spec.tolerations, old.spec.tolerations, specPath.child('tolerations')));
  errors.push(...validateOnlyRemovedGates(pod.spec.schedulingGates, old.spec.schedulingGates, specPath.child('schedulingGates')));
  if (deepEqual(pod.spec, old.spec)) return errors;
  const munged = withUpdatableFieldsOf(pod.spec, old.spec);
  if (old.spec.schedulingGates?.length) errors.push(...mungeGatedFields(munged, old.spec));
  if (deepEqual(munged, old.spec)) return errors;
  return [
    ...errors,
    fieldError.forbidden(specPath, `pod updates may not change fields other than ${updatable}\n${podSpecDiff(old.spec, munged)}`),
  ];
}

function validateMirrorUpdate(pod: V1Pod, old: V1Pod): FieldError[] {
  const after = pod.metadata.annotations?.[mirrorAnnotation];
  const before = old.metadata.annotations?.[mirrorAnnotation];
  if (after === before) return [];
  return [
    fieldError.forbidden(
      annotationsPath.key(mirrorAnnotation),
      before === undefined ? 'may not add mirror pod annotation' : 'may not remove or update mirror pod annotation',
    ),
  ];
}

function validateContainerUpdates(
  containers: readonly V1Container[],
  old: readonly V1Container[],
  path: FieldPath,
): { errors: FieldError[]; stop: boolean } {
  if (containers.length !== old.length)
    return { errors: [fieldError.forbidden(path, 'pod updates may not add or remove containers')], stop: true };
  const errors = containers.flatMap((container, index) => [
    ...(container.image ? [] : [fieldError.required(path.index(index).child('image'))]),
    ...validateImageText(container, path.index(index)),
  ]);
  return { errors, stop: false };
}

function validateDeadlineUpdate(after: number | undefined, before: number | undefined): { errors: FieldError[]; stop: boolean } {
  const path = specPath.child('activeDeadlineSeconds');
  if (after === undefined)
    return {
      errors: before === undefined ? [] : [fieldError.invalid(path, null, 'must not update from a positive integer to nil value')],
      stop: false,
    };
  if (after < 0 || after > 2147483647) return { errors: [fieldError.invalid(path, after, inclusiveRange(0, 2147483647))], stop: true };
  if (before !== undefined && before < after)
    return { errors: [fieldError.invalid(path, after, 'must be less than or equal to previous value')], stop: true };
  return { errors: [], stop: false };
}

/** The new spec with what may change put back, so that what is left of the difference is forbidden. */
function withUpdatableFieldsOf(spec: V1PodSpec, old: V1PodSpec): V1PodSpec {
  const munged = deepCopy(spec);
  for (const list of ['containers', 'initContainers'] as const)
    munged[list]?.forEach((container, index) => void (container.image = old[list]?.[index]?.image));
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) putBack(munged, old, field);
  const wasNegative = (old.terminationGracePeriodSeconds ?? 0) < 0;
  if (wasNegative && munged.terminationGracePeriodSeconds === 1) putBack(munged, old, 'terminationGracePeriodSeconds');
  return munged;
}

function putBack<Field extends keyof V1PodSpec>(spec: V1PodSpec, old: V1PodSpec, field: Field): void {
  if (old[field] === undefined) delete spec[field];
  else spec[field] = old[field];
}

/** While gates hold a Pod back, its node selector and affinity may still be narrowed. */
function mungeGatedFields(munged: V1PodSpec, old: V1PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (!deepEqual(munged.nodeSelector, old.nodeSelector)) {
    errors.push(...validateNodeSelectorMutation(munged.nodeSelector, old.nodeSelector ?? {}));
    putBack(munged, old, 'nodeSelector');
  }
  const before = old.affinity?.nodeAffinity;
  if (deepEqual(munged.affinity?.nodeAffinity, before)) return errors;
  errors.push(...validateNodeAffinityMutation(munged.affinity?.nodeAffinity, before));
  putBackNodeAffinity(munged, old.affinity, before);
  return errors;
}

function putBackNodeAffinity(munged: V1PodSpec, old: V1Affinity | undefined, before: V1NodeAffinity | undefined): void {
  const others = munged.affinity?.podAffinity ?? munged.affinity?.podAntiAffinity;
  if (!old && !others) delete munged.affinity;
  else munged.affinity = { ...munged.affinity, nodeAffinity: before };
}

function validateNodeSelectorMutation(
  selector: Readonly<Record<string, string>> | undefined,
  old: Readonly<Record<string, string>>,
): FieldError[] {
  const isKept = Object.entries(old).every(([key, value]) => selector?.[key] === value);
  return isKept
    ? []
    : [
        fieldError.invalid(
          specPath.child('nodeSelector'),
          selector,
          'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
        ),
      ];
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution';

function validateNodeAffinityMutation(affinity: V1NodeAffinity | undefined, old: V1NodeAffinity | undefined): FieldError[] {
  const before = old?.[required]?.nodeSelectorTerms ?? [];
  if (!old?.[required]) return [];
  const path = specPath.child('affinity', 'nodeAffinity', required, 'nodeSelectorTerms');
  const after = affinity?.[required]?.nodeSelectorTerms ?? [];
  if (after.length !== before.length)
    return [
      fieldError.invalid(
        path,
        after.map((term) => goValue('NodeSelectorTerm', term)),
        'no additions/deletions to non-empty NodeSelectorTerms list are allowed',
      ),
    ];
  return after.flatMap((term, index) => {
    const isSuperset = (['matchExpressions', 'matchFields'] as const).every((field) =>
      startsWith(term[field] ?? [], before[index]?.[field] ?? []),
    );
    return isSuperset
      ? []
      : [
          fieldError.invalid(
            path.index(index),
            goValue('NodeSelectorTerm', term),
            'only additions are allowed (no mutations or deletions)',
          ),
        ];
  });
}

function startsWith(list: readonly unknown[], prefix: readonly unknown[]): boolean {
  return list.length >= prefix.length && prefix.every((item, index) => deepEqual(item, list[index]));
}

const systemConditions = ['PodScheduled', 'Ready', 'Initialized'];

/** What a kubelet may not report (`ValidatePodStatusUpdate`). */
export function validatePodStatusUpdate(pod: V1Pod, old: V1Pod): FieldError[] {
  const { status, spec } = pod;
  const nominated = status.nominatedNodeName;
  return [
    ...(status.conditions ?? []).flatMap(({ type }, index) =>
      systemConditions.includes(type)
        ? []
        : validateQualifiedName(type, FieldPath.of('metadata').child('conditions').index(index).child('Type')),
    ),
    ...(nominated && nominated !== old.status.nominatedNodeName
      ? invalidEach(statusPath.child('nominatedNodeName'), nominated, dnsSubdomain(nominated))
      : []),
    ...validateImmutable(status.qosClass, old.status.qosClass, statusPath.child('qosClass')),
    ...validateTransitions(
      status.containerStatuses,
      old.status.containerStatuses,
      old.spec.restartPolicy,
      [],
      statusPath.child('containerStatuses'),
    ),
    ...validateTransitions(
      status.initContainerStatuses,
      old.status.initContainerStatuses,
      old.spec.restartPolicy,
      sidecarsOf(spec),
      statusPath.child('initContainerStatuses'),
    ),
    ...validateTransitions(
      status.ephemeralContainerStatuses,
      old.status.ephemeralContainerStatuses,
      'Never',
      [],
      statusPath.child('ephemeralContainerStatuses'),
    ),
    ...(status.podIPs ?? []).flatMap(({ ip }, index) => validateIP(ip, statusPath.child('podIPs').index(index))),
    ...(status.hostIPs?.[0] && status.hostIP !== status.hostIPs[0].ip
      ? [fieldError.invalid(statusPath.child('hostIPs').index(0).child('ip'), status.hostIPs[0].ip, 'must be equal to `hostIP`')]
      : []),
    ...(status.hostIPs ?? []).flatMap(({ ip }, index) => validateIP(ip, statusPath.child('hostIPs').index(index))),
  ];
}

function sidecarsOf({ initContainers }: V1PodSpec): string[] {
  return (initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name);
}

/** Where the policy does not restart a container, terminated is the end. */
function validateTransitions(
  statuses: readonly V1ContainerStatus[] | undefined,
  old: readonly V1ContainerStatus[] | undefined,
  restartPolicy: string | undefined,
  restartable: readonly string[],
  path: FieldPath,
): FieldError[] {
  if (restartPolicy === 'Always') return [];
  return (old ?? []).flatMap(({ name, state }, index) => {
    const mayRestart =
      !state?.terminated || restartable.includes(name) || (state.terminated.exitCode !== 0 && restartPolicy === 'OnFailure');
    const rose = !mayRestart && statuses?.some((status) => status.name === name && !status.state?.terminated);
    return rose ? [fieldError.forbidden(path.index(index).child('state'), 'may not be transitioned to non-terminated state')] : [];
  });
}
