import type { V1PodSpec, V1ResourceRequirements } from '@/generated/kubernetes/types';
import { type FieldError, type FieldPath, fieldError, Quantity } from '../../api';
import { aggregateRequests } from '../defaults/pod-spec';
import { invalidEach, isNegative, validateQualifiedName } from './names';

const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);
/** What is counted in whole objects. */
export const countedResources: readonly string[] = [
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
];
const standardResources = new Set([
  ...containerResources,
  ...countedResources,
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'requests.storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'storage',
]);
const isHugePage = (name: string) => name.startsWith('hugepages-');
const isInteger = (quantity: Quantity) => quantity.nanos % 1_000_000_000n === 0n;

/** Requests and limits of a container (`ValidateContainerResourceRequirements`). */
export function validateContainerResources(
  resources: V1ResourceRequirements | undefined,
  claims: readonly string[] | undefined,
  path: FieldPath,
): FieldError[] {
  if (!resources) return [];
  const { limits = {}, requests = {} } = resources;
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  const usesHugePages = names.some(isHugePage);
  const usesCompute = names.some((name) => name === 'cpu' || name === 'memory');
  return [
    ...Object.entries(limits).flatMap(([name, limit]) => validateAmount(name, limit, path.child('limits').key(name))),
    ...Object.entries(requests).flatMap(([name, request]) => [
      ...validateAmount(name, request, path.child('requests').key(name)),
      ...validateRequestWithLimit(name, request, own(limits, name), path),
    ]),
    ...(usesHugePages && !usesCompute ? [fieldError.forbidden(path, 'HugePages require cpu or memory')] : []),
    ...validateClaims(resources, claims ?? [], path.child('claims')),
  ];
}

function validateAmount(name: string, text: string, path: FieldPath): FieldError[] {
  const quantity = Quantity.parse(text);
  return [
    ...validateContainerResourceName(name, path),
    ...validateQuantity(name, quantity, path),
    ...validateHugePage(name, quantity, path),
  ];
}

/** `validateContainerResourceName`. */
export function validateContainerResourceName(name: string, path: FieldPath): FieldError[] {
  const errors = validateQualifiedName(name, path);
  const isKnown = containerResources.has(name) || isHugePage(name);
  if (errors.length > 0)
    return isKnown || name.includes('/')
      ? errors
      : [...errors, fieldError.invalid(path, name, 'must be a standard resource for containers')];
  if (!name.includes('/')) {
    return [
      ...(standardResources.has(name) || isHugePage(name)
        ? []
        : [fieldError.invalid(path, name, 'must be a standard resource type or fully qualified')]),
      ...(isKnown ? [] : [fieldError.invalid(path, name, 'must be a standard resource for containers')]),
    ];
  }
  return isNative(name) || isExtended(name) ? [] : [fieldError.invalid(path, name, "doesn't follow extended resource name standard")];
}

/** `ValidateResourceName`: any resource a cluster could know. */
export function validateResourceName(name: string, path: FieldPath): FieldError[] {
  const errors = validateQualifiedName(name, path);
  const isKnown = name.includes('/') || standardResources.has(name) || isHugePage(name) || name.startsWith('requests.hugepages-');
  return errors.length > 0 || isKnown ? errors : [fieldError.invalid(path, name, 'must be a standard resource type or fully qualified')];
}

/** `IsOvercommitAllowed`. */
export function canOvercommit(name: string): boolean {
  return isNative(name) && !isHugePage(name);
}

function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

function isExtended(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.');
}

/** Not negative, and whole where a fraction makes no sense (`ValidateResourceQuantityValue`). */
export function validateQuantity(name: string, quantity: Quantity, path: FieldPath): FieldError[] {
  const errors = quantity.sign < 0 ? [fieldError.invalid(path, quantity.toString(), isNegative)] : [];
  const mustBeWhole = countedResources.includes(name) || isExtended(name);
  return mustBeWhole && !isInteger(quantity) ? [...errors, fieldError.invalid(path, quantity.toString(), 'must be an integer')] : errors;
}

function validateHugePage(name: string, quantity: Quantity, path: FieldPath): FieldError[] {
  if (!isHugePage(name) || quantity.isZero) return [];
  const size = Quantity.parse(name.slice('hugepages-'.length));
  return size.sign > 0 && quantity.sign > 0 && quantity.nanos % size.nanos === 0n
    ? []
    : [fieldError.invalid(path, quantity.toString(), `${quantity.toString()} is not positive integer multiple of ${name}`)];
}

/** A resource may be named as what every object has in JavaScript. */
function own(amounts: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(amounts, name) ? amounts[name] : undefined;
}

/** What cannot be overcommitted is asked for and limited alike. */
function validateRequestWithLimit(name: string, request: string, limit: string | undefined, path: FieldPath): FieldError[] {
  if (limit === undefined)
    return canOvercommit(name) ? [] : [fieldError.required(path.child('limits'), 'Limit must be set for non overcommitable resources')];
  const order = Quantity.parse(request).compare(Quantity.parse(limit));
  if (!canOvercommit(name) && order !== 0)
    return [fieldError.invalid(path.child('requests'), request, `must be equal to ${name} limit of ${limit}`)];
  return order > 0 ? [fieldError.invalid(path.child('requests'), request, `must be less than or equal to ${name} limit of ${limit}`)] : [];
}

function validateClaims({ claims = [] }: V1ResourceRequirements, known: readonly string[], path: FieldPath): FieldError[] {
  return claims.flatMap(({ name, request }, index, all) => {
    const at = path.index(index);
    if (!name) return [fieldError.required(at.child('name'))];
    const isRepeated = all
      .slice(0, index)
      .some((earlier) => earlier.name === name && (earlier.request === request || !earlier.request || !request));
    if (isRepeated) return [fieldError.duplicate(at, request ? `${name}/${request}` : name)];
    if (known.includes(name)) return [];
    const where = known.length === 0 ? 'pod.spec.resourceClaims which is empty' : `pod.spec.resourceClaims: [${known.join(' ')}]`;
    const { message, ...missing } = fieldError.notFound(at, name);
    return [{ ...missing, message: `${message}: must be one of the names in ${where}` }];
  });
}

const podLevelResources = ['cpu', 'hugepages-', 'memory'];

/** Requests and limits of the Pod as a whole, which its containers share (`validatePodResources`). */
export function validatePodLevelResources(spec: V1PodSpec, path: FieldPath): FieldError[] {
  const { resources } = spec;
  if (!resources) return [];
  const { limits = {}, requests = {} } = resources;
  const check = (list: Readonly<Record<string, string>>, at: FieldPath) =>
    Object.entries(list).flatMap(([name, text]) => validatePodLevelAmount(name, text, at.key(name)));
  return [
    ...(resources.claims ? [fieldError.forbidden(path.child('claims'), 'claims cannot be set for Resources at pod-level')] : []),
    ...check(limits, path.child('limits')),
    ...check(requests, path.child('requests')),
    ...Object.entries(requests).flatMap(([name, request]) =>
      podLevelResources.includes(name) || isHugePage(name) ? validateRequestWithLimit(name, request, own(limits, name), path) : [],
    ),
    ...validateAgainstContainers(spec, requests, limits, path),
  ];
}

function validatePodLevelAmount(name: string, text: string, path: FieldPath): FieldError[] {
  if (!podLevelResources.includes(name) && !isHugePage(name)) return [fieldError.notSupported(path, name, podLevelResources)];
  const quantity = Quantity.parse(text);
  return [...validateQuantity(name, quantity, path), ...validateHugePage(name, quantity, path)];
}

function validateAgainstContainers(
  spec: V1PodSpec,
  requests: Readonly<Record<string, string>>,
  limits: Readonly<Record<string, string>>,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, together] of aggregateRequests(spec)) {
    const asked = Quantity.of(own(requests, name));
    if (together.compare(asked) > 0)
      errors.push(
        ...invalidEach(path.child('requests').key(name), asked.toString(), [
          `must be greater than or equal to aggregate container requests of ${together.toString()}`,
        ]),
      );
  }
  for (const [index, { resources }] of (spec.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(resources?.limits ?? {})) {
      const whole = own(limits, name);
      const isMore = whole !== undefined && Quantity.parse(limit).compare(Quantity.parse(whole)) > 0;
      if (isMore)
        errors.push(
          fieldError.invalid(
            path.child('containers').index(index).key(name).child('limits'),
            limit,
            `must be less than or equal to pod limits of ${whole}`,
          ),
        );
    }
  }
  return errors;
}
