import type { V1ServiceAccount } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';

export const ServiceAccount = defineResource<V1ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  names: { plural: 'serviceaccounts', singular: 'serviceaccount', short: ['sa'] },
  scope: 'Namespaced',
  returnsDeletedObject: true,
  allowUnconditionalUpdate: true,
  columns: [nameColumn, ageColumn],
});
