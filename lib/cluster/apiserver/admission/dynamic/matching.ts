import { labelSelectorAsSelector, statusErrors, type KubeObject, type LabelSelector } from '../../../api';
import { isBuiltIn } from '../../context';
import type { AdmissionRequest, Lookup } from '../plugin';
import { configurationKinds } from './configuration';
import { equivalentTargets, operationOf, ownTarget, versioned, type Target } from './target';

/** `RuleWithOperations`, with the names a policy's rule may have. */
export interface Rule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly scope?: string;
}

export interface Constraints {
  readonly rules: readonly Rule[];
  readonly excluded?: readonly Rule[];
  readonly matchPolicy?: string | undefined;
  readonly namespaceSelector?: LabelSelector | undefined;
  readonly objectSelector?: LabelSelector | undefined;
}

/** Who locks himself out may still change the lock (`rules.IsExemptAdmissionConfigurationResource`). */
export function isExempt({ definition }: AdmissionRequest): boolean {
  return configurationKinds.some((kind) => isBuiltIn(kind, definition));
}

/** The version of the request that the constraints are about; undefined when they are not about it. Throws NotFound for a namespace that is not there. */
export function findTarget(request: AdmissionRequest, lookup: Lookup, constraints: Constraints): Target | undefined {
  const { rules, excluded = [], matchPolicy } = constraints;
  const isEquivalent = matchPolicy === 'Equivalent';
  if (!matchesObject(request, constraints.objectSelector)) return undefined;
  if (excluded.length > 0 && matchingTarget(request, excluded, isEquivalent)) return undefined;
  const target = rules.length === 0 ? ownTarget(request) : matchingTarget(request, rules, isEquivalent);
  return target && matchesNamespace(request, lookup, constraints.namespaceSelector) ? target : undefined;
}

function matchingTarget(request: AdmissionRequest, rules: readonly Rule[], isEquivalent: boolean): Target | undefined {
  const own = ownTarget(request);
  if (rules.some((rule) => matchesRule(rule, request, own))) return own;
  if (!isEquivalent) return undefined;
  const others = equivalentTargets(request);
  for (const rule of rules) {
    const found = others.find((target) => matchesRule(rule, request, target));
    if (found) return found;
  }
  return undefined;
}

/** `predicates/rules/rules.go` */
function matchesRule(rule: Rule, request: AdmissionRequest, { resource }: Target): boolean {
  const isOneOf = (values: readonly string[] | undefined, value: string) => values?.some((one) => one === '*' || one === value) ?? false;
  return (
    isOneOf(rule.operations, operationOf(request)) &&
    isOneOf(rule.apiGroups, resource.group) &&
    isOneOf(rule.apiVersions, resource.version) &&
    matchesScope(rule.scope, request) &&
    (rule.resources ?? []).some((one) => matchesResource(one, resource.resource, request.subresource)) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(request.name))
  );
}

function matchesScope(scope: string | undefined, { definition, namespace }: AdmissionRequest): boolean {
  if (scope === undefined || scope === '*') return true;
  const isNamespaced = !isBuiltIn('Namespace', definition) && namespace !== '';
  return isNamespaced === (scope === 'Namespaced');
}

function matchesResource(pattern: string, resource: string, subresource: string): boolean {
  const [asked = '', part = ''] = pattern.split('/');
  return (asked === '*' || asked === resource) && (part === '*' || part === subresource);
}

const isEverything = (selector: LabelSelector | undefined) =>
  !selector || (!Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length);

/** Either what it is or what it was (`predicates/object/matcher.go`). */
function matchesObject(request: AdmissionRequest, selector: LabelSelector | undefined): boolean {
  if (isEverything(selector)) return true;
  const { object, old } = versioned(request, ownTarget(request));
  const wanted = labelSelectorAsSelector(selector);
  return [object, old].some((one) => one?.metadata !== undefined && wanted.matches(one.metadata.labels));
}

/** What is in no namespace is always meant (`predicates/namespace/matcher.go`). */
function matchesNamespace(request: AdmissionRequest, lookup: Lookup, selector: LabelSelector | undefined): boolean {
  if (isEverything(selector) || (request.namespace === '' && !isBuiltIn('Namespace', request.definition))) return true;
  return labelSelectorAsSelector(selector).matches(namespaceOf(request, lookup).metadata.labels);
}

function namespaceOf({ definition, operation, subresource, object, namespace }: AdmissionRequest, lookup: Lookup): KubeObject {
  if (isBuiltIn('Namespace', definition) && !subresource && object && operation !== 'DELETE') return object;
  const found = lookup.find('Namespace', '', namespace);
  if (!found) throw statusErrors.notFound({ group: '', resource: 'namespaces' }, namespace);
  return found;
}
