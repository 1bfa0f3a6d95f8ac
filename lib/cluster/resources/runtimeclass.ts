import type { V1RuntimeClass } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { validateRuntimeClass, validateRuntimeClassUpdate } from './validation/runtimeclass';

export const RuntimeClass = defineResource<V1RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  names: { plural: 'runtimeclasses', singular: 'runtimeclass' },
  scope: 'Cluster',
  storagePrefix: 'runtimeclasses',
  validate: validateRuntimeClass,
  validateUpdate: validateRuntimeClassUpdate,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    { name: 'Handler', describedBy: 'io.k8s.api.node.v1.RuntimeClass.handler', value: ({ handler }) => handler },
    ageColumn,
  ],
});
