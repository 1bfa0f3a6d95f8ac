import type { KubeObject } from '../../api';
import {
  amountsOf,
  amountsText,
  difference,
  masked,
  namesOf,
  sum,
  textsOf,
  withoutZeros,
  type Amounts,
} from '../../resources/quota/amounts';
import { evaluatorOf, scopesOf, type Evaluator } from '../../resources/quota/evaluators';
import { isBuiltIn } from '../context';
import { forbid } from './forbidden';
import { defineAdmissionPlugin, type AdmissionRequest, type Lookup } from './plugin';

/**
 * Charges what is made to the quotas of its namespace, and refuses what would go beyond one
 * (`apiserver/pkg/admission/plugin/resourcequota`). What is used is known from the quota's status, which the controller keeps true.
 */
export const ResourceQuota = defineAdmissionPlugin({
  name: 'ResourceQuota',
  validate(request, lookup) {
    const { namespace, definition, object } = request;
    if (!object || !namespace || isBuiltIn('Namespace', definition) || !isCharged(request)) return;
    const quotas = lookup.list('ResourceQuota', namespace);
    if (quotas.length === 0) return;
    const evaluator = evaluatorOf(definition);
    const interesting = quotas.filter((quota) => isAbout(quota, evaluator, object));
    for (const quota of interesting) checkStatement(request, quota, evaluator);
    const wanted = withoutZeros(growth(request, evaluator));
    const charges = interesting.map((quota) => ({ quota, used: chargedTo(request, quota, wanted) }));
    if (request.context.isDryRun) return;
    for (const { quota, used } of charges) charge(lookup, quota, used);
  },
});

/** Anything that is made, and the changes of what costs more than its object. */
function isCharged({ operation, definition, subresource }: AdmissionRequest): boolean {
  if (subresource && subresource !== 'resize') return false;
  if (operation === 'CREATE') return true;
  return (
    operation === 'UPDATE' && (['Service', 'PersistentVolumeClaim'].some((kind) => isBuiltIn(kind, definition)) || subresource === 'resize')
  );
}

function hardOf({ status }: KubeObject): Amounts {
  return amountsOf(status?.hard);
}

function usedOf({ status }: KubeObject): Amounts {
  return amountsOf(status?.used);
}

function isAbout(quota: KubeObject, evaluator: Evaluator, object: KubeObject): boolean {
  return evaluator.matching(namesOf(hardOf(quota))).length > 0 && scopesOf(quota).every((scope) => evaluator.isInScope(object, scope));
}

function checkStatement(request: AdmissionRequest, quota: KubeObject, evaluator: Evaluator): void {
  const restricted = evaluator.matching(namesOf(hardOf(quota)));
  const missing = evaluator.constraint?.(request.object as KubeObject, restricted);
  if (missing) throw forbid(request, `failed quota: ${quota.metadata.name}: ${missing}`);
  const unknown = restricted.filter((name) => !Object.hasOwn(usedOf(quota), name));
  if (unknown.length > 0) throw forbid(request, `status unknown for quota: ${quota.metadata.name}, resources: ${unknown.join(',')}`);
}

function growth({ operation, object, old }: AdmissionRequest, evaluator: Evaluator): Amounts {
  const usage = evaluator.usage(object as KubeObject);
  return operation === 'UPDATE' && old ? difference(usage, evaluator.usage(old)) : usage;
}

/** The quota's new use, or undefined when nothing of it changes. */
function chargedTo(request: AdmissionRequest, quota: KubeObject, wanted: Amounts): Amounts | undefined {
  const hard = hardOf(quota);
  const requested = masked(wanted, namesOf(hard));
  if (namesOf(requested).length === 0) return undefined;
  const used = usedOf(quota);
  const next = sum(used, requested);
  const exceeded = namesOf(requested).filter((name) => (next[name] as Amounts[string]).compare(hard[name] as Amounts[string]) > 0);
  if (exceeded.length > 0)
    throw forbid(
      request,
      `exceeded quota: ${quota.metadata.name}, requested: ${amountsText(masked(requested, exceeded))}, used: ${amountsText(masked(used, exceeded))}, limited: ${amountsText(masked(hard, exceeded))}`,
    );
  return next;
}

function charge(lookup: Lookup, quota: KubeObject, used: Amounts | undefined): void {
  if (used) lookup.updateStatus({ ...quota, status: { ...quota.status, used: textsOf(used) } } as KubeObject);
}
