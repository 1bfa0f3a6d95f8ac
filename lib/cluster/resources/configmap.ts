import type { V1ConfigMap } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { validateConfigMap, validateConfigMapUpdate } from './validation/config';

export const ConfigMap = defineResource<V1ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  names: { plural: 'configmaps', singular: 'configmap', short: ['cm'] },
  scope: 'Namespaced',
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
  updateChecksAll: true,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    {
      name: 'Data',
      describedBy: 'io.k8s.api.core.v1.ConfigMap.data',
      value: ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    },
    ageColumn,
  ],
});
