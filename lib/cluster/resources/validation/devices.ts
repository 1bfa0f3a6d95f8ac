import type {
  V1CELDeviceSelector,
  V1Device,
  V1DeviceAttribute,
  V1DeviceClass,
  V1DeviceClaim,
  V1DeviceConstraint,
  V1DeviceRequest,
  V1DeviceTaint,
  V1DeviceToleration,
  V1ExactDeviceRequest,
  V1OpaqueDeviceConfiguration,
  ResourceV1ResourceClaim,
  V1ResourceClaimTemplate,
  V1ResourceSlice,
  V1ResourceSliceSpec,
} from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { type FieldError, FieldPath, fieldError, labelValueErrors, qualifiedNameErrors } from '../../api';
import { compileCel } from '../../api/cel';
import { goValue } from './go-value';
import { cIdentifier, dnsLabel, dnsSubdomain, invalidEach } from './names';
import { byteLength, validateAnnotations, validateImmutable, validateLabelName, validateLabels } from './object-meta';

// `pkg/apis/resource/validation`.

const specPath = FieldPath.of('spec');

/** At most `max` items, each valid and told apart by a key (`validateSet`). */
function validateSet<T>(
  items: readonly T[] | undefined,
  max: number,
  key: (item: T) => string,
  validate: (item: T, path: FieldPath) => FieldError[],
  path: FieldPath,
): FieldError[] {
  const all = items ?? [];
  if (all.length > max) return [fieldError.tooMany(path, all.length, max)];
  const keys = all.map(key);
  return all.flatMap((item, index) => [
    ...validate(item, path.index(index)),
    ...(keys.indexOf(keys[index] as string) < index ? [fieldError.duplicate(path.index(index), keys[index])] : []),
  ]);
}

function validateSlice<T>(
  items: readonly T[] | undefined,
  max: number,
  validate: (item: T, path: FieldPath) => FieldError[],
  path: FieldPath,
): FieldError[] {
  const all = items ?? [];
  if (all.length > max) return [fieldError.tooMany(path, all.length, max)];
  return all.flatMap((item, index) => validate(item, path.index(index)));
}

/** `ValidateCSIDriverName`, which names of device drivers follow too. */
function validateDriverName(name: string | undefined, path: FieldPath): FieldError[] {
  if (!name) return [fieldError.required(path)];
  return [...(name.length > 63 ? [fieldError.tooLong(path, 63)] : []), ...invalidEach(path, name, dnsSubdomain(name.toLowerCase()))];
}

/** `vendor.example/memory`, or without the domain the driver's own (`validateQualifiedName`). */
function validateAttributeName(name: string, path: FieldPath): FieldError[] {
  if (!name) return [fieldError.required(path, 'name required')];
  const parts = name.split('/');
  if (parts.length === 1) return validateId(name, path);
  if (parts.length > 2) return [fieldError.invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash')];
  const [domain = '', id = ''] = parts;
  return [
    ...(domain ? validateDriverName(domain, path) : [fieldError.invalid(path, '', 'the domain must not be empty')]),
    ...(id ? validateId(id, path) : [fieldError.invalid(path, '', 'the name must not be empty')]),
  ];
}

function validateId(id: string, path: FieldPath): FieldError[] {
  return [...(id.length > 32 ? [fieldError.tooLong(path, 32)] : []), ...invalidEach(path, id, cIdentifier(id))];
}

function validateFullName(name: string, path: FieldPath): FieldError[] {
  const errors = validateAttributeName(name, path);
  return name && !name.includes('/')
    ? [...errors, fieldError.invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash')]
    : errors;
}

export function validateResourceClaim({ spec }: ResourceV1ResourceClaim): FieldError[] {
  return validateDeviceClaim(spec?.devices ?? {}, specPath.child('devices'));
}

export function validateResourceClaimUpdate(claim: ResourceV1ResourceClaim, old: ResourceV1ResourceClaim): FieldError[] {
  return deepEqual(claim.spec, old.spec)
    ? []
    : [fieldError.invalid(specPath, goValue('DeviceClaimSpec', claim.spec), 'field is immutable')];
}

export function validateResourceClaimStatus(claim: ResourceV1ResourceClaim, old: ResourceV1ResourceClaim): FieldError[] {
  const path = FieldPath.of('status');
  const { reservedFor, allocation } = claim.status ?? {};
  const at = path.child('reservedFor');
  return [
    ...validateSet(
      reservedFor,
      256,
      ({ uid }) => uid,
      (consumer, item) =>
        (['resource', 'name', 'uid'] as const).flatMap((field) => (consumer[field] ? [] : [fieldError.required(item.child(field))])),
      at,
    ),
    ...(reservedFor?.length && !allocation ? [fieldError.forbidden(at, 'may not be specified when `allocated` is not set')] : []),
    ...(old.status?.allocation && allocation ? validateImmutable(allocation, old.status.allocation, path.child('allocation')) : []),
  ];
}

export function validateResourceClaimTemplate({ spec }: V1ResourceClaimTemplate): FieldError[] {
  const metadata = specPath.child('metadata');
  return [
    ...validateLabels(spec?.metadata?.labels, metadata.child('labels')),
    ...validateAnnotations(spec?.metadata?.annotations, metadata.child('annotations')),
    ...validateDeviceClaim(spec?.spec?.devices ?? {}, specPath.child('spec', 'devices')),
  ];
}

export function validateResourceClaimTemplateUpdate(template: V1ResourceClaimTemplate, old: V1ResourceClaimTemplate): FieldError[] {
  return validateImmutable(template.spec, old.spec, specPath);
}

function validateDeviceClaim({ requests = [], constraints, config }: V1DeviceClaim, path: FieldPath): FieldError[] {
  const names = requestNames(requests ?? []);
  const references = (all: readonly string[] | undefined, at: FieldPath) =>
    validateSet(
      all,
      32,
      (name) => name,
      (name, item) => validateReference(name, names, item),
      at,
    );
  return [
    ...validateSet(requests ?? [], 32, ({ name }) => name, validateRequest, path.child('requests')),
    ...validateSlice(
      constraints,
      32,
      (constraint, at) => [...references(constraint.requests, at.child('requests')), ...validateConstraint(constraint, at)],
      path.child('constraints'),
    ),
    ...validateSlice(
      config,
      32,
      ({ requests: chosen, opaque }, at) => [...references(chosen, at.child('requests')), ...validateOpaque(opaque, at.child('opaque'))],
      path.child('config'),
    ),
  ];
}

function requestNames(requests: readonly V1DeviceRequest[]): ReadonlySet<string> {
  return new Set(requests.flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map((sub) => `${name}/${sub.name}`)]));
}

const unknownRequest = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

function validateReference(name: string, names: ReadonlySet<string>, path: FieldPath): FieldError[] {
  const parts = name.split('/');
  if (parts.length > 2) return [fieldError.invalid(path, name, unknownRequest)];
  const errors = parts.flatMap((part) => invalidEach(path, part, dnsLabel(part)));
  return names.has(name) ? errors : [...errors, fieldError.invalid(path, name, unknownRequest)];
}

const oneKind = 'exactly one of `exactly` or `firstAvailable` is required';

function validateRequest({ name = '', exactly, firstAvailable }: V1DeviceRequest, path: FieldPath): FieldError[] {
  const errors = invalidEach(path.child('name'), name, dnsLabel(name));
  if (exactly && firstAvailable?.length) return [...errors, fieldError.invalid(path, null, `${oneKind}, but multiple fields are set`)];
  if (exactly) return [...errors, ...validateDevices(exactly, path.child('exactly'))];
  if (!firstAvailable?.length) return [...errors, fieldError.required(path, oneKind)];
  return [
    ...errors,
    ...validateSet(
      firstAvailable,
      8,
      (sub) => sub.name,
      (sub, at) => [...invalidEach(at.child('name'), sub.name ?? '', dnsLabel(sub.name ?? '')), ...validateDevices(sub, at)],
      path.child('firstAvailable'),
    ),
  ];
}

type Devices = Pick<V1ExactDeviceRequest, 'deviceClassName' | 'selectors' | 'allocationMode' | 'count' | 'tolerations'>;

function validateDevices({ deviceClassName, selectors, allocationMode, count = 0, tolerations }: Devices, path: FieldPath): FieldError[] {
  const at = path.child('deviceClassName');
  return [
    ...(deviceClassName ? invalidEach(at, deviceClassName, dnsSubdomain(deviceClassName)) : [fieldError.required(at)]),
    ...validateSlice(selectors, 32, validateSelector, path.child('selectors')),
    ...validateMode(allocationMode ?? '', count, path),
    ...(tolerations ?? []).flatMap((toleration, index) => validateToleration(toleration, path.child('tolerations').index(index))),
  ];
}

function validateMode(mode: string, count: number, path: FieldPath): FieldError[] {
  switch (mode) {
    case 'All':
      return count === 0 ? [] : [fieldError.invalid(path.child('count'), count, "must not be specified when allocationMode is 'All'")];
    case 'ExactCount':
      return count > 0 ? [] : [fieldError.invalid(path.child('count'), count, 'must be greater than zero')];
    default:
      return [fieldError.notSupported(path.child('allocationMode'), mode, ['All', 'ExactCount'])];
  }
}

const expressionBytesMax = 10 * 1024;
const deviceVariables = {
  device: {
    driver: 'string',
    allowMultipleAllocations: 'bool',
    attributes: 'map<string, map<string, dyn>>',
    capacity: 'map<string, map<string, Quantity>>',
  },
} as const;

function validateSelector({ cel }: { cel?: V1CELDeviceSelector | undefined }, path: FieldPath): FieldError[] {
  const at = path.child('cel');
  if (!cel) return [fieldError.required(at)];
  const expression = cel.expression ?? '';
  if (byteLength(expression) > expressionBytesMax) return [fieldError.tooLong(at.child('expression'), expressionBytesMax)];
  const compiled = compileCel(expression, deviceVariables);
  if (compiled.type === 'error') return [fieldError.invalid(at.child('expression'), expression, compiled.detail)];
  const { output } = compiled.program;
  return output === 'bool' || output === 'dyn'
    ? []
    : [fieldError.invalid(at.child('expression'), expression, `must evaluate to bool or the unknown type, not ${output}`)];
}

function validateConstraint({ matchAttribute, distinctAttribute }: V1DeviceConstraint, path: FieldPath): FieldError[] {
  if (matchAttribute !== undefined) return validateFullName(matchAttribute, path.child('matchAttribute'));
  if (distinctAttribute !== undefined) return validateFullName(distinctAttribute, path.child('distinctAttribute'));
  return [fieldError.required(path, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set')];
}

function validateOpaque(opaque: V1OpaqueDeviceConfiguration | undefined, path: FieldPath): FieldError[] {
  if (!opaque) return [fieldError.required(path)];
  return [
    ...validateDriverName(opaque.driver, path.child('driver')),
    ...(opaque.parameters === undefined || opaque.parameters === null ? [fieldError.required(path.child('parameters'))] : []),
  ];
}

function validateToleration({ key, operator, value, effect }: V1DeviceToleration, path: FieldPath): FieldError[] {
  const effects = ['NoExecute', 'NoSchedule'];
  return [
    ...(key ? validateLabelName(key, path.child('key')) : []),
    ...validateOperator(operator ?? '', value ?? '', path),
    ...(effect && !effects.includes(effect) ? [fieldError.notSupported(path.child('effect'), effect, effects)] : []),
  ];
}

function validateOperator(operator: string, value: string, path: FieldPath): FieldError[] {
  switch (operator) {
    case 'Equal':
      return invalidEach(path.child('value'), value, labelValueErrors(value));
    case 'Exists':
      return value ? [fieldError.invalid(path.child('value'), value, 'must be empty for operator `Exists`')] : [];
    case '':
      return [fieldError.required(path.child('operator'))];
    default:
      return [fieldError.notSupported(path.child('operator'), operator, ['Equal', 'Exists'])];
  }
}

export function validateDeviceClass({ spec }: V1DeviceClass): FieldError[] {
  const { selectors, config, extendedResourceName: extended } = spec ?? {};
  return [
    ...validateSlice(selectors, 32, validateSelector, specPath.child('selectors')),
    ...validateSlice(config, 32, ({ opaque }, path) => validateOpaque(opaque, path.child('opaque')), specPath.child('config')),
    ...(extended !== undefined && !isExtendedResource(extended)
      ? [fieldError.invalid(specPath.child('extendedResourceName'), extended, 'must be a valid extended resource name')]
      : []),
  ];
}

/** `IsExtendedResourceName`: of somebody's domain other than Kubernetes', and fit for a quota. */
function isExtendedResource(name: string): boolean {
  const isNative = !name.includes('/') || name.includes('kubernetes.io/');
  return !isNative && !name.startsWith('requests.') && qualifiedNameErrors(`requests.${name}`).length === 0;
}

const whereFields = ['nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection'] as const;
const oneWhere = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';

export function validateResourceSlice({ spec }: V1ResourceSlice): FieldError[] {
  const slice: Partial<V1ResourceSliceSpec> = spec ?? {};
  const { driver, pool, devices, sharedCounters } = slice;
  const hasTaints = (devices ?? []).some(({ taints, consumesCounters }) => taints?.length || consumesCounters?.length);
  return [
    ...validateDriverName(driver, specPath.child('driver')),
    ...validatePool(pool ?? { name: '', generation: 0, resourceSliceCount: 0 }, specPath.child('pool')),
    ...validateWhere(slice),
    ...(sharedCounters && devices ? [fieldError.invalid(specPath, '', 'only one of `sharedCounters` or `devices` is allowed')] : []),
    ...validateSet(devices, hasTaints ? 64 : 128, ({ name }) => name, validateDevice, specPath.child('devices')),
  ];
}

export function validateResourceSliceUpdate(slice: V1ResourceSlice, old: V1ResourceSlice): FieldError[] {
  const { spec } = slice;
  return [
    ...validateResourceSlice(slice),
    ...validateImmutable(spec?.pool?.name, old.spec?.pool?.name, specPath.child('pool', 'name')),
    ...validateImmutable(spec?.driver, old.spec?.driver, specPath.child('driver')),
    ...validateImmutable(spec?.nodeName, old.spec?.nodeName, specPath.child('nodeName')),
  ];
}

function validatePool({ name, generation, resourceSliceCount }: V1ResourceSliceSpec['pool'], path: FieldPath): FieldError[] {
  const at = path.child('name');
  const invalid = (field: string, value: number, why: string) => [fieldError.invalid(path.child(field), value, why)];
  return [
    ...(name ? name.split('/').flatMap((part) => invalidEach(at, part, dnsSubdomain(part))) : [fieldError.required(at)]),
    ...(resourceSliceCount > 0 ? [] : invalid('resourceSliceCount', resourceSliceCount, 'must be greater than zero')),
    ...(generation < 0 ? invalid('generation', generation, 'must be greater than or equal to zero') : []),
  ];
}

function validateWhere(spec: Partial<V1ResourceSliceSpec>): FieldError[] {
  const { nodeName } = spec;
  const chosen = whereFields.filter((field) => spec[field]);
  const shown = `{${chosen.map((field) => `\`${field}\``).join(', ')}}`;
  const unset = (['allNodes', 'perDeviceNodeSelection'] as const).filter((field) => spec[field] === false);
  return [
    ...(nodeName ? invalidEach(specPath.child('nodeName'), nodeName, dnsSubdomain(nodeName)) : []),
    ...(nodeName === '' ? [fieldError.invalid(specPath.child('nodeName'), '', 'must be either unset or set to a non-empty string')] : []),
    ...unset.map((field) => fieldError.invalid(specPath.child(field), false, 'must be either unset or set to true')),
    ...(chosen.length === 0 ? [fieldError.required(specPath, oneWhere)] : []),
    ...(chosen.length > 1 ? [fieldError.invalid(specPath, shown, `${oneWhere}, but multiple fields are set`)] : []),
  ];
}

const attributesMax = 32;

function validateDevice({ name = '', attributes = {}, capacity = {}, taints }: V1Device, path: FieldPath): FieldError[] {
  const size = Object.keys(attributes).length + Object.keys(capacity).length;
  return [
    ...invalidEach(path.child('name'), name, dnsLabel(name)),
    ...(size > attributesMax
      ? [fieldError.invalid(path, size, `the total number of attributes and capacities must not exceed ${attributesMax}`)]
      : []),
    ...Object.entries(attributes).flatMap(([key, attribute]) => {
      const at = path.child('attributes').key(key);
      return [...validateAttributeName(key, at), ...validateAttribute(attribute, at)];
    }),
    ...Object.keys(capacity).flatMap((key) => validateAttributeName(key, path.child('capacity').key(key))),
    ...validateSlice(taints, 16, validateTaint, path.child('taints')),
  ];
}

const semanticVersion =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;

function validateAttribute(attribute: V1DeviceAttribute, path: FieldPath): FieldError[] {
  const values = Object.values(attribute).filter((value) => value !== undefined);
  const { string, version } = attribute;
  const oneValue = 'exactly one value must be specified';
  return [
    ...(string !== undefined && byteLength(string) > 64 ? [fieldError.tooLong(path.child('string'), 64)] : []),
    ...(version !== undefined && !semanticVersion.test(version)
      ? [fieldError.invalid(path.child('version'), version, 'must be a string compatible with semver.org spec 2.0.0')]
      : []),
    ...(values.length === 0 ? [fieldError.invalid(path, '', oneValue)] : []),
    ...(values.length > 1 ? [fieldError.invalid(path, goValue('DeviceAttribute', attribute), oneValue)] : []),
  ];
}

function validateTaint({ key = '', value, effect }: V1DeviceTaint, path: FieldPath): FieldError[] {
  const effects = ['NoExecute', 'NoSchedule', 'None'];
  const at = path.child('effect');
  return [
    ...validateLabelName(key, path.child('key')),
    ...(value ? invalidEach(path.child('value'), value, labelValueErrors(value)) : []),
    ...(effect ? (effects.includes(effect) ? [] : [fieldError.notSupported(at, effect, effects)]) : [fieldError.required(at)]),
  ];
}
