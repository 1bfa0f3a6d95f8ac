import type {
  V1Container,
  V1JobSpec,
  V1PersistentVolumeClaim,
  V1PersistentVolumeClaimSpec,
  V1PodAffinityTerm,
  V1PodSpec,
  V1PodTemplateSpec,
  V1Service,
  V1Volume,
} from '@/generated/kubernetes/types';
import { FieldPath, Quantity } from '../api';
import { dnsLabel } from './validation/names';

/** What the API server warns about in a Pod or a template but accepts (`pkg/api/pod/warnings.go`). */
function podSpecWarnings(spec: V1PodSpec | undefined, path: FieldPath): string[] {
  if (!spec) return [];
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap((label) => deprecatedLabel(label, path.child('nodeSelector').key(label))),
    ...(spec.volumes ?? []).flatMap((volume, index) => volumeWarnings(volume, path.child('volumes').index(index))),
    ...hostAliasWarnings(spec, path.child('hostAliases')),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name }, index, all) =>
      pullSecretWarnings(
        name ?? '',
        all.slice(0, index).some((earlier) => earlier.name === name),
        path.child('imagePullSecrets').index(index),
      ),
    ),
    ...(spec.initContainers ?? []).flatMap((container, index) => containerWarnings(container, path.child('initContainers').index(index))),
    ...(spec.containers ?? []).flatMap((container, index) => containerWarnings(container, path.child('containers').index(index))),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [`${path.child('terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...affinityWarnings(spec, path.child('affinity')),
    ...(spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, index) => {
      const at = path.child('topologySpreadConstraints').index(index);
      return [
        ...deprecatedLabel(topologyKey, at.child('topologyKey')),
        ...(labelSelector ? [] : [`${at.child('labelSelector')}: a null labelSelector results in matching no pod`]),
      ];
    }),
  ];
}

const replacements: Readonly<Record<string, readonly [since: string, instead: string]>> = {
  'beta.kubernetes.io/arch': ['v1.14', 'kubernetes.io/arch'],
  'beta.kubernetes.io/os': ['v1.14', 'kubernetes.io/os'],
  'failure-domain.beta.kubernetes.io/region': ['v1.17', 'topology.kubernetes.io/region'],
  'failure-domain.beta.kubernetes.io/zone': ['v1.17', 'topology.kubernetes.io/zone'],
  'beta.kubernetes.io/instance-type': ['v1.17', 'node.kubernetes.io/instance-type'],
};

function deprecatedLabel(label: string, path: FieldPath): string[] {
  const replacement = replacements[label];
  return replacement ? [`${path}: deprecated since ${replacement[0]}; use ${JSON.stringify(replacement[1])} instead`] : [];
}

const deprecatedVolumes = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const;

function volumeWarnings(volume: V1Volume, path: FieldPath): string[] {
  const deprecated = deprecatedVolumes.flatMap(([field, shown, why]) => (volume[field] ? [`${path.child(shown)}: ${why}`] : []));
  const empty = (volume.projected?.sources ?? []).filter((source) => Object.keys(source).length === 0);
  return [...deprecated, ...empty.map(() => `volume ${JSON.stringify(volume.name)} (Projected) has no sources provided`)];
}

function hostAliasWarnings({ hostAliases }: V1PodSpec, path: FieldPath): string[] {
  return (hostAliases ?? []).flatMap(({ ip }, index, all) =>
    all.slice(0, index).some((earlier) => earlier.ip === ip)
      ? [`${path.index(index).child('ip')}: duplicate ip ${JSON.stringify(ip)}`]
      : [],
  );
}

function pullSecretWarnings(name: string, isRepeated: boolean, path: FieldPath): string[] {
  if (!name) return [`${path.child('name')}: invalid empty name ""`];
  return isRepeated ? [`${path.child('name')}: duplicate name ${JSON.stringify(name)}`] : [];
}

function containerWarnings(container: V1Container, path: FieldPath): string[] {
  return [
    ...fractionWarnings(container, path.child('resources')),
    ...hiddenVariables(container, path.child('env')),
    ...duplicatePorts(container, path.child('ports')),
  ];
}

function fractionWarnings({ resources }: V1Container, path: FieldPath): string[] {
  return (['limits', 'requests'] as const).flatMap((list) =>
    (['memory', 'ephemeral-storage'] as const).flatMap((name) => {
      const text = resources?.[list]?.[name];
      const isFraction = text !== undefined && Quantity.parse(text).nanos % 1_000_000_000n !== 0n;
      return isFraction
        ? [`${path.child(list).key(name)}: fractional byte value ${JSON.stringify(text)} is invalid, must be an integer`]
        : [];
    }),
  );
}

/** The same variable twice, unless the later one is built from the earlier. */
function hiddenVariables({ env }: V1Container, path: FieldPath): string[] {
  return (env ?? []).flatMap(({ name, value }, index, all) => {
    const isHidden = all.slice(0, index).some((earlier) => earlier.name === name) && !value?.includes(`$(${name})`);
    return isHidden
      ? [`${path.index(index)}: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`]
      : [];
  });
}

function duplicatePorts({ ports }: V1Container, path: FieldPath): string[] {
  return (ports ?? []).flatMap((port, index, all) => {
    const first = all.findIndex(
      (other) =>
        other.containerPort === port.containerPort &&
        other.protocol === port.protocol &&
        other.hostPort === port.hostPort &&
        other.hostIP === port.hostIP,
    );
    return first < index ? [`${path.index(index)}: duplicate port definition with ${path.index(first)}`] : [];
  });
}

function affinityWarnings({ affinity }: V1PodSpec, path: FieldPath): string[] {
  const nodeAffinity = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const at = path.child('nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms');
  return [
    ...nodeAffinity.flatMap((term, index) =>
      (term.matchExpressions ?? []).flatMap(({ key }, expression) =>
        deprecatedLabel(key, at.index(index).child('matchExpressions').index(expression).child('key')),
      ),
    ),
    ...(['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => podAffinityWarnings(affinity?.[kind], path.child(kind))),
  ];
}

function podAffinityWarnings(affinity: NonNullable<V1PodSpec['affinity']>['podAffinity'], path: FieldPath): string[] {
  const warn = ({ labelSelector, topologyKey }: V1PodAffinityTerm, at: FieldPath) => [
    ...(labelSelector ? [] : [`${at.child('labelSelector')}: a null labelSelector results in matching no pod`]),
    ...deprecatedLabel(topologyKey, at.child('topologyKey')),
  ];
  return [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, index) =>
      warn(term, path.child('requiredDuringSchedulingIgnoredDuringExecution').index(index)),
    ),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }, index) =>
      warn(podAffinityTerm, path.child('preferredDuringSchedulingIgnoredDuringExecution').index(index).child('podAffinityTerm')),
    ),
  ];
}

/** Names of workloads end up in the names of Pods, which are host names. */
export function workloadWarnings(name: string, template: V1PodTemplateSpec | undefined, isNew: boolean): string[] {
  return [...(isNew ? hostnameWarnings(name) : []), ...templateWarnings(template, FieldPath.of('spec').child('template'))];
}

/** The name of what makes Pods begins their names. */
export function hostnameWarnings(name: string): string[] {
  const sentences = dnsLabel(name);
  return sentences.length > 0
    ? [
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${sentences.join(' ')}]`,
      ]
    : [];
}

const manyIndexes =
  'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';

/** `WarningsForJobSpec`. */
export function jobSpecWarnings(spec: V1JobSpec | undefined, path: FieldPath): string[] {
  const { completionMode, completions = 0, parallelism = 0, template } = spec ?? {};
  return [
    ...(completionMode === 'Indexed' && completions > 100_000 && parallelism > 10_000 ? [`${path}: ${manyIndexes}`] : []),
    ...templateWarnings(template, path.child('template')),
  ];
}

/** `GetWarningsForPodTemplate`. */
export function templateWarnings(template: V1PodTemplateSpec | undefined, path: FieldPath): string[] {
  return podSpecWarnings(template?.spec, path.child('spec'));
}

export function podWarnings(name: string, spec: V1PodSpec, isNew: boolean): string[] {
  const sentences = isNew ? dnsLabel(name) : [];
  const nameWarning =
    sentences.length > 0
      ? [
          `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${sentences.join(' ')}]`,
        ]
      : [];
  return [...nameWarning, ...podSpecWarnings(spec, FieldPath.of('spec'))];
}

/** `pkg/api/service/warnings.go`. */
export function serviceWarnings({ spec }: V1Service, old: V1Service | undefined): string[] {
  const isHeadless = spec.clusterIP === 'None';
  return [
    ...(isHeadless && spec.loadBalancerIP ? ['spec.loadBalancerIP is ignored for headless services'] : []),
    ...(isHeadless && spec.externalIPs?.length ? ['spec.externalIPs is ignored for headless services'] : []),
    ...(isHeadless && spec.sessionAffinity !== 'None' ? ['spec.SessionAffinity is ignored for headless services'] : []),
    ...(spec.externalIPs?.length && !old?.spec.externalIPs?.length
      ? ['spec.externalIPs is deprecated and may no longer be implemented in some clusters']
      : []),
    ...(spec.type !== 'ExternalName' && spec.externalName ? ['spec.externalName is ignored when spec.type is not "ExternalName"'] : []),
    ...(spec.trafficDistribution === 'PreferClose' ? ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'] : []),
  ];
}

/** `GetWarningsForPersistentVolumeClaim`. */
export function claimWarnings({ metadata, spec }: V1PersistentVolumeClaim): string[] {
  const annotation = 'volume.beta.kubernetes.io/storage-class';
  return [
    ...(metadata.annotations && annotation in metadata.annotations
      ? [`metadata.annotations[${annotation}]: deprecated since v1.8; use "storageClassName" attribute instead`]
      : []),
    ...claimSpecWarnings(spec, FieldPath.of('')),
  ];
}

/** Storage is whole bytes (`GetWarningsForPersistentVolumeClaimSpec`). */
export function claimSpecWarnings(spec: V1PersistentVolumeClaimSpec | undefined, path: FieldPath): string[] {
  return (['requests', 'limits'] as const).flatMap((field) => {
    const storage = spec?.resources?.[field]?.['storage'];
    const isWhole = storage === undefined || Quantity.parse(storage).nanos % 1_000_000_000n === 0n;
    const at = path.child('spec', 'resources', field).key('storage');
    return isWhole ? [] : [`${at}: fractional byte value ${JSON.stringify(storage)} is invalid, must be an integer`];
  });
}
