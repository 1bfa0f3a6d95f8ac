import { admissionVariables, type CelVariables } from '../../../api/cel';
import { failure, type KubeObject, type StatusError, type StatusReason } from '../../../api';
import { forbid } from '../forbidden';
import { defineAdmissionPlugin, type AdmissionRequest, type Lookup } from '../plugin';
import type { Activation } from './activation';
import { compiled, compiledOnce, ExpressionError, meetsConditions, type Expression } from './expressions';
import { isExempt } from './matching';
import { compiledHead, invocationsOf, valuesOf, type Invocation, type Misconfiguration, type PolicyHead } from './policy';

/** `apiserver/pkg/admission/plugin/policy/validating` */
export const ValidatingAdmissionPolicy = defineAdmissionPlugin({
  name: 'ValidatingAdmissionPolicy',
  seesConnections: true,
  validate(request, lookup) {
    const hooks = lookup.configuration.hooks.validatingPolicies;
    if (hooks.length === 0 || isExempt(request)) return;
    const annotations = new Map<string, string[]>();
    const denials = invocationsOf(request, lookup, hooks).flatMap((one) =>
      'message' in one ? misconfigured(one) : evaluated(one, request, lookup, annotations),
    );
    for (const [key, values] of annotations) request.context.annotate(key, [...new Set(values)].join(', '));
    if (denials[0]) throw refusal(request, denials[0]);
  },
});

/** What makes the request fail, if anything does: the first of them is told. */
interface Denial {
  readonly policy: string;
  readonly binding: string | undefined;
  readonly message: string;
  readonly reason: StatusReason | undefined;
}

const codes: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413, Invalid: 422 };

function refusal(request: AdmissionRequest, { policy, binding, message, reason = 'Invalid' }: Denial): StatusError {
  const by = binding === undefined ? '' : ` with binding '${binding}'`;
  const sentence = `ValidatingAdmissionPolicy '${policy}'${by} denied request: ${message}`;
  const { status } = forbid(request, sentence);
  return failure(codes[reason] ?? 422, reason, status.message as string, { ...status.details, causes: [{ message: sentence }] });
}

function misconfigured({ policy, binding, message }: Misconfiguration): Denial[] {
  if (policy.spec?.failurePolicy === 'Ignore') return [];
  return [{ policy: policy.metadata.name, binding: binding?.metadata.name, message, reason: undefined }];
}

interface Validation {
  readonly expression: Expression;
  readonly messageExpression: Expression | undefined;
  readonly message: string;
  readonly reason: StatusReason;
}

interface CompiledPolicy extends PolicyHead {
  readonly validations: readonly Validation[];
  readonly annotations: readonly { readonly key: string; readonly expression: Expression }[];
}

const compiledPolicy = compiledOnce((policy: KubeObject): CompiledPolicy => {
  const head = compiledHead(policy);
  const { validations = [], auditAnnotations = [], paramKind } = policy.spec ?? {};
  const { authorizer: _, ...withoutAuthorizer } = head.scope as Record<string, CelVariables[string]>;
  const messageScope = head.variables.length > 0 ? withoutAuthorizer : admissionVariables({ hasParams: paramKind !== undefined });
  return {
    ...head,
    validations: validations.map(({ expression, messageExpression, message = '', reason = 'Invalid' }: Record<string, string>) => ({
      expression: compiled(expression as string, head.scope),
      messageExpression: messageExpression ? compiled(messageExpression, messageScope) : undefined,
      message: message.trim(),
      reason: reason as StatusReason,
    })),
    annotations: auditAnnotations.map(({ key, valueExpression }: Record<string, string>) => ({
      key: `${policy.metadata.name}/${key}`,
      expression: compiled((valueExpression as string).trim(), head.scope),
    })),
  };
});

interface Decision {
  readonly index: number;
  readonly message: string;
  readonly reason: StatusReason | undefined;
}

/** One policy by one binding with one param (`validator.Validate`). */
function evaluated(invocation: Invocation, request: AdmissionRequest, lookup: Lookup, annotations: Map<string, string[]>): Denial[] {
  const { policy, binding } = invocation;
  const known = compiledPolicy(policy);
  const values = valuesOf(invocation, request, lookup, known.variables);
  const deny = (message: string, reason?: StatusReason): Denial => ({
    policy: policy.metadata.name,
    binding: binding.metadata.name,
    message,
    reason,
  });
  try {
    if (!meetsConditions(known.conditions, values, known.failurePolicy)) return [];
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return act(invocation, request, [{ index: 0, message: error.message, reason: undefined }]).map(({ message }) => deny(message));
  }
  const failed = known.validations.flatMap((validation, index) => decided(validation, index, values(), known.failurePolicy));
  const denied = act(invocation, request, failed).map(({ message, reason }) => deny(message, reason));
  return [...denied, ...annotated(known, values(), annotations).map((message) => deny(message))];
}

function decided(
  { expression, messageExpression, message, reason }: Validation,
  index: number,
  values: Activation,
  failurePolicy: string,
): Decision[] {
  try {
    if (expression.evaluate(values) === true) return [];
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return failurePolicy === 'Ignore' ? [] : [{ index, message: error.message, reason: undefined }];
  }
  const said = (messageExpression && spoken(messageExpression, values)) ?? (message || `failed expression: ${expression.text.trim()}`);
  return [{ index, message: said, reason }];
}

const messageBytesMax = 5 * 1024;

/** What a message expression says, unless it says nothing that fits into an answer. */
function spoken(expression: Expression, values: Activation): string | undefined {
  try {
    const said = expression.evaluate(values);
    const text = typeof said === 'string' ? said.trim() : '';
    return text === '' || text.includes('\n') || text.length > messageBytesMax ? undefined : text;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return undefined;
  }
}

/** Warns, takes a note for the audit log, and answers what is to be refused: whatever the binding asks for. */
function act({ policy, binding }: Invocation, { context }: AdmissionRequest, failed: readonly Decision[]): readonly Decision[] {
  const actions: readonly string[] = binding.spec?.validationActions ?? [];
  const names = { policy: policy.metadata.name, binding: binding.metadata.name };
  for (const { index, message } of failed) {
    if (actions.includes('Warn'))
      context.warnings.push(
        `Validation failed for ValidatingAdmissionPolicy '${names.policy}' with binding '${names.binding}': ${message}`,
      );
    if (actions.includes('Audit'))
      context.annotate(
        'validation.policy.admission.k8s.io/validation_failure',
        JSON.stringify([{ message, ...names, expressionIndex: index, validationActions: actions }]),
      );
  }
  return actions.includes('Deny') ? failed : [];
}

const annotationBytesMax = 10 * 1024;

/** What goes into the audit log; the sentences of those that cannot be told, where that matters. */
function annotated({ annotations, failurePolicy }: CompiledPolicy, values: Activation, found: Map<string, string[]>): string[] {
  return annotations.flatMap(({ key, expression }) => {
    try {
      const value = expression.evaluate(values);
      const text = typeof value === 'string' ? value.trim() : '';
      if (text) found.set(key, [...(found.get(key) ?? []), text.slice(0, annotationBytesMax)]);
      return [];
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return failurePolicy === 'Ignore' ? [] : [error.message];
    }
  });
}
