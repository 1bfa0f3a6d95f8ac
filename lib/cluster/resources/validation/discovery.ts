import type { V1Endpoint, V1EndpointSlice } from '@/generated/kubernetes/types';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { ipFamilyOf, validateIP, validateNonSpecialIP } from './ip-address';
import { dnsLabel, dnsSubdomain, invalidEach, validateQualifiedName } from './names';
import { validateImmutable } from './object-meta';

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];

/** `ValidateEndpointSlice`. */
export function validateEndpointSlice({ addressType, endpoints, ports }: V1EndpointSlice): FieldError[] {
  const path = FieldPath.of('addressType');
  const type = addressType
    ? addressTypes.includes(addressType)
      ? []
      : [fieldError.notSupported(path, addressType, addressTypes)]
    : [fieldError.required(path)];
  return [
    ...type,
    ...validateEndpoints(endpoints ?? [], addressType, FieldPath.of('endpoints')),
    ...validatePorts(ports ?? [], FieldPath.of('ports')),
  ];
}

export function validateEndpointSliceUpdate(slice: V1EndpointSlice, old: V1EndpointSlice): FieldError[] {
  return [...validateEndpointSlice(slice), ...validateImmutable(slice.addressType, old.addressType, FieldPath.of('addressType'))];
}

function validateEndpoints(endpoints: readonly V1Endpoint[], addressType: string, path: FieldPath): FieldError[] {
  if (endpoints.length > 1000) return [fieldError.tooMany(path, endpoints.length, 1000)];
  return endpoints.flatMap((endpoint, index) => {
    const at = path.index(index);
    const { nodeName, hostname } = endpoint;
    const addresses = endpoint.addresses ?? [];
    return [
      ...(addresses.length === 0 ? [fieldError.required(at.child('addresses'), 'must contain at least 1 address')] : []),
      ...(addresses.length > 100
        ? [fieldError.tooMany(at.child('addresses'), addresses.length, 100)]
        : addresses.flatMap((address, place) => validateAddress(address, addressType, at.child('addresses'), place))),
      ...(nodeName ? invalidEach(at.child('nodeName'), nodeName, dnsSubdomain(nodeName)) : []),
      ...(hostname ? invalidEach(at.child('hostname'), hostname, dnsLabel(hostname)) : []),
    ];
  });
}

function validateAddress(address: string, addressType: string, path: FieldPath, index: number): FieldError[] {
  const at = path.index(index);
  if (addressType === 'FQDN') return invalidEach(at, address, dnsSubdomain(address));
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return [];
  const errors = validateIP(address, at);
  if (errors.length > 0) return errors;
  const family = ipFamilyOf(address) === addressType ? [] : [fieldError.invalid(path, address, `must be an ${addressType} address`)];
  return [...family, ...validateNonSpecialIP(address, at)];
}

const protocols = ['SCTP', 'TCP', 'UDP'];

function validatePorts(ports: NonNullable<V1EndpointSlice['ports']>, path: FieldPath): FieldError[] {
  if (ports.length > 20000) return [fieldError.tooMany(path, ports.length, 20000)];
  return ports.flatMap(({ name = '', protocol, appProtocol }, index, all) => {
    const at = path.index(index);
    return [
      ...(name ? invalidEach(at.child('name'), name, dnsLabel(name)) : []),
      ...(all.slice(0, index).some((earlier) => (earlier.name ?? '') === name) ? [fieldError.duplicate(at.child('name'), name)] : []),
      ...(protocol
        ? protocols.includes(protocol)
          ? []
          : [fieldError.notSupported(at.child('protocol'), protocol, protocols)]
        : [fieldError.required(at.child('protocol'))]),
      ...(appProtocol ? validateQualifiedName(appProtocol, at.child('appProtocol')) : []),
    ];
  });
}
