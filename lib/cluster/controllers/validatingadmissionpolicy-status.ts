import type { V1ExpressionWarning, V1ValidatingAdmissionPolicy } from '@/generated/kubernetes/types';
import { definitionIdOf, type ResourceDefinition } from '../api';
import { typeCheck } from '../api/cel';
import { done } from '../client';
import { builtInResources } from '../resources';
import { ValidatingAdmissionPolicy } from '../resources/validatingadmissionpolicy';
import { defineController } from './controller';

const name = 'validatingadmissionpolicy-status-controller';

/** Tells in a policy's status what its expressions get wrong about the kinds it is about (`pkg/controller/validatingadmissionpolicystatus`). */
export const validatingAdmissionPolicyStatusController = defineController<V1ValidatingAdmissionPolicy>({
  name,
  for: ValidatingAdmissionPolicy,
  reconcile({ object: policy, client }) {
    const { generation = 0 } = policy?.metadata ?? {};
    if (!policy || generation <= (policy.status?.observedGeneration ?? 0)) return done;
    const expressionWarnings = warningsOf(policy);
    const typeChecking = expressionWarnings.length > 0 ? { expressionWarnings } : {};
    const body = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: policy.metadata?.name },
      status: { observedGeneration: generation, typeChecking },
    };
    client.patch(ValidatingAdmissionPolicy, policy.metadata ?? {}, body, {
      type: 'apply',
      subresource: 'status',
      force: true,
      fieldManager: name,
    });
    return done;
  },
});

/** `validating/typechecking.go` */
function warningsOf(policy: V1ValidatingAdmissionPolicy): V1ExpressionWarning[] {
  const checks = typesToCheck(policy).map((definition) => ({
    kind: `${definition.group}/${definition.version}, Kind=${definition.kind}`,
    check: typeCheck({
      object: definitionIdOfKind(definition),
      params: paramsOf(policy),
      variables: (policy.spec?.variables ?? []).map((variable) => ({ name: variable.name, expression: variable.expression })),
    }),
  }));
  return (policy.spec?.validations ?? []).flatMap((validation, index) =>
    (['expression', 'messageExpression'] as const).flatMap((field) => {
      const expression = validation[field];
      const problems = checks.flatMap(({ kind, check }) => {
        const problem = expression ? check(expression) : undefined;
        return problem === undefined ? [] : [`${kind}: ${problem}\n`];
      });
      return problems.length > 0 ? [{ fieldRef: `spec.validations[${index}].${field}`, warning: problems.join('\n') }] : [];
    }),
  );
}

const typesMax = 10;

/** What its rules name without a wildcard, in order of group, version and kind. Custom resources are not among them. */
function typesToCheck({ spec }: V1ValidatingAdmissionPolicy): ResourceDefinition[] {
  const found = new Set<ResourceDefinition>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of spec?.matchConstraints?.resourceRules ?? []) {
    if ([...apiGroups, ...apiVersions].some((one) => one.includes('*'))) continue;
    for (const definition of builtInResources) {
      const { group, version, names } = definition;
      if (apiGroups.includes(group) && apiVersions.includes(version) && resources.includes(names.plural)) found.add(definition);
    }
  }
  const key = ({ group, version, kind }: ResourceDefinition) => [group, version, kind].join('\0');
  return [...found].slice(0, typesMax).sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function paramsOf({ spec }: V1ValidatingAdmissionPolicy): string | undefined {
  const { apiVersion, kind } = spec?.paramKind ?? {};
  const found = builtInResources.find(
    (one) => one.kind === kind && (one.group ? `${one.group}/${one.version}` : one.version) === apiVersion,
  );
  return found && definitionIdOfKind(found);
}

function definitionIdOfKind({ group, version, kind }: ResourceDefinition): string {
  return definitionIdOf(`${group === '' ? 'core' : group.split('.')[0]}.${version}.${kind}`);
}
