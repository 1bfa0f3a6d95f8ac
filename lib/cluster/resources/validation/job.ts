import type { V1Job, V1JobSpec, V1PodFailurePolicyOnExitCodesRequirement, V1PodFailurePolicyRule } from '@/generated/kubernetes/types';
import { type FieldError, FieldPath, fieldError, labelSelectorAsSelector } from '../../api';
import { readIndexIntervals } from '../index-intervals';
import { goValue } from './go-value';
import { validateLabelSelector } from './label-selector';
import { dnsLabel, validateNonNegative, validateQualifiedName } from './names';
import { validateImmutable } from './object-meta';
import { isReadable, validatePodTemplate } from './pod-template';

const specPath = FieldPath.of('spec');
const noTemplate = { metadata: {}, spec: { containers: [] } } as unknown as V1JobSpec['template'];

const indexedParallelismMax = 100_000;
const failedIndexesMax = 100_000;
const completionsSoftMax = 100_000;
const manyCompletionsMax = 10_000;
const rulesMax = 20;
const valuesMax = 255;
const managedByMax = 63;
const indexesBytesMax = 64 * 1024;

/** `ValidateJob`. */
export function validateJob(job: V1Job): FieldError[] {
  const { metadata, spec } = job;
  return [...validateGeneratedSelector(job), ...validateSelectedSpec(spec), ...validateHostnames(metadata.name ?? '', spec)];
}

/** What the API server generated must be there, unless the selector is manual (`validateGeneratedSelector`). */
function validateGeneratedSelector({ metadata, spec }: V1Job): FieldError[] {
  if (spec?.manualSelector || !spec?.selector) return [];
  const expected = generatedLabels(metadata.name ?? '', metadata.uid ?? '');
  const at = specPath.child('template', 'metadata', 'labels');
  const labels = spec.template?.metadata?.labels ?? {};
  return [
    ...['controller-uid', 'job-name', 'batch.kubernetes.io/controller-uid', 'batch.kubernetes.io/job-name'].flatMap((label) => {
      const value = labels[label];
      if (value === undefined) return [fieldError.required(at.key(label), `must be '${expected[label]}'`)];
      return value === expected[label] ? [] : [fieldError.invalid(at.key(label), labels, `must be '${expected[label]}'`)];
    }),
    ...(isReadable(spec.selector) && !labelSelectorAsSelector(spec.selector).matches(expected)
      ? [fieldError.invalid(specPath.child('selector'), spec.selector, '`selector` not auto-generated')]
      : []),
  ];
}

/** The labels by which a Job knows its Pods, old names and new. */
export function generatedLabels(name: string, uid: string): Record<string, string> {
  return {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
}

/** `ValidateJobSpec`. */
function validateSelectedSpec(spec: V1JobSpec): FieldError[] {
  const selector = spec?.selector;
  const labels = spec?.template?.metadata?.labels;
  const isSelected = !selector || !isReadable(selector) ? selector !== undefined : labelSelectorAsSelector(selector).matches(labels);
  return [
    ...validateJobSpec(spec, specPath),
    ...(selector ? validateLabelSelector(selector, specPath.child('selector')) : [fieldError.required(specPath.child('selector'))]),
    ...(isSelected
      ? []
      : [fieldError.invalid(specPath.child('template', 'metadata', 'labels'), labels, '`selector` does not match template `labels`')]),
  ];
}

/** The Pods of an Indexed Job have its name and their index as hostname. */
function validateHostnames(name: string, spec: V1JobSpec | undefined): FieldError[] {
  if (spec?.completionMode !== 'Indexed' || !spec.completions || spec.completions < 1) return [];
  const longest = `${name}-${spec.completions - 1}`;
  return dnsLabel(longest).length === 0
    ? []
    : [fieldError.invalid(FieldPath.of('metadata').child('name'), name, `will not able to create pod with invalid DNS label: ${longest}`)];
}

/** `validateJobSpec`: a Job's or a CronJob's template's, whose selector is made later. */
export function validateJobSpec(spec: V1JobSpec | undefined, path: FieldPath): FieldError[] {
  const counts = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const;
  const { maxFailedIndexes, backoffLimitPerIndex, podFailurePolicy, successPolicy } = spec ?? {};
  const template = spec?.template ?? noTemplate;
  return [
    ...counts.flatMap((field) => validateNonNegative(spec?.[field], path.child(field))),
    ...(maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined
      ? [fieldError.required(path.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified')]
      : []),
    ...validateManager(spec?.managedBy, path.child('managedBy')),
    ...validateCompletionMode(spec, path),
    ...(spec && podFailurePolicy ? validateFailurePolicy(spec, podFailurePolicy.rules ?? [], path.child('podFailurePolicy', 'rules')) : []),
    ...(spec && successPolicy ? validateSuccessPolicy(spec, path.child('successPolicy')) : []),
    ...validateReplacement(spec, path.child('podReplacementPolicy')),
    ...validatePodTemplate(template, path.child('template')),
    ...validateRestarts(
      template.spec?.restartPolicy ?? '',
      podFailurePolicy !== undefined,
      path.child('template', 'spec', 'restartPolicy'),
    ),
  ];
}

/** `IsDomainPrefixedPath`. */
function validateManager(managedBy: string | undefined, path: FieldPath): FieldError[] {
  if (managedBy === undefined) return [];
  if (managedBy === '') return [fieldError.required(path)];
  const slash = managedBy.indexOf('/');
  if (slash <= 0 || slash === managedBy.length - 1)
    return [fieldError.invalid(path, managedBy, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  return managedBy.length > managedByMax ? [fieldError.tooLong(path, managedByMax)] : [];
}

function validateCompletionMode(spec: V1JobSpec | undefined, path: FieldPath): FieldError[] {
  const mode = spec?.completionMode;
  const requiresIndexes = (['backoffLimitPerIndex', 'maxFailedIndexes'] as const).flatMap((field) =>
    spec?.[field] === undefined ? [] : [fieldError.invalid(path.child(field), spec[field], 'requires indexed completion mode')],
  );
  switch (mode) {
    case undefined:
    case 'NonIndexed':
      return requiresIndexes;
    case 'Indexed':
      return validateIndexed(spec as V1JobSpec, path);
    default:
      return [fieldError.notSupported(path.child('completionMode'), mode, ['NonIndexed', 'Indexed'])];
  }
}

function validateIndexed(
  { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex }: V1JobSpec,
  path: FieldPath,
): FieldError[] {
  const failed = path.child('maxFailedIndexes');
  const atMost = (max: number, when = '') => `must be less than or equal to ${max}${when}`;
  const whenMany = ` when completions are above ${completionsSoftMax} and used with backoff limit per index`;
  const isMany = completions !== undefined && completions > completionsSoftMax && backoffLimitPerIndex !== undefined;
  return [
    ...(completions === undefined ? [fieldError.required(path.child('completions'), 'when completion mode is Indexed')] : []),
    ...(parallelism > indexedParallelismMax
      ? [fieldError.invalid(path.child('parallelism'), parallelism, atMost(indexedParallelismMax, ' when completion mode is Indexed'))]
      : []),
    ...(completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions
      ? [fieldError.invalid(failed, maxFailedIndexes, 'must be less than or equal to completions')]
      : []),
    ...(maxFailedIndexes !== undefined && maxFailedIndexes > failedIndexesMax
      ? [fieldError.invalid(failed, maxFailedIndexes, atMost(failedIndexesMax))]
      : []),
    ...(isMany && maxFailedIndexes === undefined
      ? [fieldError.required(failed, `must be specified when completions is above ${completionsSoftMax}`)]
      : []),
    ...(isMany && parallelism > manyCompletionsMax
      ? [fieldError.invalid(path.child('parallelism'), parallelism, atMost(manyCompletionsMax, whenMany))]
      : []),
    ...(isMany && maxFailedIndexes !== undefined && maxFailedIndexes > manyCompletionsMax
      ? [fieldError.invalid(failed, maxFailedIndexes, atMost(manyCompletionsMax, whenMany))]
      : []),
  ];
}

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const operators = ['In', 'NotIn'];
const conditionStatuses = ['False', 'True', 'Unknown'];
const listed = (values: readonly string[]) => `valid values: [${values.map((value) => JSON.stringify(value)).join(' ')}]`;

function validateFailurePolicy(spec: V1JobSpec, rules: readonly V1PodFailurePolicyRule[], path: FieldPath): FieldError[] {
  const { containers, initContainers } = spec.template?.spec ?? {};
  const names = [...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name);
  return [
    ...(rules.length > rulesMax ? [fieldError.tooMany(path, rules.length, rulesMax)] : []),
    ...rules.flatMap((rule, index) => validateFailureRule(spec, rule, names, path.index(index))),
  ];
}

function validateFailureRule(spec: V1JobSpec, rule: V1PodFailurePolicyRule, names: readonly string[], path: FieldPath): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  return [
    ...validateAction(action, spec, path.child('action')),
    ...(onExitCodes ? validateExitCodes(onExitCodes, names, path.child('onExitCodes')) : []),
    ...validateConditionPatterns(onPodConditions, path.child('onPodConditions')),
    ...(onExitCodes && onPodConditions.length > 0
      ? [fieldError.invalidWithoutValue(path, 'specifying both OnExitCodes and OnPodConditions is not supported')]
      : []),
    ...(!onExitCodes && onPodConditions.length === 0
      ? [fieldError.invalidWithoutValue(path, 'specifying one of OnExitCodes and OnPodConditions is required')]
      : []),
  ];
}

function validateAction(action: string | undefined, { backoffLimitPerIndex }: V1JobSpec, path: FieldPath): FieldError[] {
  if (!action) return [fieldError.required(path, listed(actions))];
  if (action === 'FailIndex')
    return backoffLimitPerIndex === undefined ? [fieldError.invalid(path, action, 'requires the backoffLimitPerIndex to be set')] : [];
  return actions.includes(action) ? [] : [fieldError.notSupported(path, action, actions)];
}

function validateConditionPatterns(patterns: NonNullable<V1PodFailurePolicyRule['onPodConditions']>, path: FieldPath): FieldError[] {
  return [
    ...(patterns.length > rulesMax ? [fieldError.tooMany(path, patterns.length, rulesMax)] : []),
    ...patterns.flatMap(({ type, status }, index) => {
      const at = path.index(index);
      return [
        ...validateQualifiedName(type ?? '', at.child('type')),
        ...(status
          ? conditionStatuses.includes(status)
            ? []
            : [fieldError.notSupported(at.child('status'), status, conditionStatuses)]
          : [fieldError.required(at.child('status'), listed(conditionStatuses))]),
      ];
    }),
  ];
}

function validateExitCodes(
  { operator, containerName, values = [] }: V1PodFailurePolicyOnExitCodesRequirement,
  names: readonly string[],
  path: FieldPath,
): FieldError[] {
  const at = path.child('values');
  return [
    ...(operator
      ? operators.includes(operator)
        ? []
        : [fieldError.notSupported(path.child('operator'), operator, operators)]
      : [fieldError.required(path.child('operator'), listed(operators))]),
    ...(containerName !== undefined && !names.includes(containerName)
      ? [
          fieldError.invalid(
            path.child('containerName'),
            containerName,
            'must be one of the container or initContainer names in the pod template',
          ),
        ]
      : []),
    ...((values?.length ?? 0) === 0
      ? [fieldError.invalid(at, values, 'at least one value is required')]
      : values.length > valuesMax
        ? [fieldError.tooMany(at, values.length, valuesMax)]
        : []),
    ...(values ?? []).flatMap((value, index, all) => [
      ...(operator === 'In' && value === 0 ? [fieldError.invalid(at.index(index), value, 'must not be 0 for the In operator')] : []),
      ...(all.indexOf(value) < index ? [fieldError.duplicate(at.index(index), value)] : []),
    ]),
    ...((values ?? []).every((value, index, all) => index === 0 || (all[index - 1] as number) <= value)
      ? []
      : [fieldError.invalid(at, values, 'must be ordered')]),
  ];
}

function validateSuccessPolicy(spec: V1JobSpec, path: FieldPath): FieldError[] {
  if (spec.completionMode !== 'Indexed')
    return [fieldError.invalid(path, goValue('SuccessPolicy', spec.successPolicy), 'requires indexed completion mode')];
  const rules = spec.successPolicy?.rules ?? [];
  const at = path.child('rules');
  return [
    ...(rules.length === 0 ? [fieldError.required(at, 'at least one rules must be specified when the successPolicy is specified')] : []),
    ...(rules.length > rulesMax ? [fieldError.tooMany(at, rules.length, rulesMax)] : []),
    ...rules.flatMap((rule, index) => validateSuccessRule(rule, spec.completions ?? 0, at.index(index))),
  ];
}

function validateSuccessRule(
  { succeededCount: count, succeededIndexes: indexes }: { succeededCount?: number | undefined; succeededIndexes?: string | undefined },
  completions: number,
  path: FieldPath,
): FieldError[] {
  if (count === undefined && indexes === undefined)
    return [fieldError.required(path, 'at least one of succeededCount or succeededIndexes must be specified')];
  const read = indexes === undefined ? undefined : readIndexIntervals(indexes, completions);
  const at = path.child('succeededCount');
  const atMost = (max: number, what: string) =>
    fieldError.invalid(at, count, `must be less than or equal to ${max} (the number of ${what})`);
  const total = read && 'total' in read ? read.total : 0;
  return [
    ...((indexes?.length ?? 0) > indexesBytesMax ? [fieldError.tooLong(path.child('succeededIndexes'), indexesBytesMax)] : []),
    ...(read && 'problem' in read
      ? [fieldError.invalid(path.child('succeededIndexes'), indexes, `error parsing succeededIndexes: ${read.problem}`)]
      : []),
    ...validateNonNegative(count, at),
    ...(count !== undefined && count > completions ? [atMost(completions, 'specified completions')] : []),
    ...(count !== undefined && indexes !== undefined && count > total
      ? [atMost(total, 'indexes in the specified succeededIndexes field')]
      : []),
  ];
}

function validateReplacement(spec: V1JobSpec | undefined, path: FieldPath): FieldError[] {
  const policy = spec?.podReplacementPolicy;
  const supported = spec?.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return policy === undefined || supported.includes(policy) ? [] : [fieldError.notSupported(path, policy, supported)];
}

function validateRestarts(policy: string, hasFailurePolicy: boolean, path: FieldPath): FieldError[] {
  if (policy === '' || policy === 'Always') return [fieldError.required(path, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [fieldError.notSupported(path, policy, ['OnFailure', 'Never'])];
  return hasFailurePolicy && policy !== 'Never'
    ? [fieldError.invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    : [];
}

/** `ValidateJobSpecUpdate`: until it starts, a suspended Job may still be told where its Pods go. */
export function validateJobUpdate(job: V1Job, old: V1Job): FieldError[] {
  const { spec } = job;
  const fixed = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const;
  return [
    ...validateSelectedSpec(spec),
    ...validateCompletions(spec, old.spec),
    ...validateImmutable(spec.selector, old.spec.selector, specPath.child('selector')),
    ...validateImmutable(spec.template, changeableTemplate(job, old), specPath.child('template')),
    ...fixed.flatMap((field) => validateImmutable(spec[field], old.spec[field], specPath.child(field))),
  ];
}

/** An Indexed Job is elastic: completions may follow parallelism. */
function validateCompletions(spec: V1JobSpec, old: V1JobSpec): FieldError[] {
  const path = specPath.child('completions');
  if (spec.completionMode !== 'Indexed') return validateImmutable(spec.completions, old.completions, path);
  if (spec.completions === undefined || spec.completions === old.completions || spec.completions === spec.parallelism) return [];
  return [fieldError.invalid(path, spec.completions, 'can only be modified in tandem with spec.parallelism')];
}

function changeableTemplate({ spec }: V1Job, old: V1Job): V1JobSpec['template'] {
  const mayMove = old.spec.suspend === true && old.status?.startTime === undefined;
  const before = old.spec.template;
  if (!mayMove || !before.spec) return before;
  const now = spec.template;
  const { nodeSelector, tolerations, schedulingGates } = now.spec ?? {};
  return withoutAbsent({
    ...before,
    metadata: withoutAbsent({ ...before.metadata, labels: now.metadata?.labels, annotations: now.metadata?.annotations }),
    spec: withoutAbsent({
      ...before.spec,
      nodeSelector,
      tolerations,
      schedulingGates,
      affinity: movedAffinity(now.spec?.affinity, before.spec.affinity),
    }),
  }) as V1JobSpec['template'];
}

type Affinity = NonNullable<V1JobSpec['template']['spec']>['affinity'];

function movedAffinity(affinity: Affinity, old: Affinity): Affinity {
  const moved = withoutAbsent({ ...old, nodeAffinity: affinity?.nodeAffinity });
  return affinity === undefined && Object.keys(moved).length === 0 ? undefined : moved;
}

function withoutAbsent<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
