import type {
  V1AuditAnnotation,
  V1MutatingAdmissionPolicy,
  V1MutatingAdmissionPolicyBinding,
  V1Mutation,
  V1ParamKind,
  V1ParamRef,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
  V1Validation,
  V1Variable,
} from '@/generated/kubernetes/types';
import { type FieldError, FieldPath, fieldError } from '../../api';
import { admissionVariables, compileCel, type CelType } from '../../api/cel';
import {
  expressionErrors,
  failurePolicies,
  validateExpression,
  validateMatchConditions,
  validateMatchResources,
  validateOneOf,
} from './admission-rules';
import { validateLabelSelector } from './label-selector';
import { dns1035Label, dnsSubdomain, invalidEach, pathSegmentName, validateQualifiedName } from './names';
import { byteLength } from './object-meta';

// `pkg/apis/admissionregistration/validation`, the policies.

const specPath = FieldPath.of('spec');

export function validateValidatingPolicy({ metadata, spec }: V1ValidatingAdmissionPolicy): FieldError[] {
  const { validations = [], auditAnnotations = [], paramKind } = spec ?? {};
  const hasParams = paramKind !== undefined;
  const { errors, composed } = validateVariables(spec?.variables, hasParams, specPath.child('variables'));
  const context = { hasParams, ...(composed ? { composed } : {}) };
  const nothing = 'validations or auditAnnotations must contain at least one item';
  return [
    ...validatePolicyHead(spec ?? {}, specPath),
    ...errors,
    ...(validations.length + auditAnnotations.length === 0
      ? [fieldError.required(specPath.child('validations'), nothing), fieldError.required(specPath.child('auditAnnotations'), nothing)]
      : []),
    ...validations.flatMap((one, index) => validateValidation(one, context, specPath.child('validations').index(index))),
    ...validateAuditAnnotations(auditAnnotations, metadata.name ?? '', context, specPath.child('auditAnnotations')),
  ];
}

export function validateMutatingPolicy({ spec }: V1MutatingAdmissionPolicy): FieldError[] {
  const { mutations = [], reinvocationPolicy, paramKind } = spec ?? {};
  const hasParams = paramKind !== undefined;
  const { errors, composed } = validateVariables(spec?.variables, hasParams, specPath.child('variables'));
  const context = { hasParams, ...(composed ? { composed } : {}) };
  const path = specPath.child('mutations');
  return [
    ...validatePolicyHead(spec ?? {}, specPath),
    ...errors,
    ...(mutations.length === 0 ? [fieldError.required(path, 'mutations must contain at least one item')] : []),
    ...mutations.flatMap((mutation, index) => validateMutation(mutation, context, path.index(index))),
    ...(reinvocationPolicy
      ? validateOneOf(reinvocationPolicy, ['IfNeeded', 'Never'], specPath.child('reinvocationPolicy'))
      : [fieldError.required(specPath.child('reinvocationPolicy'))]),
  ];
}

type PolicyHead = Pick<
  NonNullable<V1ValidatingAdmissionPolicy['spec']>,
  'failurePolicy' | 'paramKind' | 'matchConstraints' | 'matchConditions'
>;

function validatePolicyHead({ failurePolicy, paramKind, matchConstraints, matchConditions }: PolicyHead, path: FieldPath): FieldError[] {
  const match = path.child('matchConstraints');
  return [
    ...validateOneOf(failurePolicy, failurePolicies, path.child('failurePolicy')),
    ...(paramKind ? validateParamKind(paramKind, path.child('paramKind')) : []),
    ...(matchConstraints ? validateMatchResources(matchConstraints, match) : [fieldError.required(match)]),
    ...(matchConstraints && !matchConstraints.resourceRules?.length ? [fieldError.required(match.child('resourceRules'))] : []),
    ...validateMatchConditions(matchConditions, { hasParams: paramKind !== undefined }, path.child('matchConditions')),
  ];
}

function validateParamKind({ apiVersion, kind }: V1ParamKind, path: FieldPath): FieldError[] {
  return [...validateApiVersion(apiVersion ?? '', path.child('apiVersion')), ...validateKind(kind ?? '', path.child('kind'))];
}

function validateApiVersion(apiVersion: string, path: FieldPath): FieldError[] {
  if (!apiVersion) return [fieldError.required(path)];
  const parts = apiVersion.split('/');
  if (parts.length > 2) return [fieldError.invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const [group = '', version = ''] = parts.length === 2 ? parts : ['', ...parts];
  const joined = (value: string, errors: readonly string[]) =>
    errors.length > 0 ? [fieldError.invalid(path, value, errors.join(','))] : [];
  return [
    ...(group ? joined(group, dnsSubdomain(group)) : []),
    ...(version ? joined(version, dns1035Label(version)) : [fieldError.invalid(path, apiVersion, 'version must be specified')]),
  ];
}

function validateKind(kind: string, path: FieldPath): FieldError[] {
  if (!kind) return [fieldError.required(path)];
  const errors = dns1035Label(kind.toLowerCase());
  return errors.length > 0 ? [fieldError.invalid(path, kind, `may have mixed case, but should otherwise match: ${errors.join(',')}`)] : [];
}

interface ExpressionContext {
  readonly hasParams: boolean;
  readonly composed?: Readonly<Record<string, CelType>>;
}

const reservedWords = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

/** Each may use those before it; what they yield is the type of `variables.<name>`. */
function validateVariables(
  variables: readonly V1Variable[] | undefined,
  hasParams: boolean,
  path: FieldPath,
): { errors: FieldError[]; composed?: Record<string, CelType> } {
  if (!variables?.length) return { errors: [] };
  const composed: Record<string, CelType> = {};
  const errors = variables.flatMap(({ name = '', expression = '' }, index) => {
    const at = path.index(index);
    const isIdentifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !reservedWords.has(name);
    const wrongName = !name.trim()
      ? [fieldError.required(at.child('name'), 'name is not specified')]
      : isIdentifier
        ? []
        : [fieldError.invalid(at.child('name'), name, 'name is not a valid CEL identifier')];
    if (!expression.trim()) return [...wrongName, fieldError.required(at.child('expression'), 'expression is not specified')];
    const compiled = compileCel(expression, admissionVariables({ hasParams, hasAuthorizer: true, composed: { ...composed } }));
    if (isIdentifier) composed[name] = compiled.type === 'program' ? compiled.program.celType : 'dyn';
    return [...wrongName, ...expressionErrors(compiled, expression, [], at.child('expression'))];
  });
  return { errors, composed };
}

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const hasLineBreak = (text: string) => /[\n\r]/.test(text);

function validateValidation(
  { expression = '', message = '', messageExpression = '', reason }: V1Validation,
  context: ExpressionContext,
  path: FieldPath,
): FieldError[] {
  const at = path.child('message');
  return [
    ...(expression.trim()
      ? validateExpression(expression, admissionVariables({ ...context, hasAuthorizer: true }), ['bool'], path.child('expression'))
      : [fieldError.required(path.child('expression'), 'expression is not specified')]),
    ...validateMessageExpression(messageExpression, context, path.child('messageExpression')),
    ...(message && !message.trim() ? [fieldError.invalid(at, message, 'message must be non-empty if specified')] : []),
    ...(hasLineBreak(message.trim()) ? [fieldError.invalid(at, message, 'message must not contain line breaks')] : []),
    ...validateOneOf(reason, reasons, path.child('reason')),
  ];
}

function validateMessageExpression(expression: string, context: ExpressionContext, path: FieldPath): FieldError[] {
  if (!expression) return [];
  if (!expression.trim()) return [fieldError.invalid(path, expression, 'must be non-empty if specified')];
  return validateExpression(expression, admissionVariables(context), ['string'], path);
}

const annotationsMax = 20;
const valueExpressionBytesMax = 5 * 1024;

function validateAuditAnnotations(
  annotations: readonly V1AuditAnnotation[],
  policy: string,
  context: ExpressionContext,
  path: FieldPath,
): FieldError[] {
  const variables = admissionVariables({ ...context, hasAuthorizer: true });
  return [
    ...(annotations.length > annotationsMax
      ? [fieldError.invalid(path, annotations, `must not have more than ${annotationsMax} auditAnnotations`)]
      : []),
    ...annotations.flatMap(({ key = '', valueExpression = '' }, index) => {
      const at = path.index(index);
      const isRepeated = annotations.slice(0, index).some((earlier) => earlier.key === key);
      return [
        ...validateQualifiedName(`${policy}/${key}`, at.child('key')),
        ...validateValueExpression(valueExpression, variables, at.child('valueExpression')),
        ...(isRepeated ? [fieldError.duplicate(at.child('key'), key)] : []),
      ];
    }),
  ];
}

function validateValueExpression(expression: string, variables: ReturnType<typeof admissionVariables>, path: FieldPath): FieldError[] {
  const trimmed = expression.trim();
  if (!trimmed) return [fieldError.required(path, 'valueExpression is not specified')];
  if (byteLength(trimmed) > valueExpressionBytesMax)
    return [fieldError.required(path, `must not exceed ${valueExpressionBytesMax} bytes in length`)];
  return expressionErrors(compileCel(trimmed, variables), expression, ['string', 'null_type'], path);
}

/** What each type of patch is written in, and the type its expression has. */
const patchTypes = {
  ApplyConfiguration: { field: 'applyConfiguration', type: 'Object' },
  JSONPatch: { field: 'jsonPatch', type: 'list(JSONPatch)' },
} as const;

function validateMutation(mutation: V1Mutation, context: ExpressionContext, path: FieldPath): FieldError[] {
  const { patchType } = mutation;
  if (!patchType) return [fieldError.required(path.child('patchType'))];
  const known = patchTypes[patchType as keyof typeof patchTypes];
  if (!known) return [fieldError.notSupported(path.child('patchType'), patchType, Object.keys(patchTypes))];
  const other = known.field === 'jsonPatch' ? 'applyConfiguration' : 'jsonPatch';
  const patch = mutation[known.field];
  const at = path.child(known.field);
  return [
    ...(mutation[other] ? [fieldError.forbidden(path.child(other), `must not be set when patchType is ${patchType}`)] : []),
    ...(patch
      ? patch.expression?.trim()
        ? validateExpression(
            patch.expression,
            admissionVariables({ ...context, hasAuthorizer: true }),
            [known.type],
            at.child('expression'),
          )
        : [fieldError.required(at.child('expression'), 'expression is not specified')]
      : [fieldError.required(at, `must be specified when patchType is ${patchType}`)]),
  ];
}

export function validatePolicyBinding({ spec }: V1ValidatingAdmissionPolicyBinding | V1MutatingAdmissionPolicyBinding): FieldError[] {
  const { policyName, paramRef, matchResources } = spec ?? {};
  const path = specPath.child('policyName');
  return [
    ...(policyName ? invalidEach(path, policyName, dnsSubdomain(policyName)) : [fieldError.required(path)]),
    ...(paramRef ? validateParamRef(paramRef, specPath.child('paramRef')) : []),
    ...(matchResources ? validateMatchResources(matchResources, specPath.child('matchResouces')) : []),
  ];
}

export function validateValidatingBinding(binding: V1ValidatingAdmissionPolicyBinding): FieldError[] {
  return [
    ...validatePolicyBinding(binding),
    ...validateActions(binding.spec?.validationActions ?? [], specPath.child('validationActions')),
  ];
}

function validateParamRef({ name, selector, parameterNotFoundAction }: V1ParamRef, path: FieldPath): FieldError[] {
  const exclusive = (field: string) => fieldError.forbidden(path.child(field), 'name and selector are mutually exclusive');
  const at = path.child('parameterNotFoundAction');
  return [
    ...(name ? invalidEach(path.child('name'), name, pathSegmentName(name)) : []),
    ...(name && selector ? [exclusive('name')] : []),
    ...validateLabelSelector(selector, path.child('selector')),
    ...(name && selector ? [exclusive('selector')] : []),
    ...(!name && !selector ? [fieldError.required(path, 'one of name or selector must be specified')] : []),
    ...(parameterNotFoundAction ? validateOneOf(parameterNotFoundAction, ['Deny', 'Allow'], at) : [fieldError.required(at)]),
  ];
}

const actions = ['Audit', 'Deny', 'Warn'];

function validateActions(chosen: readonly string[], path: FieldPath): FieldError[] {
  return [
    ...chosen.flatMap((action, index) => [
      ...validateOneOf(action, actions, path.index(index)),
      ...(chosen.slice(0, index).includes(action) ? [fieldError.duplicate(path.index(index), action)] : []),
    ]),
    ...(chosen.includes('Deny') && chosen.includes('Warn')
      ? [
          fieldError.invalid(
            path,
            chosen,
            'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
          ),
        ]
      : []),
    ...(chosen.length === 0 ? [fieldError.required(path, 'at least one validation action is required')] : []),
  ];
}
