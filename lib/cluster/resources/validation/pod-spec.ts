import type { V1PodDNSConfig, V1PodResourceClaim, V1PodSpec } from '@/generated/kubernetes/types';
import { type FieldError, type FieldPath, fieldError } from '../../api';
import { validateContainerResources, validatePodLevelResources } from './compute-resources';
import { validateAllContainers } from './containers';
import { goValue } from './go-value';
import { validateIP } from './ip-address';
import {
  dnsLabel,
  dnsSubdomain,
  dnsSubdomainWithUnderscore,
  inclusiveRange,
  invalidEach,
  validateEnum,
  validateQualifiedName,
} from './names';
import { validateLabels } from './object-meta';
import { validateAffinity, validateSchedulingGates, validateTolerations, validateTopologySpreadConstraints } from './scheduling';
import { validateOs, validatePodSecurityContext } from './security-context';
import { validateVolumes } from './volumes';

interface PodSpecContext {
  /** The Pod's own name; absent in a template. Pods are checked more strictly than templates. */
  readonly podName?: string | undefined;
}

/** The spec of a Pod or of a template, in the order upstream checks it (`ValidatePodSpec`). */
export function validatePodSpec(spec: V1PodSpec, { podName }: PodSpecContext, path: FieldPath): FieldError[] {
  const { serviceAccountName, nodeName, hostname, subdomain, priorityClassName, runtimeClassName } = spec;
  const name = (value: string | undefined, field: string, rule: (value: string) => string[]) =>
    value ? invalidEach(path.child(field), value, rule(value)) : [];
  return [
    ...(spec.terminationGracePeriodSeconds === undefined ? [fieldError.required(path.child('terminationGracePeriodSeconds'))] : []),
    ...validateVolumes(spec.volumes, podName, path.child('volumes')),
    ...validateResourceClaims(spec.resourceClaims ?? [], path.child('resourceClaims')),
    ...validateAllContainers(spec, path),
    ...validatePodLevelResources(spec, path.child('resources')),
    ...validateHostNetworkPorts(spec, podName !== undefined, path.child('containers')),
    ...validateEnum(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], path.child('restartPolicy')),
    ...validateEnum(spec.dnsPolicy, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], path.child('dnsPolicy')),
    ...validateLabels(spec.nodeSelector, path.child('nodeSelector')),
    ...validatePodSecurityContext(spec, path.child('securityContext')),
    ...validateAffinity(spec.affinity, path.child('affinity')),
    ...validateDnsConfig(spec.dnsConfig, spec.dnsPolicy, path.child('dnsConfig')),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, index) =>
      validateQualifiedName(conditionType ?? '', path.child('readinessGates').index(index).child('conditionType')),
    ),
    ...validateSchedulingGates(spec.schedulingGates, path.child('schedulingGates')),
    ...validateTopologySpreadConstraints(spec.topologySpreadConstraints, path.child('topologySpreadConstraints')),
    ...validateHostUsers(spec, path),
    ...name(serviceAccountName, 'serviceAccountName', dnsSubdomain),
    ...name(nodeName, 'nodeName', dnsSubdomain),
    ...validateActiveDeadline(spec.activeDeadlineSeconds, path.child('activeDeadlineSeconds')),
    ...name(hostname, 'hostname', dnsLabel),
    ...name(subdomain, 'subdomain', dnsLabel),
    ...validateTolerations(spec.tolerations, path.child('tolerations')),
    ...validateHostAliases(spec.hostAliases, path.child('hostAliases')),
    ...name(priorityClassName, 'priorityClassName', dnsSubdomain),
    ...name(runtimeClassName, 'runtimeClassName', dnsSubdomain),
    ...(spec.preemptionPolicy === undefined
      ? []
      : validateEnum(spec.preemptionPolicy, ['PreemptLowerPriority', 'Never'], path.child('preemptionPolicy'))),
    ...(spec.overhead ? validateContainerResources({ limits: spec.overhead }, undefined, path.child('overhead')) : []),
    ...validateOs(spec, path),
  ];
}

function validateResourceClaims(claims: readonly V1PodResourceClaim[], path: FieldPath): FieldError[] {
  return claims.flatMap((claim, index, all) => {
    const at = path.index(index);
    const { name, resourceClaimName: own, resourceClaimTemplateName: template } = claim;
    const isRepeated = all.slice(0, index).some((earlier) => earlier.name === name);
    return [
      ...(name
        ? isRepeated
          ? [fieldError.duplicate(at.child('name'), name)]
          : invalidEach(at.child('name'), name, dnsLabel(name))
        : [fieldError.required(at.child('name'))]),
      ...(own && template
        ? [
            fieldError.invalid(
              at,
              goValue('PodResourceClaim', claim),
              'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified',
            ),
          ]
        : []),
      ...(own === undefined && template === undefined
        ? [
            fieldError.invalid(
              at,
              goValue('PodResourceClaim', claim),
              'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
            ),
          ]
        : []),
      ...(own ? invalidEach(at.child('resourceClaimName'), own, dnsSubdomain(own)) : []),
      ...(template ? invalidEach(at.child('resourceClaimTemplateName'), template, dnsSubdomain(template)) : []),
    ];
  });
}

/** On the node's network a container's port is the node's; a template may leave that unsaid. */
function validateHostNetworkPorts({ hostNetwork, containers }: V1PodSpec, isPod: boolean, path: FieldPath): FieldError[] {
  if (!hostNetwork) return [];
  return (containers ?? []).flatMap(({ ports }, container) =>
    (ports ?? []).flatMap(({ hostPort = 0, containerPort }, index) => {
      const isFine = hostPort === containerPort || (hostPort === 0 && !isPod);
      return isFine
        ? []
        : [
            fieldError.invalid(
              path.index(container).child('ports').index(index).child('hostPort'),
              hostPort,
              'must match `containerPort` when `hostNetwork` is true',
            ),
          ];
    }),
  );
}

function validateDnsConfig(config: V1PodDNSConfig | undefined, policy: string | undefined, path: FieldPath): FieldError[] {
  if (policy === 'None' && !config) return [fieldError.required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  if (policy === 'None' && !config?.nameservers?.length)
    return [fieldError.required(path.child('nameservers'), 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  const { nameservers = [], searches = [], options = [] } = config ?? {};
  return [
    ...(nameservers.length > 3
      ? [fieldError.invalid(path.child('nameservers'), nameservers, 'must not have more than 3 nameservers')]
      : []),
    ...nameservers.flatMap((server, index) => validateIP(server, path.child('nameservers').index(index))),
    ...(searches.length > 32 ? [fieldError.invalid(path.child('searches'), searches, 'must not have more than 32 search paths')] : []),
    ...(searches.join(' ').length > 2048
      ? [
          fieldError.invalid(
            path.child('searches'),
            searches,
            'must not have more than 2048 characters (including spaces) in the search list',
          ),
        ]
      : []),
    ...searches.flatMap((search, index) => validateSearch(search, path.child('searches').index(index))),
    ...options.flatMap(({ name }, index) => (name ? [] : [fieldError.required(path.child('options').index(index), 'must not be empty')])),
  ];
}

function validateSearch(search: string, path: FieldPath): FieldError[] {
  const domain = search.replace(/\.$/, '');
  return search === '.' ? [] : invalidEach(path, domain, dnsSubdomainWithUnderscore(domain));
}

function validateHostUsers({ hostUsers, hostNetwork, hostPID, hostIPC }: V1PodSpec, path: FieldPath): FieldError[] {
  if (hostUsers !== false) return [];
  const why = 'when `hostUsers` is false';
  return [
    ...(hostNetwork ? [fieldError.forbidden(path.child('hostNetwork'), why)] : []),
    ...(hostPID ? [fieldError.forbidden(path.child('hostPID'), why)] : []),
    ...(hostIPC ? [fieldError.forbidden(path.child('hostIPC'), why)] : []),
  ];
}

function validateActiveDeadline(seconds: number | undefined, path: FieldPath): FieldError[] {
  return seconds === undefined || (seconds >= 1 && seconds <= 2147483647)
    ? []
    : [fieldError.invalid(path, seconds, inclusiveRange(1, 2147483647))];
}

function validateHostAliases(aliases: V1PodSpec['hostAliases'], path: FieldPath): FieldError[] {
  return (aliases ?? []).flatMap(({ ip, hostnames }, index) => [
    ...validateIP(ip ?? '', path.index(index).child('ip')),
    ...(hostnames ?? []).flatMap((hostname, name) =>
      invalidEach(path.index(index).child('hostnames').index(name), hostname, dnsSubdomain(hostname)),
    ),
  ]);
}
