import type {
  V1Affinity,
  V1NodeSelector,
  V1NodeSelectorRequirement,
  V1NodeSelectorTerm,
  V1PodAffinityTerm,
  V1PodSpec,
  V1Taint,
  V1Toleration,
  V1TopologySpreadConstraint,
} from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { type FieldError, type FieldPath, fieldError, labelValueErrors } from '../../api';
import { goValue } from './go-value';
import { validateLabelSelector, validateOperands } from './label-selector';
import { dnsLabel, dnsSubdomain, invalidEach, isNotPositive, validateQualifiedName } from './names';
import { validateLabelName } from './object-meta';

const anySelectorOperator = 'not a valid selector operator';

export function validateAffinity(affinity: V1Affinity | undefined, path: FieldPath): FieldError[] {
  if (!affinity) return [];
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  return [
    ...(nodeAffinity ? validateNodeAffinity(nodeAffinity, path.child('nodeAffinity')) : []),
    ...(podAffinity ? validatePodAffinity(podAffinity, path.child('podAffinity')) : []),
    ...(podAntiAffinity ? validatePodAffinity(podAntiAffinity, path.child('podAntiAffinity')) : []),
  ];
}

const requiredTerms = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferredTerms = 'preferredDuringSchedulingIgnoredDuringExecution';

function validateNodeAffinity(affinity: NonNullable<V1Affinity['nodeAffinity']>, path: FieldPath): FieldError[] {
  const required = affinity[requiredTerms];
  return [
    ...(required ? validateNodeSelector(required, path.child(requiredTerms)) : []),
    ...(affinity[preferredTerms] ?? []).flatMap(({ weight, preference }, index) => {
      const at = path.child(preferredTerms).index(index);
      return [...validateWeight(weight, at.child('weight')), ...validateNodeSelectorTerm(preference, at.child('preference'), false)];
    }),
  ];
}

/** `ValidateNodeSelector`. */
export function validateNodeSelector({ nodeSelectorTerms }: V1NodeSelector, path: FieldPath): FieldError[] {
  const at = path.child('nodeSelectorTerms');
  if (!nodeSelectorTerms?.length) return [fieldError.required(at, 'must have at least one node selector term')];
  return nodeSelectorTerms.flatMap((term, index) => validateNodeSelectorTerm(term, at.index(index), true));
}

function validateWeight(weight: number, path: FieldPath): FieldError[] {
  return weight >= 1 && weight <= 100 ? [] : [fieldError.invalid(path, weight ?? 0, 'must be in the range 1-100')];
}

function validateNodeSelectorTerm(term: V1NodeSelectorTerm | undefined, path: FieldPath, checksValues: boolean): FieldError[] {
  return [
    ...(term?.matchExpressions ?? []).flatMap((requirement, index) =>
      validateExpression(requirement, path.child('matchExpressions').index(index), checksValues),
    ),
    ...(term?.matchFields ?? []).flatMap((requirement, index) =>
      validateFieldExpression(requirement, path.child('matchFields').index(index)),
    ),
  ];
}

function validateExpression(
  { key, operator, values = [] }: V1NodeSelectorRequirement,
  path: FieldPath,
  checksValues: boolean,
): FieldError[] {
  return [
    ...(validateOperands(operator, values, path) ?? validateComparison(operator, values, path)),
    ...validateLabelName(key ?? '', path.child('key')),
    ...(checksValues
      ? values.flatMap((value, index) => invalidEach(path.child('values').index(index), value, labelValueErrors(value)))
      : []),
  ];
}

function validateComparison(operator: string | undefined, values: readonly string[], path: FieldPath): FieldError[] {
  if (operator !== 'Gt' && operator !== 'Lt') return [fieldError.invalid(path.child('operator'), operator ?? '', anySelectorOperator)];
  if (values.length === 1) return [];
  return [fieldError.required(path.child('values'), "must be specified single value when `operator` is 'Lt' or 'Gt'")];
}

function validateFieldExpression({ key, operator, values = [] }: V1NodeSelectorRequirement, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn')
    errors.push(fieldError.invalid(path.child('operator'), operator ?? '', anySelectorOperator));
  else if (values.length !== 1)
    errors.push(
      fieldError.required(path.child('values'), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    );
  if (key !== 'metadata.name') return [...errors, fieldError.invalid(path.child('key'), key ?? '', 'not a valid field selector key')];
  return [...errors, ...values.flatMap((value, index) => invalidEach(path.child('values').index(index), value, dnsSubdomain(value)))];
}

function validatePodAffinity(affinity: NonNullable<V1Affinity['podAffinity']>, path: FieldPath): FieldError[] {
  return [
    ...(affinity[requiredTerms] ?? []).flatMap((term, index) => validatePodAffinityTerm(term, path.child(requiredTerms).index(index))),
    ...(affinity[preferredTerms] ?? []).flatMap(({ weight, podAffinityTerm }, index) => {
      const at = path.child(preferredTerms).index(index);
      return [
        ...validateWeight(weight, at.child('weight')),
        ...validatePodAffinityTerm(podAffinityTerm ?? { topologyKey: '' }, at.child('podAffinityTerm')),
      ];
    }),
  ];
}

function validatePodAffinityTerm(term: V1PodAffinityTerm, path: FieldPath): FieldError[] {
  return [
    ...validateLabelSelector(term.labelSelector, path.child('labelSelector')),
    ...validateLabelSelector(term.namespaceSelector, path.child('namespaceSelector')),
    ...(term.namespaces ?? []).flatMap((name) => invalidEach(path.child('namespace'), name, dnsLabel(name))),
    ...validateMatchLabelKeys(term, path),
    ...(term.topologyKey ? [] : [fieldError.required(path.child('topologyKey'), 'can not be empty')]),
    ...validateLabelName(term.topologyKey ?? '', path.child('topologyKey')),
  ];
}

function validateMatchLabelKeys(
  { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: V1PodAffinityTerm,
  path: FieldPath,
): FieldError[] {
  const check = (keys: readonly string[], field: string) =>
    keys.flatMap((key, index) => {
      const at = path.child(field).index(index);
      return [
        ...(labelSelector ? [] : [fieldError.forbidden(at, 'must not be specified when labelSelector is not set')]),
        ...validateLabelName(key, at),
      ];
    });
  const both = matchLabelKeys.flatMap((key, index) =>
    mismatchLabelKeys.includes(key)
      ? [fieldError.invalid(path.child('matchLabelKeys').index(index), key, 'exists in both matchLabelKeys and mismatchLabelKeys')]
      : [],
  );
  return [...check(matchLabelKeys, 'matchLabelKeys'), ...check(mismatchLabelKeys, 'mismatchLabelKeys'), ...both];
}

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateTolerations(tolerations: readonly V1Toleration[] | undefined, path: FieldPath): FieldError[] {
  return (tolerations ?? []).flatMap((toleration, index) => validateToleration(toleration, path.index(index)));
}

function validateToleration({ key, operator, value = '', effect, tolerationSeconds }: V1Toleration, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (key) errors.push(...validateLabelName(key, path.child('key')));
  else if (operator !== 'Exists')
    errors.push(
      fieldError.invalid(
        path.child('operator'),
        operator ?? '',
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  if (tolerationSeconds !== undefined && effect !== 'NoExecute')
    errors.push(fieldError.invalid(path.child('effect'), effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  errors.push(...validateTolerationOperator(operator, value, path.child('operator')));
  if (effect && !taintEffects.includes(effect)) errors.push(fieldError.notSupported(path.child('effect'), effect, taintEffects));
  return errors;
}

/** Comparisons are behind a gate that v1.36 leaves off, yet the refusal lists them. */
function validateTolerationOperator(operator: string | undefined, value: string, path: FieldPath): FieldError[] {
  switch (operator) {
    case undefined:
    case '':
    case 'Equal': {
      const sentences = labelValueErrors(value);
      return sentences.length > 0 ? [fieldError.invalid(path, value, sentences.join(';'))] : [];
    }
    case 'Exists':
      return value ? [fieldError.invalid(path, value, "value must be empty when `operator` is 'Exists'")] : [];
    case 'Lt':
    case 'Gt':
      return [fieldError.notSupported(path, operator, ['Equal', 'Exists', 'Lt', 'Gt'])];
    default:
      return [fieldError.notSupported(path, operator, ['Equal', 'Exists'])];
  }
}

/** A Pod may learn to tolerate more, and for longer, but not less (`validateOnlyAddedTolerations`). */
export function validateOnlyAddedTolerations(
  tolerations: readonly V1Toleration[] | undefined,
  old: readonly V1Toleration[] | undefined,
  path: FieldPath,
): FieldError[] {
  const endless = (toleration: V1Toleration) => ({ ...toleration, tolerationSeconds: undefined });
  const isKept = (before: V1Toleration) => (tolerations ?? []).some((after) => deepEqual(endless(before), endless(after)));
  if (!(old ?? []).every(isKept))
    return [fieldError.forbidden(path, 'existing toleration can not be modified except its tolerationSeconds')];
  return validateTolerations(tolerations, path);
}

export function validateTaints(taints: readonly V1Taint[] | undefined, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, taint] of (taints ?? []).entries()) {
    const at = path.index(index);
    errors.push(...validateTaint(taint, at));
    const pair = `${taint.key}:${taint.effect}`;
    if (seen.has(pair)) {
      const { message, ...duplicate } = fieldError.duplicate(at, goValue('Taint', taint));
      errors.push({ ...duplicate, message: `${message}: taints must be unique by key and effect pair` });
    }
    seen.add(pair);
  }
  return errors;
}

function validateTaint({ key, value, effect }: V1Taint, path: FieldPath): FieldError[] {
  return [
    ...validateLabelName(key ?? '', path.child('key')),
    ...invalidEach(
      path.child('value'),
      value ?? '',
      labelValueErrors(value ?? '').length > 0 ? [labelValueErrors(value ?? '').join(';')] : [],
    ),
    ...(effect
      ? taintEffects.includes(effect)
        ? []
        : [fieldError.notSupported(path.child('effect'), effect, taintEffects)]
      : [fieldError.required(path.child('effect'))]),
  ];
}

const whenUnsatisfiable = ['DoNotSchedule', 'ScheduleAnyway'];
const inclusionPolicies = ['Honor', 'Ignore'];

export function validateTopologySpreadConstraints(
  constraints: readonly V1TopologySpreadConstraint[] | undefined,
  path: FieldPath,
): FieldError[] {
  return (constraints ?? []).flatMap((constraint, index, all) => {
    const at = path.index(index);
    const { topologyKey, whenUnsatisfiable: when } = constraint;
    const isRepeated = all.slice(0, index).some((earlier) => earlier.topologyKey === topologyKey && earlier.whenUnsatisfiable === when);
    return [
      ...(constraint.maxSkew > 0 ? [] : [fieldError.invalid(at.child('maxSkew'), constraint.maxSkew ?? 0, isNotPositive)]),
      ...(topologyKey
        ? validateLabelName(topologyKey, at.child('topologyKey'))
        : [fieldError.required(at.child('topologyKey'), 'can not be empty')]),
      ...(whenUnsatisfiable.includes(when) ? [] : [fieldError.notSupported(at.child('whenUnsatisfiable'), when ?? '', whenUnsatisfiable)]),
      ...(isRepeated ? [fieldError.duplicate(at.child('{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${when}}`)] : []),
      ...validateMinDomains(constraint, at.child('minDomains')),
      ...validateInclusionPolicy(constraint.nodeAffinityPolicy, at.child('nodeAffinityPolicy')),
      ...validateInclusionPolicy(constraint.nodeTaintsPolicy, at.child('nodeTaintsPolicy')),
      ...validateLabelSelector(constraint.labelSelector, at.child('labelSelector')),
      ...validateSpreadKeys(constraint, at.child('matchLabelKeys')),
    ];
  });
}

function validateMinDomains({ minDomains, whenUnsatisfiable: when }: V1TopologySpreadConstraint, path: FieldPath): FieldError[] {
  if (minDomains === undefined) return [];
  return [
    ...(minDomains > 0 ? [] : [fieldError.invalid(path, minDomains, isNotPositive)]),
    ...(when === 'DoNotSchedule'
      ? []
      : [fieldError.invalid(path, minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${when}`)]),
  ];
}

function validateInclusionPolicy(policy: string | undefined, path: FieldPath): FieldError[] {
  return policy === undefined || inclusionPolicies.includes(policy) ? [] : [fieldError.notSupported(path, policy, inclusionPolicies)];
}

/** Each key stands once among the expressions by now, with the Pod's own value. */
function validateSpreadKeys({ matchLabelKeys, labelSelector }: V1TopologySpreadConstraint, path: FieldPath): FieldError[] {
  if (!matchLabelKeys?.length) return [];
  if (!labelSelector) return [fieldError.forbidden(path, 'must not be specified when labelSelector is not set')];
  return matchLabelKeys.flatMap((key, index) => {
    const expressions = (labelSelector.matchExpressions ?? []).filter((expression) => expression.key === key);
    const isTaken = Object.hasOwn(labelSelector.matchLabels ?? {}, key) || expressions.length > 1;
    return [
      ...validateLabelName(key, path.index(index)),
      ...(isTaken ? [fieldError.invalid(path.index(index), key, 'exists in both matchLabelKeys and labelSelector')] : []),
    ];
  });
}

export function validateSchedulingGates(gates: V1PodSpec['schedulingGates'], path: FieldPath): FieldError[] {
  return (gates ?? []).flatMap(({ name }, index, all) => [
    ...validateQualifiedName(name ?? '', path.index(index)),
    ...(all.slice(0, index).some((earlier) => earlier.name === name) ? [fieldError.duplicate(path.index(index), name)] : []),
  ]);
}

export function validateOnlyRemovedGates(
  gates: V1PodSpec['schedulingGates'],
  old: V1PodSpec['schedulingGates'],
  path: FieldPath,
): FieldError[] {
  return (gates ?? []).flatMap(({ name }, index) =>
    old?.some((gate) => gate.name === name)
      ? []
      : [fieldError.forbidden(path.index(index).child('name'), `only deletion is allowed, but found new scheduling gate '${name}'`)],
  );
}
