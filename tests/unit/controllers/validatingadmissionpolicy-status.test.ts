import { ValidatingAdmissionPolicy } from '@/lib/cluster/resources/validatingadmissionpolicy';
import { ControlPlane } from '@/tests/support/control-plane';

const deployments = { apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['CREATE'] };

function checked(spec: object, rules: object[] = [deployments]) {
  const plane = new ControlPlane({ controllers: ['validatingadmissionpolicy-status-controller'], scheduler: false, kubelet: false });
  const policy = { metadata: { name: 'p' }, spec: { matchConstraints: { resourceRules: rules }, ...spec } };
  plane.client.create(ValidatingAdmissionPolicy, policy as never);
  plane.kernel.runFor(1000);
  return { plane, status: plane.client.get(ValidatingAdmissionPolicy, { name: 'p' }).status };
}

test('the status of a policy tells what its expressions get wrong about the kinds it names', () => {
  const { status } = checked({
    validations: [
      { expression: 'object.replicas > 1' },
      {
        expression: 'oldObject == null || object.spec.replicas >= oldObject.spec.replicas',
        messageExpression: "'at least ' + string(object.spec.replica)",
      },
    ],
  });
  expect(status).toEqual({
    observedGeneration: 1,
    typeChecking: {
      expressionWarnings: [
        {
          fieldRef: 'spec.validations[0].expression',
          warning: "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^\n",
        },
        {
          fieldRef: 'spec.validations[1].messageExpression',
          warning:
            "apps/v1, Kind=Deployment: ERROR: <input>:1:33: undefined field 'replica'\n | 'at least ' + string(object.spec.replica)\n | ................................^\n",
        },
      ],
    },
  });
});

test('a policy without mistakes is told to have been looked at, as often as it changes', () => {
  const { plane, status } = checked({
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    variables: [{ name: 'limit', expression: "int(params.data['max'])" }],
    validations: [{ expression: "object.spec.replicas <= variables.limit && object.spec.template.spec.containers.all(c, c.image != '')" }],
  });
  expect(status).toEqual({ observedGeneration: 1, typeChecking: {} });
  plane.client.patch(ValidatingAdmissionPolicy, { name: 'p' }, { spec: { validations: [{ expression: 'object.spec.foo == 1' }] } });
  plane.kernel.runFor(1000);
  expect(plane.client.get(ValidatingAdmissionPolicy, { name: 'p' }).status).toMatchObject({
    observedGeneration: 2,
    typeChecking: { expressionWarnings: [{ fieldRef: 'spec.validations[0].expression' }] },
  });
});

test('nothing is checked where the rules have wildcards', () => {
  const { status } = checked({ validations: [{ expression: 'object.nothing == 1' }] }, [{ ...deployments, apiVersions: ['*'] }]);
  expect(status).toEqual({ observedGeneration: 1, typeChecking: {} });
});

test('each kind is told of by itself', () => {
  const rule = { apiGroups: ['', 'apps'], apiVersions: ['v1'], resources: ['pods', 'deployments', 'pods/exec'], operations: ['*'] };
  const { status } = checked({ validations: [{ expression: 'object.spec.nodeName == "n"' }] }, [rule]);
  expect(status?.typeChecking?.expressionWarnings?.map(({ warning }) => warning)).toEqual([
    expect.stringMatching(/^apps\/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'nodeName'\n[^]*\n$/),
  ]);
});
