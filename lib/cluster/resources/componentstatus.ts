import type { V1ComponentStatus } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { nameColumn } from './columns/shared';

/** Nothing of it is stored: the API server asks each component when it is asked. */
export const ComponentStatus = defineResource<V1ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  names: { plural: 'componentstatuses', singular: 'componentstatus', short: ['cs'] },
  scope: 'Cluster',
  verbs: ['get', 'list'],
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  columns: [
    nameColumn,
    { name: 'Status', description: 'Status of the component conditions', value: (status) => text(status, 'status') },
    { name: 'Message', description: 'Message of the component conditions', value: (status) => text(status, 'message') },
    { name: 'Error', description: 'Error of the component conditions', value: (status) => text(status, 'error') },
  ],
});

function text({ conditions }: V1ComponentStatus, field: 'status' | 'message' | 'error'): string {
  const healthy = conditions?.find(({ type }) => type === 'Healthy');
  if (field === 'status') return healthy ? (healthy.status === 'True' ? 'Healthy' : 'Unhealthy') : 'Unknown';
  return healthy?.[field] ?? '';
}
