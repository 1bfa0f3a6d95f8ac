import type { V1MutatingWebhookConfiguration, V1ValidatingWebhookConfiguration } from '@/generated/kubernetes/types';
import type { TableColumn } from '../../api';
import { ageColumn, nameColumn } from './shared';

export const webhookColumns: readonly TableColumn<V1MutatingWebhookConfiguration | V1ValidatingWebhookConfiguration>[] = [
  nameColumn,
  {
    name: 'Webhooks',
    type: 'integer',
    description: 'Webhooks indicates the number of webhooks registered in this configuration',
    value: ({ webhooks }) => webhooks?.length ?? 0,
  },
  ageColumn,
];
