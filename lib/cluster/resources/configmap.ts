import type { V1ConfigMap } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';

export const ConfigMap = defineResource<V1ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  names: { plural: 'configmaps', singular: 'configmap', short: ['cm'] },
  scope: 'Namespaced',
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    { name: 'Data', describedBy: 'io.k8s.api.core.v1.ConfigMap.data', value: ({ data, binaryData }) => String(Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length) },
    ageColumn,
  ],
});
