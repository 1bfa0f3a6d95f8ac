import type { V1ResourceQuota, V1ResourceQuotaSpec, V1ScopedResourceSelectorRequirement } from '@/generated/kubernetes/types';
import { compareBytes } from '@/lib/base';
import { type FieldError, FieldPath, fieldError, Quantity } from '../../api';
import { countedResources, validateQuantity, validateResourceName } from './compute-resources';
import { isImmutable } from './names';

const specPath = FieldPath.of('spec');

const compute = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];
const quotaResources = new Set([
  ...compute,
  ...countedResources,
  'ephemeral-storage',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
]);
const isQuotaResource = (name: string) => quotaResources.has(name) || /^(requests\.)?hugepages-/.test(name);

/** `ValidateResourceQuota`. */
export function validateResourceQuota({ spec }: V1ResourceQuota): FieldError[] {
  return [
    ...validateAmounts(spec?.hard, specPath.child('hard')),
    ...validateScopes(spec ?? {}, specPath.child('scopes')),
    ...validateScopeSelector(spec ?? {}, specPath.child('scopeSelector', 'matchExpressions')),
  ];
}

function validateAmounts(amounts: Readonly<Record<string, string>> | undefined, path: FieldPath): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, amount]) => [
    ...validateQuotaResource(name, path.key(name)),
    ...validateQuantity(name, Quantity.parse(amount), path.key(name)),
  ]);
}

/** `ValidateResourceQuotaResourceName`. */
function validateQuotaResource(name: string, path: FieldPath): FieldError[] {
  const errors = validateResourceName(name, path);
  return name.includes('/') || isQuotaResource(name)
    ? errors
    : [...errors, fieldError.invalid(path, name, 'must be a standard resource for quota')];
}

const scopes = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
];
const conflicts = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

/** What of a namespace's resources a scope can tell apart. */
function isCountedIn(scope: string, resource: string): boolean {
  switch (scope) {
    case 'Terminating':
    case 'NotTerminating':
    case 'NotBestEffort':
    case 'PriorityClass':
    case 'CrossNamespacePodAffinity':
      return resource === 'pods' || compute.includes(resource);
    case 'BestEffort':
      return resource === 'pods';
    case 'VolumeAttributesClass':
      return resource === 'persistentvolumeclaims' || resource === 'requests.storage';
    default:
      return true;
  }
}

function validateScopes({ hard, scopes: given = [] }: V1ResourceQuotaSpec, path: FieldPath): FieldError[] {
  const refuse = (why: string) => fieldError.invalid(path, given, why);
  return [
    ...given.flatMap((scope) => [
      ...(scopes.includes(scope) ? [] : [refuse('unsupported scope')]),
      ...uncounted(hard, scope).map(() => refuse('unsupported scope applied to resource')),
    ]),
    ...conflictsIn(given).map(() => refuse('conflicting scopes')),
  ];
}

function uncounted(hard: Readonly<Record<string, string>> | undefined, scope: string): string[] {
  return Object.keys(hard ?? {})
    .sort(compareBytes)
    .filter((name) => isQuotaResource(name) && !isCountedIn(scope, name));
}

function conflictsIn(given: readonly string[]) {
  return conflicts.filter((pair) => pair.every((scope) => given.includes(scope)));
}

const mustExist = new Set(['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'CrossNamespacePodAffinity']);

function validateScopeSelector({ hard, scopeSelector, scopes: given }: V1ResourceQuotaSpec, path: FieldPath): FieldError[] {
  const requirements = scopeSelector?.matchExpressions ?? [];
  return [
    ...requirements.flatMap((requirement) => [
      ...(scopes.includes(requirement.scopeName)
        ? []
        : [fieldError.invalid(path.child('scopeName'), requirement.scopeName ?? '', 'unsupported scope')]),
      ...uncounted(hard, requirement.scopeName).map(() => fieldError.invalid(path, scopeSelector, 'unsupported scope applied to resource')),
      ...validateOperator(requirement, path),
    ]),
    ...conflictsIn(requirements.map(({ scopeName }) => scopeName)).map(() => fieldError.invalid(path, given ?? null, 'conflicting scopes')),
  ];
}

function validateOperator({ scopeName, operator, values = [] }: V1ScopedResourceSelectorRequirement, path: FieldPath): FieldError[] {
  const at = path.child('operator');
  const ofScope =
    mustExist.has(scopeName) && operator !== 'Exists'
      ? [
          fieldError.invalid(
            at,
            operator ?? '',
            "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
          ),
        ]
      : [];
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? ofScope
        : [
            ...ofScope,
            fieldError.required(path.child('values'), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"),
          ];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? ofScope
        : [
            ...ofScope,
            fieldError.invalid(
              path.child('values'),
              values,
              "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector",
            ),
          ];
    default:
      return [...ofScope, fieldError.invalid(at, operator ?? '', 'not a valid selector operator')];
  }
}

/** What a quota counts is chosen once (`ValidateResourceQuotaUpdate`). */
export function validateResourceQuotaUpdate(quota: V1ResourceQuota, old: V1ResourceQuota): FieldError[] {
  const [now, before] = [new Set(quota.spec?.scopes), new Set(old.spec?.scopes)];
  const isSame = now.size === before.size && [...now].every((scope) => before.has(scope));
  return [
    ...validateResourceQuota(quota),
    ...(isSame ? [] : [fieldError.invalid(specPath.child('scopes'), quota.spec?.scopes ?? null, isImmutable)]),
  ];
}

export function validateResourceQuotaStatus({ status }: V1ResourceQuota): FieldError[] {
  const path = FieldPath.of('status');
  return [...validateAmounts(status?.hard, path.child('hard')), ...validateAmounts(status?.used, path.child('used'))];
}
