import type {
  V1HTTPIngressPath,
  V1Ingress,
  V1IngressBackend,
  V1IngressClass,
  V1IngressClassParametersReference,
  V1IngressRule,
  V1IngressTLS,
  V1IPAddress,
  V1IPBlock,
  V1NetworkPolicy,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
  V1ServiceCIDR,
} from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { goValue } from './go-value';
import { canonicalAddress, cidrFamilyOf, ipFamilyOf, isStrictSubset, validateIP, validateStrictCidr } from './ip-address';
import { validateLabelSelector } from './label-selector';
import {
  dns1035Label,
  dnsLabel,
  dnsSubdomain,
  inclusiveRange,
  invalidEach,
  pathSegmentName,
  portName,
  portNumber,
  validateDomainPrefixedPath,
  wildcardDnsSubdomain,
} from './names';
import { validateImmutable } from './object-meta';

// `pkg/apis/networking/validation`.

const specPath = FieldPath.of('spec');

export const ingressClassAnnotation = 'kubernetes.io/ingress.class';

export function validateIngress({ spec }: V1Ingress): FieldError[] {
  const { defaultBackend, rules = [], tls = [], ingressClassName } = spec ?? {};
  return [
    ...(rules.length === 0 && !defaultBackend
      ? [fieldError.invalid(specPath, null, 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(defaultBackend ? validateBackend(defaultBackend, specPath.child('defaultBackend')) : []),
    ...rules.flatMap((rule, index) => validateIngressRule(rule, specPath.child('rules').index(index))),
    ...tls.flatMap((one, index) => validateTls(one, specPath.child('tls').index(index))),
    ...(ingressClassName === undefined
      ? []
      : invalidEach(specPath.child('ingressClassName'), ingressClassName, dnsSubdomain(ingressClassName))),
  ];
}

/** Only a create may not say two things about its class. */
export function validateIngressCreate(ingress: V1Ingress): FieldError[] {
  const annotated = ingress.metadata.annotations?.[ingressClassAnnotation];
  const named = ingress.spec?.ingressClassName;
  const path = FieldPath.of('annotations').child(ingressClassAnnotation);
  return [
    ...validateIngress(ingress),
    ...(annotated !== undefined && named !== undefined && annotated !== named
      ? [fieldError.invalid(path, annotated, 'must match `ingressClassName` when both are specified')]
      : []),
  ];
}

function validateTls({ hosts = [], secretName }: V1IngressTLS, path: FieldPath): FieldError[] {
  return [
    ...hosts.flatMap((host, index) => invalidEach(path.child('hosts').index(index), host, hostErrors(host))),
    ...(secretName ? invalidEach(path.child('secretName'), secretName, dnsSubdomain(secretName)) : []),
  ];
}

const hostErrors = (host: string) => (host.includes('*') ? wildcardDnsSubdomain(host) : dnsSubdomain(host));

function validateIngressRule({ host, http }: V1IngressRule, path: FieldPath): FieldError[] {
  const at = path.child('host');
  const paths = path.child('http', 'paths');
  return [
    ...(host && ipFamilyOf(host) ? [fieldError.invalid(at, host, 'must be a DNS name, not an IP address')] : []),
    ...(host ? invalidEach(at, host, hostErrors(host)) : []),
    ...(http && !http.paths?.length ? [fieldError.required(paths)] : []),
    ...(http?.paths ?? []).flatMap((one, index) => validateHttpPath(one, paths.index(index))),
  ];
}

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];
const sequencesNotAllowed = ['//', '/./', '/../', '%2f', '%2F'];
const endingsNotAllowed = ['/..', '/.'];

function validateHttpPath({ path: text = '', pathType, backend }: V1HTTPIngressPath, path: FieldPath): FieldError[] {
  const at = path.child('path');
  if (!pathType) return [fieldError.required(path.child('pathType'), 'pathType must be specified')];
  const relative = text.startsWith('/') ? [] : [fieldError.invalid(at, text, 'must be an absolute path')];
  const backendErrors = validateBackend(backend, path.child('backend'));
  switch (pathType) {
    case 'Exact':
    case 'Prefix':
      return [
        ...relative,
        ...sequencesNotAllowed
          .filter((part) => text.includes(part))
          .map((part) => fieldError.invalid(at, text, `must not contain '${part}'`)),
        ...endingsNotAllowed.filter((end) => text.endsWith(end)).map((end) => fieldError.invalid(at, text, `cannot end with '${end}'`)),
        ...backendErrors,
      ];
    case 'ImplementationSpecific':
      return [...(text ? relative : []), ...backendErrors];
    default:
      return [fieldError.notSupported(path.child('pathType'), pathType, pathTypes), ...backendErrors];
  }
}

function validateBackend({ service, resource }: V1IngressBackend, path: FieldPath): FieldError[] {
  if (service && resource) return [fieldError.invalid(path, '', 'cannot set both resource and service backends')];
  if (resource) return validateTypedReference(resource, path.child('resource'));
  if (!service) return [fieldError.invalid(path, '', 'resource or service backend is required')];
  const { name, port } = service;
  const at = path.child('service');
  return [
    ...(name ? invalidEach(at.child('name'), name, dns1035Label(name)) : [fieldError.required(at.child('name'))]),
    ...validateServicePort(port ?? {}, path),
  ];
}

function validateServicePort({ name, number }: { name?: string | undefined; number?: number | undefined }, path: FieldPath): FieldError[] {
  const at = path.child('service', 'port');
  if (name && number) return [fieldError.invalid(path, '', 'cannot set both port name & port number')];
  if (name) return invalidEach(at.child('name'), name, portName(name));
  if (number) return invalidEach(at.child('number'), number, portNumber(number));
  return [fieldError.required(path, 'port name or number is required')];
}

interface TypedReference {
  readonly apiGroup?: string | undefined;
  readonly kind: string;
  readonly name: string;
}

function validateTypedReference({ apiGroup, kind, name }: TypedReference, path: FieldPath): FieldError[] {
  const segment = (field: string, value: string | undefined) =>
    value ? invalidEach(path.child(field), value, pathSegmentName(value)) : [fieldError.required(path.child(field))];
  return [
    ...(typeof apiGroup !== 'string' ? [] : invalidEach(path.child('apiGroup'), apiGroup, dnsSubdomain(apiGroup))),
    ...segment('kind', kind),
    ...segment('name', name),
  ];
}

export function validateIngressStatus({ status }: V1Ingress): FieldError[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }, index) => {
    const path = FieldPath.of('status').child('loadBalancer', 'ingress').index(index);
    return [
      ...(ip ? validateIP(ip, path.child('ip')) : []),
      ...(hostname ? invalidEach(path.child('hostname'), hostname, dnsSubdomain(hostname)) : []),
      ...(hostname && ipFamilyOf(hostname)
        ? [fieldError.invalid(path.child('hostname'), hostname, 'must be a DNS name, not an IP address')]
        : []),
    ];
  });
}

const controllerLengthMax = 250;

export function validateIngressClass({ spec }: V1IngressClass): FieldError[] {
  const controller = spec?.controller ?? '';
  const path = specPath.child('controller');
  return [
    ...(controller.length > controllerLengthMax ? [fieldError.tooLong(path, controllerLengthMax)] : []),
    ...validateDomainPrefixedPath(controller, path),
    ...(spec?.parameters ? validateClassParameters(spec.parameters, specPath.child('parameters')) : []),
  ];
}

function validateClassParameters(parameters: V1IngressClassParametersReference, path: FieldPath): FieldError[] {
  return [...validateTypedReference(parameters, path), ...validateParametersScope(parameters, path)];
}

function validateParametersScope({ scope, namespace }: V1IngressClassParametersReference, path: FieldPath): FieldError[] {
  const at = path.child('namespace');
  switch (scope) {
    case 'Namespace':
      return namespace === undefined
        ? [fieldError.required(at, "`parameters.scope` is set to 'Namespace'")]
        : invalidEach(at, namespace, dnsLabel(namespace));
    case 'Cluster':
      return namespace === undefined ? [] : [fieldError.forbidden(at, "`parameters.scope` is set to 'Cluster'")];
    default:
      return [fieldError.notSupported(path.child('scope'), scope, ['Cluster', 'Namespace'])];
  }
}

export function validateIngressClassUpdate(ingressClass: V1IngressClass, old: V1IngressClass): FieldError[] {
  return [
    ...validateIngressClass(ingressClass),
    ...validateImmutable(ingressClass.spec?.controller, old.spec?.controller, specPath.child('controller')),
  ];
}

const policyTypes = ['Ingress', 'Egress'];

export function validateNetworkPolicy({ spec }: V1NetworkPolicy): FieldError[] {
  const { podSelector, ingress = [], egress = [], policyTypes: types = [] } = spec ?? {};
  const rule = (ports: readonly V1NetworkPolicyPort[] = [], peers: readonly V1NetworkPolicyPeer[] = [], field: string, path: FieldPath) => [
    ...ports.flatMap((port, index) => validatePolicyPort(port, path.child('ports').index(index))),
    ...peers.flatMap((peer, index) => validatePeer(peer, path.child(field).index(index))),
  ];
  return [
    ...validateLabelSelector(podSelector, specPath.child('podSelector')),
    ...ingress.flatMap(({ ports, from }, index) => rule(ports, from, 'from', specPath.child('ingress').index(index))),
    ...egress.flatMap(({ ports, to }, index) => rule(ports, to, 'to', specPath.child('egress').index(index))),
    ...(types.length > policyTypes.length
      ? [fieldError.invalid(specPath.child('policyTypes'), types, 'may not specify more than two policyTypes')]
      : types.flatMap((type, index) =>
          policyTypes.includes(type) ? [] : [fieldError.notSupported(specPath.child('policyTypes').index(index), type, policyTypes)],
        )),
  ];
}

const protocols = ['TCP', 'UDP', 'SCTP'];

function validatePolicyPort({ protocol, port, endPort }: V1NetworkPolicyPort, path: FieldPath): FieldError[] {
  const end = (value: number | undefined, why: string) => [fieldError.invalid(path.child('endPort'), value, why)];
  const errors =
    protocol !== undefined && !protocols.includes(protocol) ? [fieldError.notSupported(path.child('protocol'), protocol, protocols)] : [];
  if (port === undefined)
    return endPort === undefined ? errors : [...errors, ...end(endPort, 'may not be specified when `port` is not specified')];
  if (typeof port === 'string')
    return [
      ...errors,
      ...(endPort === undefined ? [] : end(endPort, 'may not be specified when `port` is non-numeric')),
      ...invalidEach(path.child('port'), port, portName(port)),
    ];
  return [
    ...errors,
    ...invalidEach(path.child('port'), port, portNumber(port)),
    ...(endPort !== undefined && endPort < port ? end(port, 'must be greater than or equal to `port`') : []),
    ...(endPort !== undefined && portNumber(endPort).length > 0 ? end(endPort, inclusiveRange(1, 65535)) : []),
  ];
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: V1NetworkPolicyPeer, path: FieldPath): FieldError[] {
  const errors = [
    ...validateLabelSelector(podSelector, path.child('podSelector')),
    ...validateLabelSelector(namespaceSelector, path.child('namespaceSelector')),
    ...(ipBlock ? validateIPBlock(ipBlock, path.child('ipBlock')) : []),
  ];
  const isSelected = podSelector !== undefined || namespaceSelector !== undefined;
  if (!isSelected && !ipBlock) return [...errors, fieldError.required(path, 'must specify a peer')];
  return isSelected && ipBlock ? [...errors, fieldError.forbidden(path, 'may not specify both ipBlock and another peer')] : errors;
}

function validateIPBlock({ cidr, except = [] }: V1IPBlock, path: FieldPath): FieldError[] {
  if (!cidr) return [fieldError.required(path.child('cidr'))];
  const errors = validateStrictCidr(cidr, path.child('cidr'));
  if (errors.length > 0) return errors;
  return except.flatMap((one, index) => {
    const at = path.child('except').index(index);
    const wrong = validateStrictCidr(one, at);
    if (wrong.length > 0 || isStrictSubset(one, cidr)) return wrong;
    return [fieldError.invalid(at, one, 'must be a strict subset of `cidr`')];
  });
}

/** The name of an IPAddress is the address itself. */
export function ipAddressName(name: string): string[] {
  const [error] = validateIP(name, FieldPath.of(''));
  if (error) return [error.message.slice(error.message.indexOf(': ', 'Invalid value: '.length) + 2)];
  if (/^::ffff:/i.test(name)) return ['must not be an IPv4-mapped IPv6 address'];
  const canonical = canonicalAddress(name);
  return canonical === name ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}

export function validateIPAddress({ spec }: V1IPAddress): FieldError[] {
  const path = specPath.child('parentRef');
  const parent = spec?.parentRef;
  if (!parent) return [fieldError.required(path)];
  const { group, resource, name, namespace } = parent;
  const segment = (field: string, value: string | undefined) =>
    value ? invalidEach(path.child(field), value, pathSegmentName(value)) : [fieldError.required(path.child(field))];
  return [
    ...(group ? invalidEach(path.child('group'), group, dnsSubdomain(group)) : []),
    ...segment('resource', resource),
    ...segment('name', name),
    ...(namespace ? segment('namespace', namespace) : []),
  ];
}

export function validateIPAddressUpdate(address: V1IPAddress, old: V1IPAddress): FieldError[] {
  const path = specPath.child('parentRef');
  return deepEqual(address.spec, old.spec)
    ? []
    : [fieldError.invalid(path, goValue('ParentReference', address.spec?.parentRef), 'field is immutable')];
}

export function validateServiceCIDR({ spec }: V1ServiceCIDR): FieldError[] {
  const path = specPath.child('cidrs');
  const cidrs = spec?.cidrs ?? [];
  if (cidrs.length === 0) return [fieldError.required(path, 'at least one CIDR required')];
  if (cidrs.length > 2) return [fieldError.invalid(path, goValue('ServiceCIDRSpec', spec), 'may only hold up to 2 values')];
  const [first = '', second] = cidrs;
  if (second !== undefined && !isDualStack(first, second))
    return [fieldError.invalid(path, cidrs, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64')];
  return cidrs.flatMap((cidr, index) => validateStrictCidr(cidr, path.index(index)));
}

function isDualStack(first: string, second: string): boolean {
  const [one, other] = [cidrFamilyOf(first), cidrFamilyOf(second)];
  return one !== undefined && other !== undefined && one !== other;
}

/** A range may be joined by one of the other family, and is else what it was. */
export function validateServiceCIDRUpdate(range: V1ServiceCIDR, old: V1ServiceCIDR): FieldError[] {
  const path = specPath.child('cidrs');
  const [cidrs, before] = [range.spec?.cidrs ?? [], old.spec?.cidrs ?? []];
  if (deepEqual(cidrs, before)) return [];
  if (before.length !== 1 || cidrs.length !== 2) return validateImmutable(cidrs, before, path);
  const changed = cidrs[0] === before[0] ? [] : [fieldError.invalid(path.index(0), cidrs[0], 'primary CIDR can not be changed')];
  return [...changed, ...validateServiceCIDR(range)];
}
