import type { V1MatchResources, V1NamedRuleWithOperations, V1RuleWithOperations } from '@/generated/kubernetes/types';
import { type FieldError, type FieldPath, fieldError } from '../../api';
import { admissionVariables, compileCel, type CelCompilation, type CelVariables } from '../../api/cel';
import { validateLabelSelector } from './label-selector';
import { invalidEach, pathSegmentName, validateQualifiedName } from './names';

// What webhooks and policies share (`pkg/apis/admissionregistration/validation`).

export const failurePolicies = ['Fail', 'Ignore'];
export const matchPolicies = ['Equivalent', 'Exact'];
const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const scopes = ['*', 'Cluster', 'Namespaced'];

export function validateOneOf(value: string | undefined, supported: readonly string[], path: FieldPath): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [fieldError.notSupported(path, value, supported)];
}

export function validateRule(rule: V1RuleWithOperations, path: FieldPath): FieldError[] {
  const { operations: asked = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const wildcard = (field: string, values: readonly string[], others: string) =>
    values.length > 1 && values.includes('*')
      ? [fieldError.invalid(path.child(field), values, `if '*' is present, must not specify other ${others}`)]
      : [];
  const required = (field: string, values: readonly string[]) => (values.length === 0 ? [fieldError.required(path.child(field))] : []);
  return [
    ...required('operations', asked),
    ...wildcard('operations', asked, 'operations'),
    ...asked.flatMap((operation, index) => validateOneOf(operation, operations, path.child('operations').index(index))),
    ...required('apiGroups', apiGroups),
    ...wildcard('apiGroups', apiGroups, 'API groups'),
    ...required('apiVersions', apiVersions),
    ...wildcard('apiVersions', apiVersions, 'API versions'),
    ...apiVersions.flatMap((version, index) => (version ? [] : [fieldError.required(path.child('apiVersions').index(index))])),
    ...validateRuleResources(resources, path.child('resources')),
    ...validateOneOf(scope, scopes, path.child('scope')),
  ];
}

// A wildcard for resources or subresources makes others superfluous.
function validateRuleResources(resources: readonly string[], path: FieldPath): FieldError[] {
  if (resources.length === 0) return [fieldError.required(path)];
  const split = resources.map((one) => one.split(/\/(.*)/s));
  const each = resources.flatMap((one, index) => {
    if (!one) return [fieldError.required(path.index(index))];
    const [resource = '', subresource] = split[index] ?? [];
    if (subresource === undefined) return [];
    const earlier = resources.slice(0, index);
    const covered = [`${resource}/*`, `*/${subresource}`].filter((pattern) => earlier.includes(pattern));
    return covered.map((pattern) => fieldError.invalid(path.index(index), one, `if '${pattern}' is present, must not specify ${one}`));
  });
  const lastPlain = resources.findLast((one) => one && !one.includes('/'));
  return [
    ...each,
    ...(resources.length > 1 && resources.includes('*/*')
      ? [fieldError.invalid(path, resources, "if '*/*' is present, must not specify other resources")]
      : []),
    ...(resources.includes('*') && lastPlain !== '*'
      ? [fieldError.invalid(path, resources, "if '*' is present, must not specify other resources without subresources")]
      : []),
  ];
}

export function validateMatchResources(match: V1MatchResources, path: FieldPath): FieldError[] {
  const { matchPolicy, namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] } = match;
  return [
    ...validateOneOf(matchPolicy, matchPolicies, path.child('matchPolicy')),
    ...validateLabelSelector(namespaceSelector, path.child('namespaceSelector')),
    ...validateLabelSelector(objectSelector, path.child('objectSelector')),
    ...resourceRules.flatMap((rule, index) => validateNamedRule(rule, path.child('resourceRules').index(index))),
    ...excludeResourceRules.flatMap((rule, index) => validateNamedRule(rule, path.child('excludeResourceRules').index(index))),
  ];
}

function validateNamedRule(rule: V1NamedRuleWithOperations, path: FieldPath): FieldError[] {
  const names = rule.resourceNames ?? [];
  return [
    ...names.flatMap((name, index) => {
      const at = path.child('resourceNames').index(index);
      return [
        ...invalidEach(at, name, pathSegmentName(name)),
        ...(names.slice(0, index).includes(name) ? [fieldError.duplicate(at, name)] : []),
      ];
    }),
    ...validateRule(rule as V1RuleWithOperations, path),
  ];
}

export function defaultMatchResources(match: V1MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= '*';
}

interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

const conditionsMax = 64;

export function validateMatchConditions(
  conditions: readonly MatchCondition[] | undefined,
  options: { readonly hasParams: boolean },
  path: FieldPath,
): FieldError[] {
  const all = conditions ?? [];
  const variables = admissionVariables({ ...options, hasAuthorizer: true });
  return [
    ...(all.length > conditionsMax ? [fieldError.tooMany(path, all.length, conditionsMax)] : []),
    ...all.flatMap(({ name, expression }, index) => {
      const at = path.index(index);
      const trimmed = (expression ?? '').trim();
      return [
        ...(trimmed
          ? validateExpression(trimmed, variables, ['bool'], at.child('expression'))
          : [fieldError.required(at.child('expression'))]),
        ...(name ? validateQualifiedName(name, at.child('name')) : [fieldError.required(at.child('name'))]),
        ...(name && all.slice(0, index).some((earlier) => earlier.name === name) ? [fieldError.duplicate(at.child('name'), name)] : []),
      ];
    }),
  ];
}

/** An expression must compile, and its value be of one of `types`. */
export function validateExpression(expression: string, variables: CelVariables, types: readonly string[], path: FieldPath): FieldError[] {
  return expressionErrors(compileCel(expression, variables), expression, types, path);
}

export function expressionErrors(compiled: CelCompilation, expression: string, types: readonly string[], path: FieldPath): FieldError[] {
  if (compiled.type === 'error') return [fieldError.invalid(path, expression, compiled.detail)];
  const { output } = compiled.program;
  if (types.length === 0 || types.includes(output)) return [];
  const wanted = types.length === 1 ? types[0] : `one of [${types.join(' ')}]`;
  return [fieldError.invalid(path, expression, `must evaluate to ${wanted} but got ${output}`)];
}
