import { applyJsonPatch, failure, JsonPatchError, type KubeObject } from '../../../api';
import { apiVersionOf, typeOf } from '../../context';
import { fieldTypeOf, mergeTyped, typedProblem, type FieldType } from '../../fields';
import { forbid } from '../forbidden';
import { defineAdmissionPlugin, type AdmissionRequest, type Lookup } from '../plugin';
import type { Activation } from './activation';
import { misnamedType, plainOf } from './apply-message';
import { compiled, compiledOnce, ExpressionError, meetsConditions, type Expression } from './expressions';
import { isExempt } from './matching';
import { compiledHead, invocationsOf, valuesOf, type Invocation, type Misconfiguration, type PolicyHead } from './policy';
import { Reinvocations } from './reinvocation';
import { ReplacementError, replaceObject } from './replace-object';
import { versioned } from './target';

/** `apiserver/pkg/admission/plugin/policy/mutating` */
export const MutatingAdmissionPolicy = defineAdmissionPlugin({
  name: 'MutatingAdmissionPolicy',
  seesConnections: true,
  mutate(request, lookup) {
    const hooks = lookup.configuration.hooks.mutatingPolicies;
    if (hooks.length === 0 || isExempt(request)) return;
    const all = invocationsOf(request, lookup, hooks);
    const reinvocations = Reinvocations.of(request, 'MutatingAdmissionPolicy');
    const failed = [
      ...all.filter((one) => 'message' in one),
      ...all.flatMap((one) => ('message' in one ? [] : applied(one, request, lookup, reinvocations))),
    ].filter(({ policy }) => policy.spec?.failurePolicy !== 'Ignore');
    reinvocations.remember();
    if (failed.length > 0) throw refusal(request, failed);
  },
});

function refusal(request: AdmissionRequest, failed: readonly Misconfiguration[]) {
  const { status } = forbid(request, 'admission request denied by policy');
  const sentences = failed.map(({ policy, binding, message }) =>
    binding
      ? `policy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${message}`
      : `policy ${JSON.stringify(policy.metadata.name)} denied request: ${message}`,
  );
  const isEvaluated = !failed[0]?.message.startsWith('failed to configure ');
  return failure(403, isEvaluated ? 'Invalid' : 'Forbidden', sentences[0] as string, {
    ...status.details,
    causes: sentences.map((message) => ({ message })),
  });
}

interface CompiledPolicy extends PolicyHead {
  readonly mutations: readonly { readonly type: string; readonly expression: Expression }[];
}

const compiledPolicy = compiledOnce((policy: KubeObject): CompiledPolicy => {
  const head = compiledHead(policy);
  return {
    ...head,
    mutations: (policy.spec?.mutations ?? []).map(({ patchType, applyConfiguration, jsonPatch }: Record<string, any>) => ({
      type: patchType,
      expression: compiled((applyConfiguration ?? jsonPatch)?.expression ?? '', head.scope),
    })),
  };
});

/** One policy by one binding with one param. Changes the object of the request; answers what could not be done. */
function applied(invocation: Invocation, request: AdmissionRequest, lookup: Lookup, reinvocations: Reinvocations): Misconfiguration[] {
  const { policy, binding } = invocation;
  const known = compiledPolicy(policy);
  try {
    if (!meetsConditions(known.conditions, valuesOf(invocation, request, lookup, known.variables), known.failurePolicy)) return [];
  } catch (error) {
    return [unable(invocation, error)];
  }
  const key = [policy, binding, invocation.param].map((one) => one?.metadata.uid ?? '').join('/');
  if (!reinvocations.isWanted(key)) return [];
  const failed: Misconfiguration[] = [];
  const hasChanged = reinvocations.watching(() => {
    for (const mutation of known.mutations) {
      try {
        mutated(invocation, request, valuesOf(invocation, request, lookup, known.variables)(), mutation);
      } catch (error) {
        failed.push(unable(invocation, error));
      }
    }
  });
  reinvocations.called(key, { hasChanged, canAgain: policy.spec?.reinvocationPolicy === 'IfNeeded' });
  return failed;
}

function unable({ policy, binding }: Invocation, error: unknown): Misconfiguration {
  if (!(error instanceof ExpressionError || error instanceof PatchFailure || error instanceof ReplacementError)) throw error;
  return { policy, binding, message: error.message };
}

class PatchFailure extends Error {
  override readonly name = 'PatchFailure';
}

function mutated(
  { target }: Invocation,
  request: AdmissionRequest,
  values: Activation,
  { type, expression }: CompiledPolicy['mutations'][number],
): void {
  const { object } = versioned(request, target);
  if (!object || !request.object || request.shownAs) return;
  const value = expression.evaluate(values);
  const misnamed = type === 'JSONPatch' ? undefined : misnamedType(value);
  if (misnamed) throw new PatchFailure(`type mismatch: ${misnamed}`);
  const made = plainOf(value);
  const fieldType = fieldTypeOf(typeOf(target.definition));
  const changed = type === 'JSONPatch' ? jsonPatched(object, made) : merged(fieldType, object, made, apiVersionOf(target.definition));
  if (changed) replaceObject(request, changed, target.definition);
}

/** `patch/smd.go` */
function merged(type: FieldType, object: KubeObject, made: unknown, apiVersion: string): unknown {
  const patch = { ...(made as Record<string, unknown>), kind: object.kind, apiVersion };
  const fail = (why: string) => new PatchFailure(`error applying patch: ${why}`);
  const problem = typedProblem(type, patch);
  if (problem) throw fail(`failed to convert patch object to typed object: ${problem}`);
  const atomics = atomicsOf(type, patch, '');
  if (atomics.length > 0) throw fail(`invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`);
  return mergeTyped(type, object, patch);
}

/** What a configuration would replace as a whole, where its author may mean to add to it. */
function atomicsOf(type: FieldType, value: unknown, path: string): string[] {
  if (type.kind === 'map' && typeof value === 'object' && value !== null && !Array.isArray(value))
    return [
      ...(type.isAtomic ? [path] : []),
      ...Object.entries(value).flatMap(([name, one]) => {
        const field = type.fields?.get(name) ?? type.values;
        return field ? atomicsOf(field, one, `${path}.${name}`) : [];
      }),
    ];
  if (type.kind === 'list' && Array.isArray(value))
    return [
      ...(type.relation === 'atomic' ? [path] : []),
      ...value.flatMap((item, index) => atomicsOf(type.item, item, `${path}[${index}]`)),
    ];
  return [];
}

/** `patch/json_patch.go`: a test that fails leaves everything as it is. */
function jsonPatched(object: KubeObject, made: unknown): unknown {
  try {
    return applyJsonPatch(object, made as readonly unknown[]);
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    if (/^testing value .* failed$/.test(error.message)) return undefined;
    throw new PatchFailure(`JSON Patch: ${error.message}`);
  }
}
