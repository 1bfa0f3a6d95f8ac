import { compareBytes } from '@/lib/base';
import { Quantity, type KubeObject, type ResourceDefinition } from '../../api';
import { qosClassOf } from '../qos';
import { one, sum, type Amounts } from './amounts';
import { podLimits, podRequests } from './pod-resources';

/** How objects of one kind count against a quota (`pkg/quota/v1/evaluator/core`). */
export interface Evaluator {
  /** Whether the quota names something that this kind uses, among `names`. */
  matching(names: readonly string[]): string[];
  usage(object: KubeObject): Amounts;
  /** Whether the object falls under a scope; a scope that this kind knows nothing of excludes it. */
  isInScope(object: KubeObject, scope: ScopeRequirement): boolean;
  /** What the object must say for these resources to be counted; a sentence when it does not. */
  constraint?(object: KubeObject, names: readonly string[]): string | undefined;
}

export interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** Every kind counts by `count/<resource>.<group>`; some by more. */
export function evaluatorOf({ group, kind, names }: Pick<ResourceDefinition, 'group' | 'kind' | 'names'>): Evaluator {
  const count = `count/${group ? `${names.plural}.${group}` : names.plural}`;
  switch (`${group}/${kind}`) {
    case '/Pod':
      return podEvaluator;
    case '/Service':
      return counted(count, ['services', 'services.loadbalancers', 'services.nodeports'], serviceUsage);
    case '/PersistentVolumeClaim':
      return claimEvaluator;
    case '/ConfigMap':
    case '/ReplicationController':
    case '/ResourceQuota':
    case '/Secret':
      return counted(count, [names.plural], () => ({ [names.plural]: one }));
    default:
      return counted(count, [], () => ({}));
  }
}

function counted(count: string, others: readonly string[], usage: (object: KubeObject) => Amounts): Evaluator {
  return {
    matching: (names) => names.filter((name) => name === count || others.includes(name)),
    usage: (object) => ({ [count]: one, ...usage(object) }),
    isInScope: () => false,
  };
}

function serviceUsage({ spec }: KubeObject): Amounts {
  const ports = Quantity.ofValue(spec?.ports?.length ?? 0);
  switch (spec?.type) {
    case 'NodePort':
      return { services: one, 'services.nodeports': ports, 'services.loadbalancers': Quantity.zero };
    case 'LoadBalancer':
      return {
        services: one,
        'services.loadbalancers': one,
        'services.nodeports': spec.allocateLoadBalancerNodePorts === false ? nodePortsOf(spec.ports) : ports,
      };
    default:
      return { services: one, 'services.nodeports': Quantity.zero, 'services.loadbalancers': Quantity.zero };
  }
}

function nodePortsOf(ports: readonly { readonly nodePort?: number }[] = []): Quantity {
  return Quantity.ofValue(ports.filter(({ nodePort }) => nodePort).length);
}

const classSuffix = '.storageclass.storage.k8s.io/';

const claimEvaluator: Evaluator = {
  matching: (names) =>
    names.filter(
      (name) =>
        ['count/persistentvolumeclaims', 'persistentvolumeclaims', 'requests.storage'].includes(name) ||
        name.endsWith(`${classSuffix}requests.storage`) ||
        name.endsWith(`${classSuffix}persistentvolumeclaims`),
    ),
  usage(claim) {
    const storage = claimStorage(claim);
    const storageClass: string =
      claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec?.storageClassName ?? '';
    return {
      'count/persistentvolumeclaims': one,
      persistentvolumeclaims: one,
      ...(storage ? { 'requests.storage': storage } : {}),
      ...(storageClass
        ? {
            [`${storageClass}${classSuffix}persistentvolumeclaims`]: one,
            ...(storage ? { [`${storageClass}${classSuffix}requests.storage`]: storage } : {}),
          }
        : {}),
    };
  },
  isInScope: (claim, { scopeName, operator, values = [] }) => {
    if (scopeName !== 'VolumeAttributesClass') return false;
    const own = [claim.spec?.volumeAttributesClassName, claim.status?.currentVolumeAttributesClassName].filter(Boolean);
    return matchesValues(own, operator, values);
  },
};

/** What was asked for, or what it has by now if that is more. */
function claimStorage({ spec, status }: KubeObject): Quantity | undefined {
  const asked = spec?.resources?.requests?.storage;
  const allocated = status?.allocatedResources?.storage;
  if (asked === undefined) return undefined;
  const amount = Quantity.of(asked);
  return allocated !== undefined && Quantity.of(allocated).compare(amount) > 0 ? Quantity.of(allocated) : amount;
}

const computeNames = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

const podEvaluator: Evaluator = {
  matching: (names) =>
    names.filter(
      (name) =>
        ['count/pods', 'pods', 'ephemeral-storage', 'requests.ephemeral-storage', 'limits.ephemeral-storage', ...computeNames].includes(
          name,
        ) ||
        name.startsWith('hugepages-') ||
        name.startsWith('requests.hugepages-') ||
        /^requests\.[^/]+\/.+/.test(name),
    ),
  usage(pod) {
    const count = { 'count/pods': one };
    return isCounted(pod) ? { ...count, pods: one, ...computeUsage(pod) } : count;
  },
  isInScope: (pod, scope) => podIsInScope(pod, scope),
  constraint: podConstraint,
};

/** A Pod that has ended, or that should long be gone, uses nothing but its object (`QuotaV1Pod`). */
export function isCounted({ status }: KubeObject): boolean {
  return status?.phase !== 'Failed' && status?.phase !== 'Succeeded';
}

function computeUsage(pod: KubeObject): Amounts {
  let usage: Amounts = {};
  const requests = podRequests(pod as never);
  for (const name in requests) {
    const amount = requests[name] as Quantity;
    const isExtended = name.includes('/') && !name.startsWith('kubernetes.io/');
    usage = sum(usage, { [`requests.${name}`]: amount, ...(isExtended ? {} : { [name]: amount }) });
  }
  const limits = podLimits(pod as never);
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    const amount = limits[name];
    if (amount) usage = sum(usage, { [`limits.${name}`]: amount });
  }
  return usage;
}

/** `must specify limits.memory for: c; requests.cpu for: c`. */
function podConstraint({ spec }: KubeObject, names: readonly string[]): string | undefined {
  const missing = new Map<string, Set<string>>();
  const isSetOnPod = named(spec.resources);
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    const given = named(container.resources);
    for (const name of names) {
      if (!computeNames.includes(name) || Object.hasOwn(given, name) || Object.hasOwn(isSetOnPod, name)) continue;
      missing.set(name, (missing.get(name) ?? new Set()).add(container.name));
    }
  }
  if (missing.size === 0) return undefined;
  const parts = [...missing.keys()]
    .sort(compareBytes)
    .map((name) => `${name} for: ${[...(missing.get(name) as Set<string>)].sort(compareBytes).join(',')}`);
  return `must specify ${parts.join('; ')}`;
}

/** A container's resources by the names quotas know them. */
function named(resources: { requests?: Record<string, string>; limits?: Record<string, string> } | undefined): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [name, amount] of Object.entries(resources?.requests ?? {})) given[name] = given[`requests.${name}`] = amount;
  for (const [name, amount] of Object.entries(resources?.limits ?? {})) given[`limits.${name}`] = amount;
  return given;
}

function podIsInScope(pod: KubeObject, { scopeName, operator, values = [] }: ScopeRequirement): boolean {
  const { spec } = pod;
  switch (scopeName) {
    case 'Terminating':
      return spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds !== null;
    case 'NotTerminating':
      return spec.activeDeadlineSeconds === undefined || spec.activeDeadlineSeconds === null;
    case 'BestEffort':
      return qosClassOf(spec) === 'BestEffort';
    case 'NotBestEffort':
      return qosClassOf(spec) !== 'BestEffort';
    case 'PriorityClass':
      return matchesValues(spec.priorityClassName ? [spec.priorityClassName] : [], operator, values);
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(spec.affinity);
    default:
      return false;
  }
}

function matchesValues(own: readonly string[], operator: string, values: readonly string[]): boolean {
  switch (operator) {
    case 'In':
      return own.some((one) => values.includes(one));
    case 'NotIn':
      return !own.some((one) => values.includes(one));
    case 'DoesNotExist':
      return own.length === 0;
    default:
      return own.length > 0;
  }
}

function crossesNamespaces(affinity: KubeObject['spec']): boolean {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].some((one) =>
    [
      ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((weighted: any) => weighted.podAffinityTerm),
    ].some((term: any) => term?.namespaces?.length || term?.namespaceSelector),
  );
}

/** A quota's scopes as requirements, those of its selector included. */
export function scopesOf({ spec }: KubeObject): readonly ScopeRequirement[] {
  return [
    ...((spec?.scopes ?? []) as string[]).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...((spec?.scopeSelector?.matchExpressions ?? []) as ScopeRequirement[]),
  ];
}
