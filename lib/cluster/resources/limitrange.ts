import type { V1LimitRange, V1LimitRangeItem } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { validateLimitRange } from './validation/limitrange';

export const LimitRange = defineResource<V1LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  names: { plural: 'limitranges', singular: 'limitrange', short: ['limits'] },
  scope: 'Namespaced',
  defaults({ spec }) {
    for (const item of spec?.limits ?? []) if (item.type === 'Container') defaultContainerLimits(item);
  },
  validate: validateLimitRange,
  updateChecksAll: true,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
});

/** The largest is the default limit, the default limit the default request, and failing that the smallest (`SetDefaults_LimitRangeItem`). */
function defaultContainerLimits(item: V1LimitRangeItem): void {
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}
