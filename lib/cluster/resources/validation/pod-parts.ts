import type { V1Container, V1Pod } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { qosClassOf } from '../qos';
import { goValueDiff, podSpecDiff } from './go-diff';
import { validatePodItself } from './pod';

const specPath = FieldPath.of('spec');
const nowhere = FieldPath.of('');
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** What was added to debug a Pod stays as it was added (`ValidatePodEphemeralContainersUpdate`). */
export function validateEphemeralContainersUpdate(pod: V1Pod, old: V1Pod): FieldError[] {
  if (isMirror(old)) return [fieldError.forbidden(nowhere, 'static pods do not support ephemeral containers')];
  const path = specPath.child('ephemeralContainers');
  const now = new Map((pod.spec.ephemeralContainers ?? []).map((container) => [container.name, container]));
  return [
    ...validatePodItself(pod),
    ...(old.spec.ephemeralContainers ?? []).flatMap((before) => {
      const after = now.get(before.name);
      const quoted = JSON.stringify(before.name);
      if (!after) return [fieldError.forbidden(path, `existing ephemeral containers ${quoted} may not be removed\n`)];
      if (deepEqual(before, after)) return [];
      const difference = goValueDiff('EphemeralContainer', before, after);
      return [fieldError.forbidden(path, `existing ephemeral containers ${quoted} may not be changed\n${difference}`)];
    }),
  ];
}

function isMirror({ metadata }: V1Pod): boolean {
  return metadata.annotations?.[mirrorAnnotation] !== undefined;
}

/** `ValidatePodResize`. */
export function validateResize(pod: V1Pod, old: V1Pod): FieldError[] {
  if (isMirror(old)) return [fieldError.forbidden(nowhere, 'static pods cannot be resized')];
  if (old.spec.os?.name === 'windows') return [fieldError.forbidden(nowhere, 'windows pods cannot be resized')];
  const qos = qosClassOf(pod.spec);
  return [
    ...validatePodItself(pod),
    ...((old.status.qosClass ?? qosClassOf(old.spec)) === qos
      ? []
      : [fieldError.invalid(specPath, qos, 'Pod QOS Class may not change as a result of resizing')]),
    ...(isResizable(old) ? [] : [fieldError.forbidden(specPath, 'Pod running on node without support for resize')]),
    ...(['initContainers', 'containers'] as const).flatMap((list) =>
      validateKept(pod.spec[list] ?? [], old.spec[list] ?? [], specPath.child(list)),
    ),
    ...validateOthersKept(pod, old),
  ];
}

/** A kubelet that reports what its containers have can give them something else. */
function isResizable({ status }: V1Pod): boolean {
  const running = (status.containerStatuses ?? []).find(({ state }) => state?.running);
  return !running || running.resources !== undefined;
}

function validateKept(containers: readonly V1Container[], old: readonly V1Container[], path: FieldPath): FieldError[] {
  return old.flatMap((before, index) => {
    const at = path.index(index).child('resources');
    const after = containers[index]?.resources ?? {};
    const lost = (field: 'requests' | 'limits') =>
      Object.keys(before.resources?.[field] ?? {}).some((name) => !Object.hasOwn(after[field] ?? {}, name));
    return [
      ...(lost('requests') ? [fieldError.forbidden(at.child('requests'), 'resource requests cannot be removed')] : []),
      ...(lost('limits') ? [fieldError.forbidden(at.child('limits'), 'resource limits cannot be removed')] : []),
    ];
  });
}

/** What is left of the difference when CPU and memory are put back. */
function validateOthersKept({ spec }: V1Pod, { spec: old }: V1Pod): FieldError[] {
  const munged = {
    ...spec,
    containers: putBack(spec.containers, old.containers),
    ...(spec.initContainers ? { initContainers: putBack(spec.initContainers, old.initContainers ?? []) } : {}),
  };
  if (deepEqual(munged, old)) return [];
  return [fieldError.forbidden(specPath, `only cpu and memory resources are mutable\n${podSpecDiff(old, munged)}`)];
}

function putBack(containers: readonly V1Container[], old: readonly V1Container[]): V1Container[] {
  return containers.map((container, index) => {
    const before = old[index];
    if (!before) return container;
    const list = (field: 'requests' | 'limits') => {
      const { cpu: _, memory: __, ...others } = container.resources?.[field] ?? {};
      const { cpu, memory } = before.resources?.[field] ?? {};
      const merged = { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }), ...others };
      return Object.keys(merged).length > 0 || before.resources?.[field] ? { [field]: merged } : {};
    };
    const resources = { ...container.resources };
    delete resources.requests;
    delete resources.limits;
    const { resizePolicy: _, ...same } = container;
    const policy = before.resizePolicy ? { resizePolicy: before.resizePolicy } : {};
    return { ...same, ...policy, resources: { ...resources, ...list('limits'), ...list('requests') } };
  });
}
