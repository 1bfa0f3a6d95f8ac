import { applyJsonPatch, JsonPatchError, JsonSyntaxError, readJson, StatusError, statusErrors, type KubeObject } from '../../../api';
import { admissionVariables } from '../../../api/cel';
import { forbid } from '../forbidden';
import { defineAdmissionPlugin, type AdmissionRequest, type Lookup } from '../plugin';
import { activationOf } from './activation';
import { compiledOnce, conditionsIn, ExpressionError, meetsConditions } from './expressions';
import { findTarget, isExempt } from './matching';
import { ReplacementError, replaceObject } from './replace-object';
import { Reinvocations } from './reinvocation';
import { versioned, type Target } from './target';
import { callWebhook, WebhookFailure, type Webhook } from './webhook-call';

/** `apiserver/pkg/admission/plugin/webhook/mutating`: one after the other, each sees what those before it made. */
export const MutatingAdmissionWebhook = defineAdmissionPlugin({
  name: 'MutatingAdmissionWebhook',
  seesConnections: true,
  mutate(request, lookup) {
    const configurations = lookup.configuration.hooks.mutatingWebhooks;
    if (configurations.length === 0 || isExempt(request)) return;
    const reinvocations = Reinvocations.of(request, 'MutatingAdmissionWebhook');
    for (const webhook of webhooksOf(configurations)) askToMutate(webhook, request, lookup, reinvocations);
    reinvocations.remember();
  },
});

/** `apiserver/pkg/admission/plugin/webhook/validating`: all are asked, the first that refuses is told. */
export const ValidatingAdmissionWebhook = defineAdmissionPlugin({
  name: 'ValidatingAdmissionWebhook',
  seesConnections: true,
  validate(request, lookup) {
    const configurations = lookup.configuration.hooks.validatingWebhooks;
    if (configurations.length === 0 || isExempt(request)) return;
    const called = webhooksOf(configurations).flatMap((webhook) => {
      const target = targetOf(webhook, request, lookup);
      return target ? [{ webhook, target }] : [];
    });
    const refusals = called.flatMap(({ webhook, target }) => refusalsOf(webhook, target, request, lookup));
    if (refusals[0]) throw refusals[0];
  },
});

function webhooksOf(configurations: readonly KubeObject[]): Webhook[] {
  const all = configurations.flatMap(({ metadata, webhooks }) =>
    ((webhooks as Record<string, any>[] | undefined) ?? []).map((spec) => ({
      name: spec['name'] as string,
      configuration: metadata.name,
      spec,
    })),
  );
  return all.map((webhook, index) => ({ ...webhook, index }));
}

const conditionsOf = compiledOnce((spec: Webhook['spec']) => conditionsIn(spec, admissionVariables({ hasAuthorizer: true })));

/** In which version the webhook is to be asked about the request, if it is to be asked at all (`generic.ShouldCallHook`). */
function targetOf(webhook: Webhook, request: AdmissionRequest, lookup: Lookup): Target | undefined {
  const { rules = [], matchPolicy, namespaceSelector, objectSelector, failurePolicy } = webhook.spec;
  if (rules.length === 0) return undefined;
  const target = findTarget(request, lookup, { rules, matchPolicy, namespaceSelector, objectSelector });
  if (!target) return undefined;
  try {
    const isMet = meetsConditions(conditionsOf(webhook.spec), () => activationOf(request, target, lookup), failurePolicy);
    return isMet ? target : undefined;
  } catch (error) {
    throw error instanceof ExpressionError ? forbid(request, error.message) : error;
  }
}

function refusalsOf(webhook: Webhook, target: Target, request: AdmissionRequest, lookup: Lookup): StatusError[] {
  try {
    callWebhook(webhook, request, target, lookup, false);
    return [];
  } catch (error) {
    if (error instanceof StatusError) return [error];
    if (!(error instanceof WebhookFailure)) throw error;
    if (webhook.spec['failurePolicy'] !== 'Ignore') return [statusErrors.internal(error.message)];
    request.context.annotate(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${webhook.index}`, webhook.name);
    return [];
  }
}

function askToMutate(webhook: Webhook, request: AdmissionRequest, lookup: Lookup, reinvocations: Reinvocations): void {
  const target = targetOf(webhook, request, lookup);
  const key = `${webhook.configuration}/${webhook.name}`;
  if (!target || !reinvocations.isWanted(key)) return;
  const place = `round_${request.rounds.isSecond ? 1 : 0}_index_${webhook.index}`;
  try {
    const hasChanged = reinvocations.watching(() => {
      const { patch } = callWebhook(webhook, request, target, lookup, true);
      if (patch) patched(webhook, request, target, patch, place);
    });
    noteMutation(webhook, request, place, hasChanged);
    reinvocations.called(key, { hasChanged, canAgain: webhook.spec['reinvocationPolicy'] === 'IfNeeded' });
  } catch (error) {
    if (!(error instanceof WebhookFailure)) throw error;
    if (webhook.spec['failurePolicy'] !== 'Ignore') throw statusErrors.internal(error.message);
    noteMutation(webhook, request, place, false);
    request.context.annotate(`failed-open.mutation.webhook.admission.k8s.io/${place}`, webhook.name);
  }
}

function noteMutation({ configuration, name }: Webhook, { context }: AdmissionRequest, place: string, mutated: boolean): void {
  context.annotate(`mutation.webhook.admission.k8s.io/${place}`, JSON.stringify({ configuration, webhook: name, mutated }));
}

function patched({ name, configuration }: Webhook, request: AdmissionRequest, target: Target, text: string, place: string): void {
  const patch = operationsOf(text);
  if (patch.length === 0) return;
  const { object } = versioned(request, target);
  if (!object || request.shownAs)
    throw statusErrors.internal(
      `admission webhook ${JSON.stringify(name)} attempted to modify the object, which is not supported for this operation`,
    );
  try {
    replaceObject(request, applyJsonPatch(object, patch), target.definition);
  } catch (error) {
    throw error instanceof JsonPatchError || error instanceof ReplacementError ? statusErrors.internal(error.message) : error;
  }
  request.context.annotate(
    `patch.webhook.admission.k8s.io/${place}`,
    JSON.stringify({ configuration, webhook: name, patch, patchType: 'JSONPatch' }),
    true,
  );
}

function operationsOf(text: string): readonly unknown[] {
  try {
    const { value } = readJson(text);
    if (Array.isArray(value)) return value as readonly unknown[];
    throw statusErrors.internal('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  } catch (error) {
    throw error instanceof JsonSyntaxError ? statusErrors.internal(error.message) : error;
  }
}
