import type {
  V1HorizontalPodAutoscaler,
  V2CrossVersionObjectReference,
  V2HorizontalPodAutoscaler,
  V2MetricSpec,
  V2MetricStatus,
  V2MetricValueStatus,
  V2ObjectMetricStatus,
} from '@/generated/kubernetes/types';
import { deepCopy } from '@/lib/base';
import { DecodeError, decodeObject, QuantityError } from '../api';
import { goValue } from './validation/go-value';

/**
 * `autoscaling/v1` knows one metric, the share of requested CPU. All else it carries in annotations, in JSON of types of its
 * own (`pkg/apis/autoscaling/v1/conversion.go`).
 */
const annotations = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  current: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
} as const;

export function toFirstVersion(stored: V2HorizontalPodAutoscaler): V1HorizontalPodAutoscaler {
  const { spec, status, metadata } = stored;
  const { metrics = [], behavior, ...sameSpec } = spec;
  const { currentMetrics, conditions, currentReplicas = 0, desiredReplicas = 0, ...sameStatus } = status ?? {};
  const target = metrics.find(isCpuShare)?.resource?.target.averageUtilization;
  const current = (currentMetrics ?? []).find(isCpuShareNow)?.resource?.current.averageUtilization;
  const carried = {
    ...jsonIn(annotations.metrics, metrics.filter((metric) => !isCpuShare(metric)).map(metricToFirst)),
    ...jsonIn(annotations.current, (currentMetrics ?? []).filter((metric) => !isCpuShareNow(metric)).map(statusToFirst)),
    ...jsonIn(annotations.conditions, conditions ?? []),
    ...(behavior ? { [annotations.behavior]: JSON.stringify(goValue('HorizontalPodAutoscalerBehavior', behavior)) } : {}),
  };
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(metadata, carried),
    spec: { ...sameSpec, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: {
      ...sameStatus,
      currentReplicas,
      desiredReplicas,
      ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
    },
  };
}

export function fromFirstVersion(object: V1HorizontalPodAutoscaler): V2HorizontalPodAutoscaler {
  const { metadata, spec, status } = object;
  const { targetCPUUtilizationPercentage: target, ...sameSpec } = spec ?? ({} as V1HorizontalPodAutoscaler['spec']);
  const { currentCPUUtilizationPercentage: current, ...sameStatus } = status ?? ({} as V1HorizontalPodAutoscaler['status']);
  const given = metadata.annotations ?? {};
  const [behavior] = readAll<NonNullable<V2HorizontalPodAutoscaler['spec']['behavior']>>(
    'HorizontalPodAutoscalerBehavior',
    [lowerFirst(readJson(given[annotations.behavior]))].filter(isPlain),
  );
  const metrics = [
    ...(target === undefined ? [] : [cpuShare({ target: { type: 'Utilization', averageUtilization: target } }) as V2MetricSpec]),
    ...readAll<V2MetricSpec>('MetricSpec', listIn(given[annotations.metrics]).map(metricFromFirst)),
  ];
  const currentMetrics = [
    ...(current === undefined ? [] : [cpuShare({ current: { averageUtilization: current } }) as V2MetricStatus]),
    ...readAll<V2MetricStatus>('MetricStatus', listIn(given[annotations.current]).map(statusFromFirst)),
  ];
  const conditions = readAll('HorizontalPodAutoscalerCondition', listIn(given[annotations.conditions]));
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v2',
    metadata: withoutCarried(metadata),
    spec: {
      ...sameSpec,
      ...(metrics.length > 0 ? { metrics } : {}),
      ...(behavior ? { behavior } : {}),
    },
    status: {
      ...sameStatus,
      desiredReplicas: sameStatus.desiredReplicas ?? 0,
      currentMetrics: (currentMetrics.length > 0 ? currentMetrics : null) as V2MetricStatus[],
      ...(conditions.length > 0 ? { conditions: conditions as never } : {}),
    },
  };
}

function isCpuShare({ type, resource }: V2MetricSpec): boolean {
  return type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined;
}

function isCpuShareNow({ type, resource }: V2MetricStatus): boolean {
  return type === 'Resource' && resource?.name === 'cpu' && resource.current.averageUtilization !== undefined;
}

function cpuShare(amounts: object): object {
  return { type: 'Resource', resource: { name: 'cpu', ...amounts } };
}

type Plain = Readonly<Record<string, any>>;

function metricToFirst({ type, object, pods, resource, containerResource, external }: V2MetricSpec): object {
  return {
    type,
    ...(object && { object: objectToFirst(object, 'targetValue', object.target) }),
    ...(pods && {
      pods: present({ metricName: pods.metric.name, targetAverageValue: pods.target.averageValue ?? '0', selector: pods.metric.selector }),
    }),
    ...(resource && { resource: present({ name: resource.name, ...targetToFirst(resource.target) }) }),
    ...(containerResource && {
      containerResource: present({
        name: containerResource.name,
        ...targetToFirst(containerResource.target),
        container: containerResource.container,
      }),
    }),
    ...(external && {
      external: present({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
    }),
  };
}

function objectToFirst(
  { describedObject, metric }: Pick<V2ObjectMetricStatus, 'describedObject' | 'metric'>,
  valueName: 'targetValue' | 'currentValue',
  { value, averageValue }: V2MetricValueStatus,
): object {
  const target = inGoOrder(describedObject);
  return present({ target, metricName: metric.name, [valueName]: value ?? '0', selector: metric.selector, averageValue });
}

function targetToFirst({ averageUtilization, averageValue }: V2MetricValueStatus) {
  return { targetAverageUtilization: averageUtilization, targetAverageValue: averageValue };
}

function metricFromFirst({ type, object, pods, resource, containerResource, external }: Plain): V2MetricSpec {
  return {
    type,
    ...(object && {
      object: {
        describedObject: object.target,
        metric: present({ name: object.metricName, selector: object.selector }),
        target:
          object.averageValue === undefined
            ? { type: 'Value', value: object.targetValue }
            : { type: 'AverageValue', averageValue: object.averageValue },
      },
    }),
    ...(pods && {
      pods: {
        metric: present({ name: pods.metricName, selector: pods.selector }),
        target: { type: 'AverageValue', averageValue: pods.targetAverageValue },
      },
    }),
    ...(resource && { resource: { name: resource.name, target: targetFromFirst(resource) } }),
    ...(containerResource && {
      containerResource: {
        name: containerResource.name,
        target: targetFromFirst(containerResource),
        container: containerResource.container,
      },
    }),
    ...(external && {
      external: {
        metric: present({ name: external.metricName, selector: external.metricSelector }),
        target:
          external.targetAverageValue === undefined
            ? { type: 'Value', value: external.targetValue }
            : { type: 'AverageValue', averageValue: external.targetAverageValue },
      },
    }),
  } as V2MetricSpec;
}

function targetFromFirst({ targetAverageUtilization: share, targetAverageValue: value }: Plain) {
  return share === undefined ? { type: 'AverageValue', averageValue: value } : { type: 'Utilization', averageUtilization: share };
}

function statusToFirst({ type, object, pods, resource, containerResource, external }: V2MetricStatus): object {
  return {
    type,
    ...(object && { object: objectToFirst(object, 'currentValue', object.current) }),
    ...(pods && {
      pods: present({
        metricName: pods.metric.name,
        currentAverageValue: pods.current.averageValue ?? '0',
        selector: pods.metric.selector,
      }),
    }),
    ...(resource && { resource: present({ name: resource.name, ...currentToFirst(resource.current) }) }),
    ...(containerResource && {
      containerResource: present({
        name: containerResource.name,
        ...currentToFirst(containerResource.current),
        container: containerResource.container,
      }),
    }),
    ...(external && {
      external: present({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        currentValue: external.current.value ?? '0',
        currentAverageValue: external.current.averageValue,
      }),
    }),
  };
}

function currentToFirst({ averageUtilization, averageValue }: V2MetricValueStatus) {
  return { currentAverageUtilization: averageUtilization, currentAverageValue: averageValue ?? '0' };
}

function statusFromFirst({ type, object, pods, resource, containerResource, external }: Plain): V2MetricStatus {
  const amounts = ({ currentValue, currentAverageValue, currentAverageUtilization }: Plain) =>
    present({ value: currentValue, averageValue: currentAverageValue, averageUtilization: currentAverageUtilization });
  const identity = ({ metricName, selector, metricSelector }: Plain) => present({ name: metricName, selector: selector ?? metricSelector });
  return {
    type,
    ...(object && {
      object: {
        describedObject: object.target,
        metric: identity(object),
        current: present({ value: object.currentValue, averageValue: object.averageValue }),
      },
    }),
    ...(pods && { pods: { metric: identity(pods), current: amounts(pods) } }),
    ...(resource && { resource: { name: resource.name, current: amounts(resource) } }),
    ...(containerResource && {
      containerResource: { name: containerResource.name, container: containerResource.container, current: amounts(containerResource) },
    }),
    ...(external && { external: { metric: identity(external), current: amounts(external) } }),
  } as V2MetricStatus;
}

function inGoOrder({ kind, name, apiVersion }: V2CrossVersionObjectReference): object {
  return present({ kind, name, apiVersion });
}

function present<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

function jsonIn(annotation: string, list: readonly unknown[]): Record<string, string> {
  return list.length > 0 ? { [annotation]: JSON.stringify(list) } : {};
}

/** What cannot be read is as if it were not there, as upstream drops it. */
function readJson(text: string | undefined): unknown {
  try {
    return text ? (JSON.parse(text) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

function listIn(text: string | undefined): Plain[] {
  const value = readJson(text);
  return Array.isArray(value) ? value.filter(isPlain) : [];
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What an annotation says, as the type it is to be; none of it when some of it cannot be that. */
function readAll<T>(type: string, items: readonly object[]): T[] {
  try {
    return items.map((item) => decodeObject(`io.k8s.api.autoscaling.v2.${type}`, item).value as T);
  } catch (error) {
    if (error instanceof DecodeError || error instanceof QuantityError || error instanceof RangeError) return [];
    throw error;
  }
}

/** Behavior is written in the names of Go's fields, and without what is null. */
function lowerFirst(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerFirst);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([name, item]) => [name.charAt(0).toLowerCase() + name.slice(1), lowerFirst(item)]));
}

function withAnnotations<T extends { annotations?: Record<string, string> | undefined }>(metadata: T, carried: Record<string, string>): T {
  return Object.keys(carried).length > 0 ? { ...metadata, annotations: { ...metadata.annotations, ...carried } } : metadata;
}

function withoutCarried<T extends { annotations?: Record<string, string> | undefined }>(metadata: T): T {
  const names: readonly string[] = Object.values(annotations);
  const kept = Object.entries(metadata.annotations ?? {}).filter(([name]) => !names.includes(name));
  const copy = deepCopy(metadata);
  if (kept.length > 0) copy.annotations = Object.fromEntries(kept);
  else delete copy.annotations;
  return copy;
}
