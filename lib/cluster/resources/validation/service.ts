import type { V1Service, V1ServicePort, V1ServiceSpec } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { goValue } from './go-value';
import { ipFamilyOf, validateCidr, validateIP, validateNonSpecialIP } from './ip-address';
import { dnsLabel, dnsSubdomain, invalidEach, portNumber, validateEnum, validatePortNumberOrName, validateQualifiedName } from './names';
import { validateLabels } from './object-meta';

const specPath = FieldPath.of('spec');
const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const onlyForLoadBalancers = "may only be used when `type` is 'LoadBalancer'";

export function isHeadless({ spec }: V1Service): boolean {
  return spec.clusterIPs?.[0] === 'None' || spec.clusterIP === 'None';
}

/** `ValidateService`, less what only holds once addresses and ports are allocated. */
export function validateService(service: V1Service): FieldError[] {
  const spec = service.spec ?? {};
  return [
    ...(spec.ports?.length || isHeadless(service) || spec.type === 'ExternalName' ? [] : [fieldError.required(specPath.child('ports'))]),
    ...validateForType(service),
    ...validatePorts(spec.ports ?? []),
    ...validateLabels(spec.selector, specPath.child('selector')),
    ...validateEnum(spec.sessionAffinity, ['ClientIP', 'None'], specPath.child('sessionAffinity')),
    ...validateAffinityConfig(spec),
    ...validateClusterIPs(spec),
    ...(spec.externalIPs ?? []).flatMap((ip, index) => validateExternalIP(ip, specPath.child('externalIPs').index(index))),
    ...validateEnum(spec.type, types, specPath.child('type')),
    ...validateNodePortsUnused(spec),
    ...validateDuplicates(spec.ports ?? []),
    ...validateSourceRanges(spec),
    ...(spec.allocateLoadBalancerNodePorts !== undefined && spec.type !== 'LoadBalancer'
      ? [fieldError.forbidden(specPath.child('allocateLoadBalancerNodePorts'), onlyForLoadBalancers)]
      : []),
    ...validateLoadBalancerClass(service, undefined),
    ...validateExternalTraffic(spec),
    ...validateInternalTraffic(spec),
    ...validateTrafficDistribution(spec.trafficDistribution),
  ];
}

function validateForType(service: V1Service): FieldError[] {
  const { spec } = service;
  const path = specPath.child('clusterIPs');
  switch (spec.type) {
    case 'LoadBalancer':
    case 'NodePort':
      return isHeadless(service) ? [fieldError.invalid(path.index(0), 'None', `may not be set to 'None' for ${spec.type} services`)] : [];
    case 'ExternalName':
      return [
        ...(spec.clusterIPs?.length ? [fieldError.forbidden(path, 'may not be set for ExternalName services')] : []),
        ...(spec.ipFamilies?.length
          ? [fieldError.forbidden(specPath.child('ipFamilies'), 'may not be set for ExternalName services')]
          : []),
        ...(spec.ipFamilyPolicy === undefined
          ? []
          : [fieldError.forbidden(specPath.child('ipFamilyPolicy'), 'may not be set for ExternalName services')]),
        ...validateExternalName(spec.externalName),
      ];
    default:
      return [];
  }
}

function validateExternalName(name = ''): FieldError[] {
  const path = specPath.child('externalName');
  const bare = name.replace(/\.$/, '');
  return bare ? invalidEach(path, bare, dnsSubdomain(bare)) : [fieldError.required(path)];
}

function validatePorts(ports: readonly V1ServicePort[]): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => validatePort(port, ports.length > 1, names, specPath.child('ports').index(index)));
}

function validatePort(
  { name, port, protocol, targetPort, appProtocol }: V1ServicePort,
  needsName: boolean,
  names: Set<string>,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  if (name) {
    errors.push(
      ...invalidEach(path.child('name'), name, dnsLabel(name)),
      ...(names.has(name) ? [fieldError.duplicate(path.child('name'), name)] : []),
    );
    names.add(name);
  } else if (needsName) errors.push(fieldError.required(path.child('name')));
  return [
    ...errors,
    ...invalidEach(path.child('port'), port ?? 0, portNumber(port ?? 0)),
    ...validateEnum(protocol, protocols, path.child('protocol')),
    ...validatePortNumberOrName(targetPort, path.child('targetPort')),
    ...(appProtocol ? validateQualifiedName(appProtocol, path.child('appProtocol')) : []),
  ];
}

const affinitySecondsMax = 86400;

function validateAffinityConfig({ sessionAffinity, sessionAffinityConfig: config }: V1ServiceSpec): FieldError[] {
  const path = specPath.child('sessionAffinityConfig');
  if (sessionAffinity === 'None') return config ? [fieldError.forbidden(path, 'must not be set when session affinity is None')] : [];
  if (sessionAffinity !== 'ClientIP') return [];
  if (!config) return [fieldError.required(path, 'when session affinity type is ClientIP')];
  if (!config.clientIP) return [fieldError.required(path.child('clientIP'), 'when session affinity type is ClientIP')];
  const seconds = config.clientIP.timeoutSeconds;
  const at = path.child('clientIP', 'timeoutSeconds');
  if (seconds === undefined) return [fieldError.required(at, 'when session affinity type is ClientIP')];
  return seconds > 0 && seconds <= affinitySecondsMax
    ? []
    : [fieldError.invalid(at, seconds, `must be greater than 0 and less than ${affinitySecondsMax}`)];
}

const families = ['IPv4', 'IPv6'];
const familyPolicies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

/** Cluster IPs and families as far as the writer gave them (`ValidateServiceClusterIPsRelatedFields`). */
function validateClusterIPs(spec: V1ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const { clusterIP, clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  const path = specPath.child('clusterIPs');
  return [
    ...validateClusterIPPair(clusterIP, clusterIPs),
    ...(ipFamilyPolicy === undefined || familyPolicies.includes(ipFamilyPolicy)
      ? []
      : [fieldError.notSupported(specPath.child('ipFamilyPolicy'), ipFamilyPolicy, familyPolicies)]),
    ...(clusterIPs.length > 2 ? [fieldError.invalid(path, clusterIPs, 'may only hold up to 2 values')] : []),
    ...ipFamilies.flatMap((family, index) => validateFamily(family, ipFamilies.slice(0, index), specPath.child('ipFamilies').index(index))),
    ...clusterIPs.flatMap((ip, index) => validateClusterIP(ip, index, ipFamilies[index], path.index(index))),
  ];
}

function validateClusterIPPair(clusterIP: string | undefined, clusterIPs: readonly string[]): FieldError[] {
  const path = specPath.child('clusterIPs');
  if (clusterIPs.length === 0) return clusterIP ? [fieldError.required(path)] : [];
  return clusterIP === clusterIPs[0] ? [] : [fieldError.invalid(path.index(0), clusterIPs, 'first value must match `clusterIP`')];
}

function validateFamily(family: string, earlier: readonly string[], path: FieldPath): FieldError[] {
  if (!families.includes(family)) return [fieldError.notSupported(path, family, families)];
  return earlier.includes(family) ? [fieldError.duplicate(path, family)] : [];
}

function validateClusterIP(ip: string, index: number, family: string | undefined, path: FieldPath): FieldError[] {
  if (ip === 'None') return index > 0 ? [fieldError.invalid(path, ip, "'None' must be the first and only value")] : [];
  const errors = validateIP(ip, path);
  if (errors.length > 0 || !family || ipFamilyOf(ip) === family) return errors;
  return [fieldError.invalid(path, ip, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``)];
}

function validateExternalIP(ip: string, path: FieldPath): FieldError[] {
  const errors = validateIP(ip, path);
  return errors.length > 0 ? errors : validateNonSpecialIP(ip, path);
}

function validateNodePortsUnused({ type, ports }: V1ServiceSpec): FieldError[] {
  if (type !== 'ClusterIP') return [];
  return (ports ?? []).flatMap(({ nodePort }, index) =>
    nodePort
      ? [fieldError.forbidden(specPath.child('ports').index(index).child('nodePort'), "may not be used when `type` is 'ClusterIP'")]
      : [],
  );
}

function validateDuplicates(ports: readonly V1ServicePort[]): FieldError[] {
  const path = specPath.child('ports');
  const repeats = (field: 'nodePort' | 'port', index: number) =>
    ports.slice(0, index).some((earlier) => earlier.protocol === ports[index]?.protocol && earlier[field] === ports[index]?.[field]);
  return [
    ...ports.flatMap(({ nodePort }, index) =>
      nodePort && repeats('nodePort', index) ? [fieldError.duplicate(path.index(index).child('nodePort'), nodePort)] : [],
    ),
    ...ports.flatMap(({ protocol, port }, index) =>
      repeats('port', index) ? [fieldError.duplicate(path.index(index), goPort(protocol, port))] : [],
    ),
  ];
}

/** A port as the structure that upstream compares: protocol and port, the rest empty. */
function goPort(protocol: string | undefined, port: number): unknown {
  return goValue('ServicePortKey', { protocol, port });
}

function validateSourceRanges({ type, loadBalancerSourceRanges: ranges }: V1ServiceSpec): FieldError[] {
  if (!ranges?.length) return [];
  const path = specPath.child('LoadBalancerSourceRanges');
  return [
    ...(type === 'LoadBalancer' ? [] : [fieldError.forbidden(path, onlyForLoadBalancers)]),
    ...ranges.flatMap((range, index) => validateCidr(range.trim(), path.index(index))),
  ];
}

function validateLoadBalancerClass({ spec }: V1Service, old: V1Service | undefined): FieldError[] {
  const path = specPath.child('loadBalancerClass');
  const isLoadBalancer = spec.type === 'LoadBalancer';
  if (old?.spec.type === 'LoadBalancer' && isLoadBalancer)
    return deepEqual(spec.loadBalancerClass, old.spec.loadBalancerClass)
      ? []
      : [fieldError.invalid(path, spec.loadBalancerClass, 'may not change once set')];
  if (spec.loadBalancerClass === undefined) return [];
  return isLoadBalancer ? validateQualifiedName(spec.loadBalancerClass, path) : [fieldError.forbidden(path, onlyForLoadBalancers)];
}

export function isExternallyAccessible({ type, externalIPs }: V1ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && (externalIPs?.length ?? 0) > 0);
}

export function needsHealthCheck({ type, externalTrafficPolicy }: V1ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

function validateExternalTraffic(spec: V1ServiceSpec): FieldError[] {
  const { externalTrafficPolicy: policy, healthCheckNodePort: port } = spec;
  const path = specPath.child('externalTrafficPolicy');
  const errors = isExternallyAccessible(spec)
    ? validateEnum(policy, ['Cluster', 'Local'], path)
    : policy
      ? [fieldError.invalid(path, policy, 'may only be set for externally-accessible services')]
      : [];
  if (!port) return errors;
  const at = specPath.child('healthCheckNodePort');
  if (!needsHealthCheck(spec))
    return [
      ...errors,
      fieldError.invalid(at, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"),
    ];
  return [...errors, ...invalidEach(at, port, portNumber(port))];
}

function validateInternalTraffic({ type, internalTrafficPolicy: policy }: V1ServiceSpec): FieldError[] {
  const path = specPath.child('internalTrafficPolicy');
  if (policy === undefined)
    return type === 'ClusterIP' || type === 'NodePort' || type === 'LoadBalancer' ? [fieldError.required(path)] : [];
  return validateEnum(policy, ['Cluster', 'Local'], path);
}

const distributions = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];

function validateTrafficDistribution(distribution: string | undefined): FieldError[] {
  return distribution === undefined || distributions.includes(distribution)
    ? []
    : [fieldError.notSupported(specPath.child('trafficDistribution'), distribution, distributions)];
}

/** A cluster IP stays, unless a Service becomes or stops being an ExternalName (`ValidateServiceUpdate`). */
export function validateServiceUpdate(service: V1Service, old: V1Service): FieldError[] {
  const healthChanged =
    needsHealthCheck(old.spec) && needsHealthCheck(service.spec) && old.spec.healthCheckNodePort !== service.spec.healthCheckNodePort;
  return [
    ...validateClusterIPChange(service, old),
    ...validateFamilyChange(service, old),
    ...validateLoadBalancerClass(service, old),
    ...(healthChanged ? [fieldError.forbidden(specPath.child('healthCheckNodePort'), 'field is immutable')] : []),
    ...validateService(service),
  ];
}

function validateClusterIPChange(service: V1Service, old: V1Service): FieldError[] {
  if (service.spec.type === 'ExternalName' || old.spec.type === 'ExternalName' || (isHeadless(service) && isHeadless(old))) return [];
  const before = old.spec.clusterIPs ?? [];
  const after = service.spec.clusterIPs ?? [];
  const path = specPath.child('clusterIPs');
  return before
    .slice(0, after.length)
    .flatMap((ip, index) => (ip === after[index] ? [] : [fieldError.invalid(path.index(index), after, 'may not change once set')]));
}

/** The first family stays as long as the cluster IP of that family does, which is checked above. */
function validateFamilyChange(service: V1Service, old: V1Service): FieldError[] {
  const before = old.spec.ipFamilies ?? [];
  const after = service.spec.ipFamilies ?? [];
  const isExternal = service.spec.type === 'ExternalName' || old.spec.type === 'ExternalName';
  if (isExternal || before.length === 0 || after.length === 0 || isHeadless(service)) return [];
  const agrees = after[0] === before[0] || service.spec.clusterIPs?.[0] === old.spec.clusterIPs?.[0];
  return agrees ? [] : [fieldError.invalid(specPath.child('ipFamilies').index(0), after, 'may not change once set')];
}
