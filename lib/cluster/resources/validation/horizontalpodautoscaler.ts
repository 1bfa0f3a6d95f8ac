import type {
  V2CrossVersionObjectReference,
  V2HorizontalPodAutoscaler,
  V2HPAScalingPolicy,
  V2HPAScalingRules,
  V2MetricIdentifier,
  V2MetricSpec,
  V2MetricTarget,
} from '@/generated/kubernetes/types';
import { type FieldError, FieldPath, fieldError, Quantity } from '../../api';
import { invalidEach, isNotPositive, pathSegmentName, validateNonNegative } from './names';

const specPath = FieldPath.of('spec');
const isTooSmall = 'must be greater than 0';

/** `validateHorizontalPodAutoscalerSpec`. */
export function validateAutoscaler({ spec }: V2HorizontalPodAutoscaler): FieldError[] {
  const { minReplicas, maxReplicas = 0, scaleTargetRef, metrics, behavior } = spec ?? {};
  const at = specPath.child('maxReplicas');
  return [
    ...(minReplicas !== undefined && minReplicas < 1
      ? [fieldError.invalid(specPath.child('minReplicas'), minReplicas, 'must be greater than or equal to 1')]
      : []),
    ...(maxReplicas < 1 ? [fieldError.invalid(at, maxReplicas, isTooSmall)] : []),
    ...(minReplicas !== undefined && maxReplicas < minReplicas
      ? [fieldError.invalid(at, maxReplicas, 'must be greater than or equal to `minReplicas`')]
      : []),
    ...validateReference(scaleTargetRef, false, specPath.child('scaleTargetRef')),
    ...(metrics ?? []).flatMap((metric, index) => validateMetric(metric, specPath.child('metrics').index(index))),
    ...(behavior?.scaleUp ? validateRules(behavior.scaleUp, specPath.child('behavior', 'scaleUp')) : []),
    ...(behavior?.scaleDown ? validateRules(behavior.scaleDown, specPath.child('behavior', 'scaleDown')) : []),
  ];
}

export function validateAutoscalerStatus({ status }: V2HorizontalPodAutoscaler): FieldError[] {
  return (['currentReplicas', 'desiredReplicas'] as const).flatMap((field) =>
    validateNonNegative(status?.[field], FieldPath.of('status').child(field)),
  );
}

/** `ValidateCrossVersionObjectReference`; what is scaled belongs to a group, unless it is a ReplicationController. */
function validateReference(reference: V2CrossVersionObjectReference | undefined, mayBeCore: boolean, path: FieldPath): FieldError[] {
  const { kind, name, apiVersion = '' } = reference ?? {};
  const segment = (value: string | undefined, field: string) =>
    value ? invalidEach(path.child(field), value, pathSegmentName(value)) : [fieldError.required(path.child(field))];
  return [
    ...segment(kind, 'kind'),
    ...segment(name, 'name'),
    ...validateApiVersion(apiVersion, mayBeCore || kind === 'ReplicationController', path),
  ];
}

function validateApiVersion(apiVersion: string, mayBeCore: boolean, path: FieldPath): FieldError[] {
  const at = path.child('apiVersion');
  if (apiVersion.split('/').length > 2) return [fieldError.invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  return mayBeCore || apiVersion.includes('/') ? [] : [fieldError.invalid(at, apiVersion, 'apiVersion must specify API group')];
}

const sources = ['object', 'external', 'pods', 'resource', 'containerResource'] as const;
const metricTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

function validateMetric(metric: V2MetricSpec, path: FieldPath): FieldError[] {
  const { type } = metric;
  const given = sources.filter((source) => metric[source]);
  const [first] = given;
  const isKnown = metricTypes.includes(type);
  const expected = isKnown ? ((type.charAt(0).toLowerCase() + type.slice(1)) as (typeof sources)[number]) : undefined;
  const unsupported = fieldError.notSupported(path.child('type'), type ?? '', metricTypes);
  return [
    ...(type ? [] : [fieldError.required(path.child('type'), 'must specify a metric source type')]),
    ...(isKnown ? [] : [unsupported]),
    ...(first ? validateSource(metric, first, path.child(first)) : []),
    ...(expected
      ? metric[expected]
        ? []
        : [fieldError.required(path.child(expected), 'must populate information for the given metric source')]
      : [unsupported]),
    ...(given.length === 1
      ? []
      : given
          .filter((source) => source !== expected)
          .map((source) => fieldError.forbidden(path.child(source), 'must populate the given metric source only'))),
  ];
}

function validateSource(metric: V2MetricSpec, source: (typeof sources)[number], path: FieldPath): FieldError[] {
  switch (source) {
    case 'object': {
      const { describedObject, metric: identifier, target } = metric.object as NonNullable<V2MetricSpec['object']>;
      return [
        ...validateReference(describedObject, true, path.child('describedObject')),
        ...validateIdentifier(identifier, path.child('metric')),
        ...validateTarget(target, path.child('target')),
        ...(target?.value === undefined && target?.averageValue === undefined
          ? [fieldError.required(path.child('target', 'averageValue'), 'must set either a target value or averageValue')]
          : []),
      ];
    }
    case 'external':
      return validateExternal(metric.external as NonNullable<V2MetricSpec['external']>, path);
    case 'pods': {
      const { metric: identifier, target } = metric.pods as NonNullable<V2MetricSpec['pods']>;
      return [
        ...validateIdentifier(identifier, path.child('metric')),
        ...validateTarget(target, path.child('target')),
        ...(target?.averageValue === undefined
          ? [fieldError.required(path.child('target', 'averageValue'), 'must specify a positive target averageValue')]
          : []),
      ];
    }
    case 'resource': {
      const { name, target } = metric.resource as NonNullable<V2MetricSpec['resource']>;
      return validateResource(name, target, [], path);
    }
    case 'containerResource': {
      const { name, container, target } = metric.containerResource as NonNullable<V2MetricSpec['containerResource']>;
      return validateResource(
        name,
        target,
        container ? [] : [fieldError.required(path.child('container'), 'must specify a container')],
        path,
      );
    }
  }
}

function validateExternal({ metric, target }: NonNullable<V2MetricSpec['external']>, path: FieldPath): FieldError[] {
  const at = path.child('target');
  const [hasValue, hasAverage] = [target?.value !== undefined, target?.averageValue !== undefined];
  return [
    ...validateIdentifier(metric, path.child('metric')),
    ...validateTarget(target, at),
    ...(hasValue || hasAverage
      ? []
      : [fieldError.required(at.child('averageValue'), 'must set either a target value for metric or a per-pod target')]),
    ...(hasValue && hasAverage
      ? [fieldError.forbidden(at.child('value'), 'may not set both a target value for metric and a per-pod target')]
      : []),
  ];
}

function validateResource(
  name: string | undefined,
  target: V2MetricTarget | undefined,
  ofContainer: readonly FieldError[],
  path: FieldPath,
): FieldError[] {
  const at = path.child('target');
  const [hasUtilization, hasAverage] = [target?.averageUtilization !== undefined, target?.averageValue !== undefined];
  return [
    ...(name ? [] : [fieldError.required(path.child('name'), 'must specify a resource name')]),
    ...ofContainer,
    ...validateTarget(target, at),
    ...(hasUtilization || hasAverage
      ? []
      : [fieldError.required(at.child('averageUtilization'), 'must set either a target raw value or a target utilization')]),
    ...(hasUtilization && hasAverage
      ? [fieldError.forbidden(at.child('averageValue'), 'may not set both a target raw value and a target utilization')]
      : []),
  ];
}

function validateTarget(target: V2MetricTarget | undefined, path: FieldPath): FieldError[] {
  const { type = '', averageUtilization, averageValue, value } = target ?? {};
  const positive = (amount: string | undefined, field: string) =>
    amount !== undefined && Quantity.parse(amount).sign !== 1 ? [fieldError.invalid(path.child(field), amount, 'must be positive')] : [];
  return [
    ...(type ? [] : [fieldError.required(path.child('type'), 'must specify a metric target type')]),
    ...(['Utilization', 'Value', 'AverageValue'].includes(type)
      ? []
      : [fieldError.invalid(path.child('type'), type, 'must be either Utilization, Value, or AverageValue')]),
    ...(averageUtilization === undefined && averageValue === undefined && value === undefined
      ? [fieldError.invalid(path.child(' utilization, value and averageValue'), type, 'at least one not nil')]
      : []),
    ...positive(value, 'value'),
    ...positive(averageValue, 'averageValue'),
    ...(averageUtilization !== undefined && averageUtilization < 1
      ? [fieldError.invalid(path.child('averageUtilization'), averageUtilization, isTooSmall)]
      : []),
  ];
}

function validateIdentifier(identifier: V2MetricIdentifier | undefined, path: FieldPath): FieldError[] {
  const name = identifier?.name;
  return name
    ? invalidEach(path.child('name'), name, pathSegmentName(name))
    : [fieldError.required(path.child('name'), 'must specify a metric name')];
}

const selectPolicies = ['Disabled', 'Max', 'Min'];
const windowMax = 3600;
const periodMax = 1800;

function validateRules(
  { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance }: V2HPAScalingRules,
  path: FieldPath,
): FieldError[] {
  const at = path.child('stabilizationWindowSeconds');
  return [
    ...(window !== undefined && window < 0 ? [fieldError.invalid(at, window, 'must be greater than or equal to zero')] : []),
    ...(window !== undefined && window > windowMax ? [fieldError.invalid(at, window, `must be less than or equal to ${windowMax}`)] : []),
    ...(selectPolicy === undefined || selectPolicies.includes(selectPolicy)
      ? []
      : [fieldError.notSupported(path.child('selectPolicy'), selectPolicy, selectPolicies)]),
    ...(policies.length === 0 ? [fieldError.required(path.child('policies'), 'must specify at least one Policy')] : []),
    ...policies.flatMap((policy, index) => validatePolicy(policy, path.child('policies').index(index))),
    ...(tolerance !== undefined && Quantity.parse(tolerance).sign < 0
      ? [fieldError.invalid(path.child('tolerance'), tolerance, 'must be greater than or equal to 0')]
      : []),
  ];
}

function validatePolicy({ type, value, periodSeconds }: V2HPAScalingPolicy, path: FieldPath): FieldError[] {
  const positive = (amount: number, field: string) => (amount > 0 ? [] : [fieldError.invalid(path.child(field), amount, isNotPositive)]);
  return [
    ...(type === 'Pods' || type === 'Percent' ? [] : [fieldError.notSupported(path.child('type'), type ?? '', ['Percent', 'Pods'])]),
    ...positive(value ?? 0, 'value'),
    ...positive(periodSeconds ?? 0, 'periodSeconds'),
    ...(periodSeconds > periodMax
      ? [fieldError.invalid(path.child('periodSeconds'), periodSeconds, `must be less than or equal to ${periodMax}`)]
      : []),
  ];
}
