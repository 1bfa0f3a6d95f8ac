import { admissionVariables, type CelType, type CelVariables } from '../../../api/cel';
import { StatusError, type KubeObject } from '../../../api';
import type { AdmissionRequest, Lookup } from '../plugin';
import { activationOf, type Activation, type NamedExpression } from './activation';
import type { PolicyHook } from './configuration';
import { compiled, conditionsIn, type Condition } from './expressions';
import { findTarget, type Constraints } from './matching';
import { checkParamKind, ConfigurationError, paramsOf } from './params';
import type { Target } from './target';

/** What both sorts of policy have, ready to be evaluated. */
export interface PolicyHead {
  readonly conditions: readonly Condition[];
  readonly variables: readonly NamedExpression[];
  /** What expressions of the policy may use. */
  readonly scope: CelVariables;
  readonly failurePolicy: string;
}

export function compiledHead({ spec }: KubeObject): PolicyHead {
  const hasParams = spec?.paramKind !== undefined;
  const composed: Record<string, CelType> = {};
  const variables: NamedExpression[] = [];
  const scope = () =>
    admissionVariables({ hasParams, hasAuthorizer: true, ...(variables.length > 0 ? { composed: { ...composed } } : {}) });
  for (const { name, expression } of spec?.variables ?? []) {
    const one = compiled(expression, scope());
    composed[name] = one.celType;
    variables.push({ name, expression: one });
  }
  const conditions = conditionsIn(spec, admissionVariables({ hasParams, hasAuthorizer: true }));
  return { conditions, variables, scope: scope(), failurePolicy: spec?.failurePolicy ?? 'Fail' };
}

/** A policy about to be evaluated for a request, by one of its bindings, with one of its params. */
export interface Invocation {
  readonly policy: KubeObject;
  readonly binding: KubeObject;
  readonly target: Target;
  readonly param: KubeObject | undefined;
}

/** A policy, or one of its bindings, that cannot be used. */
export interface Misconfiguration {
  readonly policy: KubeObject;
  readonly binding: KubeObject | undefined;
  readonly message: string;
}

/** Everything that applies to a request, and what cannot be applied. Each hook is about the policy or binding that says it is. */
export function invocationsOf(
  request: AdmissionRequest,
  lookup: Lookup,
  hooks: readonly PolicyHook[],
): readonly (Invocation | Misconfiguration)[] {
  return hooks.flatMap(({ policy, bindings }) => {
    const target = attempt(policy, undefined, () => findTarget(request, lookup, constraintsOf(policy.spec?.matchConstraints)));
    if (!target || 'message' in target) return target ? [target] : [];
    const unknown = attempt(policy, undefined, () => checkParamKind(policy, lookup));
    if (unknown) return [unknown];
    return bindings.flatMap((binding): readonly (Invocation | Misconfiguration)[] => {
      const found = attempt(policy, binding, () => (isBound(request, lookup, binding) ? paramsOf(policy, binding, request, lookup) : []));
      return 'message' in found ? [found] : found.map((param) => ({ policy, binding, target, param }));
    });
  });
}

function isBound(request: AdmissionRequest, lookup: Lookup, { spec }: KubeObject): boolean {
  return !spec?.matchResources || findTarget(request, lookup, constraintsOf(spec.matchResources)) !== undefined;
}

function attempt<T>(policy: KubeObject, binding: KubeObject | undefined, run: () => T): T | Misconfiguration {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ConfigurationError) && !(error instanceof StatusError)) throw error;
    return { policy, binding, message: `failed to configure ${binding ? 'binding' : 'policy'}: ${error.message}` };
  }
}

function constraintsOf(match: KubeObject['spec']): Constraints {
  return {
    rules: match?.resourceRules ?? [],
    excluded: match?.excludeResourceRules ?? [],
    matchPolicy: match?.matchPolicy,
    namespaceSelector: match?.namespaceSelector,
    objectSelector: match?.objectSelector,
  };
}

/** The values its expressions see, made when the first of them asks. */
export function valuesOf(
  { target, param }: Invocation,
  request: AdmissionRequest,
  lookup: Lookup,
  variables: readonly NamedExpression[],
): () => Activation {
  let values: Activation | undefined;
  return () => (values ??= activationOf(request, target, lookup, { params: param, hasNamespace: true, variables }));
}
