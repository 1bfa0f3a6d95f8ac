import type { V2HorizontalPodAutoscaler, V2MetricSpec, V2MetricStatus } from '@/generated/kubernetes/types';
import type { TableColumn } from '../../api';
import { ageColumn, nameColumn } from './shared';

const spec = 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec';

export const autoscalerColumns: readonly TableColumn<V2HorizontalPodAutoscaler>[] = [
  nameColumn,
  {
    name: 'Reference',
    describedBy: `${spec}.scaleTargetRef`,
    value: ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
  },
  { name: 'Targets', describedBy: `${spec}.metrics`, value: targetsOf },
  { name: 'MinPods', describedBy: `${spec}.minReplicas`, value: ({ spec }) => String(spec.minReplicas ?? '<unset>') },
  { name: 'MaxPods', describedBy: `${spec}.maxReplicas`, value: ({ spec }) => spec.maxReplicas },
  {
    name: 'Replicas',
    describedBy: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus.currentReplicas',
    value: ({ status }) => status?.currentReplicas ?? 0,
  },
  ageColumn,
];

const shownMax = 2;

/** `cpu: 12%/80%, memory: <unknown>/1Gi + 1 more...` (`formatHPAMetrics`). */
function targetsOf({ spec, status }: V2HorizontalPodAutoscaler): string {
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const shown = metrics.slice(0, shownMax).map((metric, index) => targetOf(metric, status?.currentMetrics?.[index]));
  const rest = metrics.length - shown.length;
  return `${shown.join(', ')}${rest > 0 ? ` + ${rest} more...` : ''}`;
}

function targetOf(metric: V2MetricSpec, status: V2MetricStatus | undefined): string {
  switch (metric.type) {
    case 'External':
      return valueOrAverage(metric.external?.target, status?.external?.current);
    case 'Object':
      return valueOrAverage(metric.object?.target, status?.object?.current);
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? unknown}/${metric.pods?.target.averageValue}`;
    case 'Resource':
      return `${metric.resource?.name}: ${averageOrUtilization(metric.resource?.target, status?.resource?.current)}`;
    case 'ContainerResource':
      return `${metric.containerResource?.name}: ${averageOrUtilization(metric.containerResource?.target, status?.containerResource?.current)}`;
    default:
      return '<unknown type>';
  }
}

const unknown = '<unknown>';

interface Amounts {
  readonly value?: string | undefined;
  readonly averageValue?: string | undefined;
  readonly averageUtilization?: number | undefined;
}

function valueOrAverage(target: Amounts | undefined, current: Amounts | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`;
  return `${current?.value ?? unknown}/${target?.value}`;
}

function averageOrUtilization(target: Amounts | undefined, current: Amounts | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue}`;
  const percent = (share: number | undefined, absent: string) => (share === undefined ? absent : `${share}%`);
  return `${percent(current?.averageUtilization, unknown)}/${percent(target?.averageUtilization, '<auto>')}`;
}
