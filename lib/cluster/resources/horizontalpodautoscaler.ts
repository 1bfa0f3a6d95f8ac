import type { V1HorizontalPodAutoscaler, V2HorizontalPodAutoscaler, V2HPAScalingRules } from '@/generated/kubernetes/types';
import { defineResource, type ResourceDefinition } from '../api';
import { autoscalerColumns } from './columns/autoscaler';
import { fromFirstVersion, toFirstVersion } from './horizontalpodautoscaler-v1';
import { defineServedVersion } from './served-version';
import { keepSpec, keepStatus } from './strategy';
import { validateAutoscaler, validateAutoscalerStatus } from './validation/horizontalpodautoscaler';

const utilizationByDefault = 80;

export const HorizontalPodAutoscaler = defineResource<V2HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  names: { plural: 'horizontalpodautoscalers', singular: 'horizontalpodautoscaler', short: ['hpa'], categories: ['all'] },
  scope: 'Namespaced',
  storagePrefix: 'horizontalpodautoscalers',
  otherVersions: () => [FirstHorizontalPodAutoscaler],
  notSimulated: 'no horizontal-pod-autoscaler-controller scales its target',
  defaults({ spec }) {
    if (!spec) return;
    spec.minReplicas ??= 1;
    if (!spec.metrics?.length)
      spec.metrics = [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: utilizationByDefault } } },
      ];
    if (!spec.behavior) return;
    spec.behavior.scaleUp = defaultRules(spec.behavior.scaleUp, scaleUp);
    spec.behavior.scaleDown = defaultRules(spec.behavior.scaleDown, scaleDown);
  },
  prepareForCreate(autoscaler) {
    autoscaler.status = { desiredReplicas: 0, currentMetrics: null as never };
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validateAutoscaler,
  validateStatusUpdate: validateAutoscalerStatus,
  subresources: { status: true },
  allowUnconditionalUpdate: true,
  columns: autoscalerColumns,
});

export const FirstHorizontalPodAutoscaler: ResourceDefinition<V1HorizontalPodAutoscaler> = defineServedVersion<
  V1HorizontalPodAutoscaler,
  V2HorizontalPodAutoscaler
>(HorizontalPodAutoscaler, {
  version: 'v1',
  defaults({ spec }) {
    if (spec) spec.minReplicas ??= 1;
  },
  encode: fromFirstVersion,
  decode: toFirstVersion,
});

const scaleUp: V2HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};

const scaleDown: V2HPAScalingRules = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] };

/** What a writer says of one direction, over what is usual for it. */
function defaultRules(given: V2HPAScalingRules | undefined, usual: V2HPAScalingRules): V2HPAScalingRules {
  const policies = (given?.policies ?? usual.policies ?? []).map((policy) => ({ ...policy }));
  return { ...usual, ...given, policies };
}
