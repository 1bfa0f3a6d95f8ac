import { compareBytes, deepEqual } from '@/lib/base';
import { statusErrors, type KubeObject } from '../../../api';
import { kindOf } from '../../context';
import { forbid } from '../forbidden';
import { defineAdmissionPlugin, type AdmissionRequest, type Lookup } from '../plugin';
import type { PodToCheck } from './checks';
import { isStricter, labelErrors, policyOf, textOf, violationsOf, violationsText, type LevelVersion, type Policy } from './policy';

const annotationPrefix = 'pod-security.kubernetes.io/';

const makersOfPods = ['CronJob', 'DaemonSet', 'Deployment', 'Job', 'PodTemplate', 'ReplicaSet', 'ReplicationController', 'StatefulSet'];

/** Holds Pods to the standard their namespace's labels name, and warns of templates that would break it (`k8s.io/pod-security-admission`). */
export const PodSecurity = defineAdmissionPlugin({
  name: 'PodSecurity',
  kinds: ['Namespace', 'Pod', ...makersOfPods],
  validate(request, lookup) {
    const { operation, definition, object } = request;
    if (!object || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
    if (definition.kind === 'Namespace') return judgeNamespace(request, lookup);
    const template = templateOf(request);
    if (!template) return;
    const policy = policyOf(lookup.find('Namespace', '', request.namespace)?.metadata.labels);
    if (definition.kind === 'Pod') judgePod(request, template, policy);
    else judgeTemplate(request, template, policy);
  },
});

/** The Pod in question: itself, or the template of what makes Pods. */
function templateOf({ operation, definition, subresource, object, old }: AdmissionRequest): PodToCheck | undefined {
  const { kind } = definition;
  if (kind === 'Pod') {
    if (subresource && subresource !== 'ephemeralcontainers' && subresource !== 'resize') return undefined;
    return operation === 'UPDATE' && old && !isSignificant(object as KubeObject, old) ? undefined : toCheck(object as KubeObject);
  }
  if (subresource) return undefined;
  switch (kind) {
    case 'PodTemplate':
      return toCheck((object as KubeObject)['template'] as KubeObject | undefined);
    case 'CronJob':
      return toCheck(object?.spec?.jobTemplate?.spec?.template);
    default:
      return toCheck(object?.spec?.template);
  }
}

function toCheck(pod: (Pick<KubeObject, 'metadata'> & { readonly spec?: KubeObject['spec'] }) | undefined): PodToCheck | undefined {
  return pod?.spec && { annotations: pod.metadata?.annotations ?? {}, spec: pod.spec };
}

/** An update of images, tolerations and the like changes nothing that the standards are about. */
function isSignificant(pod: KubeObject, old: KubeObject): boolean {
  const profiles = ({ metadata }: KubeObject) =>
    Object.entries(metadata.annotations ?? {}).filter(([key]) => /^(container\.)?(apparmor|seccomp)\.security\./.test(key));
  const relevant = ({ spec }: KubeObject) => {
    const { activeDeadlineSeconds: _, tolerations: __, terminationGracePeriodSeconds: ___, ...rest } = spec;
    const bare = (list: any[] | undefined) => list?.map(({ image: ____, resources: _____, ...container }) => container);
    return {
      ...rest,
      containers: bare(rest.containers),
      initContainers: bare(rest.initContainers),
      ephemeralContainers: bare(rest.ephemeralContainers),
    };
  };
  return !deepEqual(relevant(pod), relevant(old)) || !deepEqual(profiles(pod), profiles(old));
}

function judgePod(request: AdmissionRequest, pod: PodToCheck, policy: Policy): void {
  const { context } = request;
  context.annotate(`${annotationPrefix}enforce-policy`, textOf(policy.enforce));
  const violations = violationsOf(policy.enforce, pod);
  audit(request, pod, policy.audit);
  if (violations.length > 0)
    throw forbid(request, `violates PodSecurity ${JSON.stringify(textOf(policy.enforce))}: ${violationsText(violations)}`);
  warn(request, pod, policy.warn);
}

/** What makes Pods is never refused: its Pods will be. */
function judgeTemplate(request: AdmissionRequest, pod: PodToCheck, policy: Policy): void {
  audit(request, pod, policy.audit);
  warn(request, pod, policy.warn);
}

function audit({ context }: AdmissionRequest, pod: PodToCheck, level: LevelVersion): void {
  const sentence = wouldViolate(level, pod);
  if (sentence) context.annotate(`${annotationPrefix}audit-violations`, sentence);
}

function warn({ context }: AdmissionRequest, pod: PodToCheck, level: LevelVersion): void {
  const sentence = wouldViolate(level, pod);
  if (sentence) context.warnings.push(sentence);
}

function wouldViolate(level: LevelVersion, pod: PodToCheck): string | undefined {
  const violations = violationsOf(level, pod);
  return violations.length === 0 ? undefined : `would violate PodSecurity ${JSON.stringify(textOf(level))}: ${violationsText(violations)}`;
}

/** Labels must be understood; a level that tightens tells which Pods would break it. */
function judgeNamespace(request: AdmissionRequest, lookup: Lookup): void {
  const { operation, definition, subresource, object, old, name, context } = request;
  if (subresource) return;
  const errors = labelErrors(object?.metadata.labels);
  const isNew = errors.some(
    ({ field, message }) => !labelErrors(old?.metadata.labels).some((one) => one.field === field && one.message === message),
  );
  if (errors.length > 0 && isNew) throw statusErrors.invalid(kindOf(definition), name, errors);
  if (operation !== 'UPDATE' || !old) return;
  const { enforce } = policyOf(object?.metadata.labels);
  const before = policyOf(old.metadata.labels).enforce;
  if (enforce.level === 'privileged' || deepEqual(enforce, before) || (enforce.version === before.version && !isStricter(enforce, before)))
    return;
  const lines = violatingPods(lookup.list('Pod', name), enforce);
  if (lines.length === 0) return;
  context.warnings.push(
    `existing pods in namespace ${JSON.stringify(name)} violate the new PodSecurity enforce level ${JSON.stringify(textOf(enforce))}`,
    ...lines,
  );
}

/** `web (and 2 other pods): hostPort, privileged`. */
function violatingPods(pods: readonly KubeObject[], level: LevelVersion): string[] {
  const byReasons = new Map<string, string[]>();
  for (const pod of pods) {
    const reasons = violationsOf(level, toCheck(pod) as PodToCheck).map(({ reason }) => reason);
    if (reasons.length === 0) continue;
    const key = reasons.join(', ');
    byReasons.set(key, [...(byReasons.get(key) ?? []), pod.metadata.name]);
  }
  return [...byReasons]
    .map(([reasons, names]) => {
      const others = names.length - 1;
      const and = others === 0 ? '' : ` (and ${others} other ${others === 1 ? 'pod' : 'pods'})`;
      return `${names[0]}${and}: ${reasons}`;
    })
    .sort(compareBytes);
}
