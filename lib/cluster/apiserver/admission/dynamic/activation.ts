import { celActivation, CelAuthorizer, type CelAccessQuestion } from '../../../api/cel';
import type { KubeObject } from '../../../api';
import type { User } from '../../authentication';
import type { Attributes } from '../../authorization';
import { isBuiltIn } from '../../context';
import type { AdmissionRequest, Lookup } from '../plugin';
import { reviewRequest } from './review-request';
import type { Target } from './target';
import { versioned } from './target';
import type { Expression } from './expressions';

/** What expressions see of a request. */
export type Activation = Readonly<Record<string, unknown>>;

/** `variables.<name>` of a policy. */
export interface NamedExpression {
  readonly name: string;
  readonly expression: Expression;
}

/** `object`, `oldObject`, `request`, `authorizer` and, where they are asked for, the rest (`admission/plugin/cel/activation.go`). */
export function activationOf(
  request: AdmissionRequest,
  target: Target,
  lookup: Lookup,
  more: { params?: KubeObject | undefined; hasNamespace?: boolean; variables?: readonly NamedExpression[] } = {},
): Activation {
  const { object, old } = versioned(request, target);
  const values = celActivation({
    object: object ?? null,
    oldObject: old ?? null,
    request: reviewRequest(request, target),
    params: more.params ?? null,
    namespaceObject: (more.hasNamespace && namespaceObjectOf(request, lookup)) || null,
    authorizer: authorizerOf(request, lookup),
  });
  return more.variables?.length ? withVariables(values, more.variables) : values;
}

/** Each is evaluated once, when it is first used (`composition.go`). */
function withVariables(values: Record<string, unknown>, variables: readonly NamedExpression[]): Activation {
  const byName = new Map(variables.map((variable) => [variable.name, variable.expression]));
  const known = new Map<string, unknown>();
  const lazy = new Map<string, unknown>();
  lazy.has = (name) => byName.has(name);
  lazy.get = (name) => {
    if (!known.has(name)) known.set(name, valueOf(name, byName.get(name) as Expression, values));
    return known.get(name);
  };
  values['variables'] = lazy;
  return values;
}

function valueOf(name: string, expression: Expression, values: Activation): unknown {
  try {
    return expression.evaluate(values);
  } catch (error) {
    throw new Error(`composited variable ${JSON.stringify(name)} fails to evaluate: ${(error as Error).message}`, { cause: error });
  }
}

/** Of a namespace only what is no secret of its controllers is shown (`CreateNamespaceObject`). */
function namespaceObjectOf({ definition, namespace }: AdmissionRequest, lookup: Lookup): object | undefined {
  const found = isBuiltIn('Namespace', definition) || !namespace ? undefined : lookup.find('Namespace', '', namespace);
  if (!found) return undefined;
  const { managedFields: _, ownerReferences: _owners, ...metadata } = found.metadata;
  return { metadata, spec: found.spec, status: found.status };
}

function authorizerOf({ context, definition, namespace, name, subresource }: AdmissionRequest, lookup: Lookup): CelAuthorizer {
  const ask = (question: CelAccessQuestion) => {
    const { decision, reason } = lookup.decide(question.user ? accountOf(question.user) : context.user, attributesOf(question));
    return { isAllowed: decision === 'allow', reason };
  };
  return new CelAuthorizer(ask, { group: definition.group, resource: definition.names.plural, subresource, namespace, name });
}

function accountOf({ namespace, name }: { namespace: string; name: string }): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

function attributesOf({
  path,
  verb,
  group = '',
  resource = '',
  subresource = '',
  namespace = '',
  name = '',
}: CelAccessQuestion): Attributes {
  if (path !== undefined) return { isResource: false, verb, path };
  return { isResource: true, verb, group, version: '*', resource, subresource, namespace, name };
}
