import type { V1Node } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { type FieldError, FieldPath, fieldError, Quantity } from '../../api';
import { validateQuantity } from './compute-resources';
import { cidrFamilyOf, validateCidr } from './ip-address';
import { validateTaints } from './scheduling';

const specPath = FieldPath.of('spec');
const statusPath = FieldPath.of('status');

/** `ValidateNode`. */
export function validateNode(node: V1Node): FieldError[] {
  return [
    ...validateTaints(node.spec?.taints, FieldPath.of('metadata').child('taints')),
    ...validateResources(node),
    ...validatePodCidrs(node.spec?.podCIDRs ?? []),
  ];
}

function validateResources({ status }: V1Node): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, text]) =>
      validateQuantity(name, Quantity.parse(text), statusPath.child(list).child(name)),
    ),
  );
}

function validatePodCidrs(cidrs: readonly string[]): FieldError[] {
  const path = specPath.child('podCIDRs');
  const errors = cidrs.flatMap((cidr, index) => validateCidr(cidr, path.index(index)));
  if (cidrs.length < 2) return errors;
  const families = new Set(cidrs.map(cidrFamilyOf));
  if (cidrs.length > 2 || families.size < 2)
    errors.push(fieldError.invalid(path, cidrs, 'may specify no more than one CIDR for each IP family'));
  return [
    ...errors,
    ...cidrs.flatMap((cidr, index) => (cidrs.indexOf(cidr) < index ? [fieldError.duplicate(path.index(index), cidr)] : [])),
  ];
}

/** A Node's addresses and provider are given once (`ValidateNodeUpdate`). */
export function validateNodeUpdate(node: V1Node, old: V1Node): FieldError[] {
  const before = old.spec ?? {};
  const after = node.spec ?? {};
  const podCidrChanged = (before.podCIDRs?.length ?? 0) > 0 && !deepEqual(before.podCIDRs, after.podCIDRs);
  return [
    ...validateTaints(after.taints, FieldPath.of('metadata').child('taints')),
    ...validateAddresses(node),
    ...validateResources(node),
    ...validatePodCidrs(after.podCIDRs ?? []),
    ...(podCidrChanged
      ? [fieldError.forbidden(specPath.child('podCIDRs'), 'node updates may not change podCIDR except from "" to valid')]
      : []),
    ...(before.providerID && before.providerID !== after.providerID
      ? [fieldError.forbidden(specPath.child('providerID'), 'node updates may not change providerID except from "" to valid')]
      : []),
  ];
}

function validateAddresses({ status }: V1Node): FieldError[] {
  const seen = new Set<string>();
  return (status?.addresses ?? []).flatMap(({ type, address }, index) => {
    const key = `${type}/${address}`;
    const isRepeated = seen.has(key);
    seen.add(key);
    return isRepeated ? [fieldError.duplicate(statusPath.child('addresses').index(index), { Type: type, Address: address })] : [];
  });
}
