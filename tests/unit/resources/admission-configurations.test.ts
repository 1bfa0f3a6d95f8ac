import { defaulted, prepared, refusalOf, rowOf } from '../../support/objects';

const rules = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }];
const says = (kind: string, name: string, why: string) => `${kind}.admissionregistration.k8s.io "${name}" is invalid: ${why}`;

describe('webhooks', () => {
  const webhook = (more: object = {}) => ({
    name: 'check.example.com',
    clientConfig: { service: { name: 'hook', namespace: 'default' } },
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    rules,
    ...more,
  });
  const configuration = (...webhooks: object[]) => ({ metadata: { name: 'hooks' }, webhooks });

  test('what is left out is the careful choice', () => {
    expect(defaulted('MutatingWebhookConfiguration', configuration(webhook())).webhooks[0]).toMatchObject({
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
      reinvocationPolicy: 'Never',
      rules: [{ scope: '*' }],
      clientConfig: { service: { port: 443 } },
    });
    expect(defaulted('ValidatingWebhookConfiguration', configuration(webhook())).webhooks[0]).not.toHaveProperty('reinvocationPolicy');
  });

  test.each([
    [{ name: 'short' }, 'name: Invalid value: "short": should be a domain with at least three segments separated by dots'],
    [{ clientConfig: {} }, 'clientConfig: Required value: exactly one of url or service is required'],
    [
      { clientConfig: { url: 'http://a' } },
      `clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
    ],
    [{ clientConfig: { url: 'https://u@a/b' } }, 'clientConfig.url: Invalid value: "u": user information is not permitted in the URL'],
    [
      { clientConfig: { service: { name: 'hook', namespace: 'default', path: '/a//b' } } },
      'clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be empty',
    ],
    [{ sideEffects: 'Some' }, 'sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"'],
    [{ timeoutSeconds: 31 }, 'timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds'],
    [{ admissionReviewVersions: ['v9'] }, 'admissionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1'],
    [
      { rules: [{ ...rules[0], resources: ['pods/*', 'pods/log'] }] },
      `rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
    ],
    [
      { matchConditions: [{ name: 'x', expression: '1' }] },
      'matchConditions[0].expression: Invalid value: "1": must evaluate to bool but got int',
    ],
    [
      { matchConditions: [{ name: 'x', expression: 'params.x' }] },
      `matchConditions[0].expression: Invalid value: "params.x": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params.x\n | ^`,
    ],
  ])('with %j is refused', (more, why) => {
    expect(refusalOf('ValidatingWebhookConfiguration', configuration(webhook(more)))).toBe(
      says('ValidatingWebhookConfiguration', 'hooks', `webhooks[0].${why}`),
    );
  });

  test('no two have one name', () => {
    expect(refusalOf('MutatingWebhookConfiguration', configuration(webhook(), webhook()))).toBe(
      says('MutatingWebhookConfiguration', 'hooks', 'webhooks[1].name: Duplicate value: "check.example.com"'),
    );
  });
});

describe('policies', () => {
  const policy = (spec: object) => ({ metadata: { name: 'limits' }, spec: { matchConstraints: { resourceRules: rules }, ...spec } });
  const validating = (spec: object) => policy({ validations: [{ expression: 'object.spec.replicas <= 5' }], ...spec });

  test('a policy matches what is equivalent, everywhere', () => {
    expect(defaulted('ValidatingAdmissionPolicy', validating({})).spec).toMatchObject({
      failurePolicy: 'Fail',
      matchConstraints: { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {}, resourceRules: [{ scope: '*' }] },
    });
  });

  test.each([
    [
      policy({}),
      '[spec.validations: Required value: validations or auditAnnotations must contain at least one item, spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item]',
    ],
    [validating({ matchConstraints: {} }), 'spec.matchConstraints.resourceRules: Required value'],
    [
      validating({ validations: [{ expression: 'object.spec.replicas' }] }),
      'spec.validations[0].expression: Invalid value: "object.spec.replicas": must evaluate to bool but got dyn',
    ],
    [
      validating({ validations: [{ expression: 'true', messageExpression: '1' }] }),
      'spec.validations[0].messageExpression: Invalid value: "1": must evaluate to string but got int',
    ],
    [
      validating({ validations: [{ expression: 'true', reason: 'Because' }] }),
      'spec.validations[0].reason: Unsupported value: "Because": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    ],
    [
      validating({ variables: [{ name: 'in', expression: '1' }] }),
      'spec.variables[0].name: Invalid value: "in": name is not a valid CEL identifier',
    ],
    [
      validating({ paramKind: { apiVersion: 'a/b/c', kind: 'X' } }),
      'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
    ],
    [
      validating({ auditAnnotations: [{ key: 'a', valueExpression: '1' }] }),
      'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int',
    ],
  ])('%j is refused', (draft, why) => {
    expect(refusalOf('ValidatingAdmissionPolicy', defaulted('ValidatingAdmissionPolicy', draft))).toBe(
      says('ValidatingAdmissionPolicy', 'limits', why),
    );
  });

  test('a variable may use those before it', () => {
    const variables = [
      { name: 'most', expression: '5' },
      { name: 'more', expression: 'variables.most + 1' },
    ];
    const validations = (expression: string) => validating({ variables, validations: [{ expression }] });
    expect(refusalOf('ValidatingAdmissionPolicy', validations('variables.more > object.spec.replicas'))).toBeUndefined();
    expect(refusalOf('ValidatingAdmissionPolicy', validations('variables.least > 1'))).toContain("undefined field 'least'");
  });

  test('a mutation is an object to apply or a list of patches', () => {
    const mutating = (mutation: object) => policy({ reinvocationPolicy: 'Never', mutations: [mutation] });
    const refusal = (mutation: object) => refusalOf('MutatingAdmissionPolicy', mutating(mutation));
    expect(
      refusal({ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{spec: Object.spec{paused: true}}' } }),
    ).toBeUndefined();
    expect(refusal({ patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "remove", path: "/a"}]' } })).toBeUndefined();
    expect(refusal({ patchType: 'JSONPatch', jsonPatch: { expression: '"a"' } })).toBe(
      says(
        'MutatingAdmissionPolicy',
        'limits',
        'spec.mutations[0].jsonPatch.expression: Invalid value: "\\"a\\"": must evaluate to list(JSONPatch) but got string',
      ),
    );
  });

  test('a binding says what happens', () => {
    const binding = (spec: object) => ({
      metadata: { name: 'limits' },
      spec: { policyName: 'limits', validationActions: ['Deny'], ...spec },
    });
    expect(refusalOf('ValidatingAdmissionPolicyBinding', binding({ validationActions: [] }))).toBe(
      says(
        'ValidatingAdmissionPolicyBinding',
        'limits',
        'spec.validationActions: Required value: at least one validation action is required',
      ),
    );
    expect(refusalOf('ValidatingAdmissionPolicyBinding', binding({ paramRef: { parameterNotFoundAction: 'Deny' } }))).toBe(
      says('ValidatingAdmissionPolicyBinding', 'limits', 'spec.paramRef: Required value: one of name or selector must be specified'),
    );
    const paramRef = { name: 'params', parameterNotFoundAction: 'Deny' };
    expect(rowOf('ValidatingAdmissionPolicyBinding', prepared('ValidatingAdmissionPolicyBinding', binding({ paramRef })))).toMatchObject({
      PolicyName: 'limits',
      ParamRef: '*/params',
    });
  });
});
